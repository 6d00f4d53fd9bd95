/** Another reader changed the same thing meanwhile: show what they did, and ask. */
import { askForm } from "./dialogs.js";
import { make, tell } from "./dom.js";
import { said } from "./history.js";

/** @param {import("./outbox.js").Outbox} outbox @param {{event: object, error: import("./api.js").Refused}} detail */
export async function askConflict(outbox, { event, error }) {
  const others = error.body.events;
  const theirs = others.map((other) =>
    make("li", {}, `${other.who}: ${said(other)}${other.why ? ` \u2013 ${other.why}` : ""}`),
  );
  const fields = [
    make("p", {}, "Another reader changed the same thing before your edit arrived:"),
    make("ul", {}, ...theirs),
    make("p", {}, `Your edit: ${said(event)}${event.why ? ` \u2013 ${event.why}` : ""}`),
  ];
  const given = await askForm("Two edits of one thing", fields, [
    ["theirs", "Keep theirs"],
    ["mine", "Do mine now"],
  ]);
  if (given?.answer !== "mine") return tell("Your edit was left out.");
  const { id, ...mine } = event; // a new edit: made in the knowledge of what was shown, not of what came since
  outbox.add({ ...mine, base_seq: Math.max(...others.map(({ seq }) => seq)) });
}
