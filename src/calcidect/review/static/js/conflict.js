/** Another reader changed the same thing meanwhile: show what they did, and ask. */
import { askForm } from "./dialogs.js";
import { make, tell } from "./dom.js";
import { said } from "./history.js";

/** @param {import("./store.js").OpenResult} result */
export async function askConflict(result, { event, error }) {
  await result.refresh();
  const theirs = error.body.events.map((other) =>
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
  if (given?.answer === "mine") result.edit(event.kind, event.target, event.after, event.why, event.voxels);
  else tell("Your edit was left out.");
}
