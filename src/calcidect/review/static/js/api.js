/** The server's answers. Every POST carries the header that no other site can send. */

export class Refused extends Error {
  /** @param {number} status @param {object} body `{error, found, expected, remedy}` or `{events}` */
  constructor(status, body) {
    super([body.found, body.remedy].filter(Boolean).join(" ") || `The server answered ${status}.`);
    this.status = status;
    this.body = body;
  }
}

/** The server was not reached: nothing is known of what it did. */
export class Unreachable extends Error {}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    throw new Unreachable(error.message);
  }
  if (answer.ok) return answer;
  if (answer.status >= 502) throw new Unreachable(`The server answered ${answer.status}`);
  throw new Refused(answer.status, await answer.json().catch(() => ({})));
}

export const getJson = async (path) => (await ask(path)).json();

export const post = async (path, body = {}) =>
  (
    await ask(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Calcidect": "1" },
      body: JSON.stringify(body),
    })
  ).json();

/** Bytes of a .nii.gz, unpacked by the browser beside the page's own work. */
export async function getUnpacked(path) {
  const answer = await ask(path);
  return new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

export const newId = () => crypto.randomUUID();
