/** The server's answers. Every POST carries the header that no other site can send, and says what it was made on. */

export class Refused extends Error {
  /** @param {number} status @param {object} body `{error, found, expected, remedy}` or `{events}` */
  constructor(status, body) {
    super([body.found, body.remedy].filter(Boolean).join(" ") || `The server answered ${status}.`);
    this.status = status;
    this.body = body;
  }
}

/** The id is that of another result or reader now; nothing was changed. */
export const isAnother = (error) => error instanceof Refused && error.body.error === "another_review";

/** The server was not reached, or its answer did not arrive whole: nothing is known of what it did. */
export class Unreachable extends Error {}

/** It was started anew and does not know this browser: as if it were away, until its new link is opened. */
export class NotOpened extends Unreachable {}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    throw new Unreachable(error.message);
  }
  if (answer.ok) return answer;
  if (answer.status === 401)
    throw new NotOpened("This page was closed by the server. Open the link that calcidect review shows.");
  if (answer.status >= 502) throw new Unreachable(`The server answered ${answer.status}`);
  throw new Refused(answer.status, await answer.json().catch(() => ({})));
}

/** What `read` makes of an answer's body; the connection may drop before all of it is here. */
async function whole(answer, read) {
  try {
    return await read(answer);
  } catch (error) {
    throw new Unreachable(error.message);
  }
}

const ofReview = (identity) => (identity ? { "X-Calcidect-Review": identity } : {});

/** With an identity it is refused if the path leads to another result by now. */
export const getJson = async (path, identity = null) =>
  whole(await ask(path, { headers: ofReview(identity) }), (answer) => answer.json());

/** @param {{id: string, identity: string}} result as the server told it; it refuses what was made on another */
export async function post({ id, identity }, what, body = {}) {
  const headers = { "Content-Type": "application/json", "X-Calcidect": "1", ...ofReview(identity) };
  const path = `/api/results/${id}/${what}`;
  const answer = await ask(path, { method: "POST", headers, body: JSON.stringify(body) });
  return whole(answer, (sent) => sent.json());
}

/** Bytes of a .nii.gz, unpacked beside the page's own work. */
export async function getUnpacked(path) {
  return whole(await ask(path), async (answer) => unpacked(await answer.arrayBuffer()));
}

let unpacker = null;

function unpacked(packed) {
  const worker = (unpacker ??= new Worker("/static/js/unpacker.js"));
  const [id, answered] = [newId(), new AbortController()];
  const { signal } = answered;
  const unpacking = new Promise((resolve, reject) => {
    const take = ({ data }) => data.id === id && (data.bytes ? resolve(data.bytes) : reject(new Error(data.message)));
    const fail = () => {
      if (unpacker === worker) unpacker = null; // its file did not come: asked for again with the next volume
      reject(new Error("What unpacks volumes was not fetched."));
    };
    worker.addEventListener("message", take, { signal });
    worker.addEventListener("error", fail, { signal });
  });
  worker.postMessage({ id, packed }, [packed]);
  return unpacking.finally(() => answered.abort());
}

export const newId = () => crypto.randomUUID();
