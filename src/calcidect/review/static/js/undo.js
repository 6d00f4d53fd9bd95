/** What undo and redo mean now, from the record alone. Pure. */

/** Edits of a reader that can be undone (true) or redone (false), oldest first by when that last changed. */
function standing(events, who) {
  const stands = new Map();
  for (const event of events.filter((e) => e.who === who)) {
    if (event.kind === "undo" || event.kind === "redo") {
      stands.delete(event.target);
      stands.set(event.target, event.kind === "redo");
    } else if (event.kind !== "state") {
      stands.set(event.seq, true);
      for (const [seq, stood] of stands) if (!stood) stands.delete(seq); // a new edit ends what could be redone
    }
  }
  return [...stands];
}

/** Seq of the reader's last edit that stands, null if there is none. */
export const lastDone = (events, who) =>
  Math.max(
    ...standing(events, who)
      .filter(([, stood]) => stood)
      .map(([seq]) => seq),
    0,
  ) || null;

/** Seq of the reader's edit that was undone last, null if there is none. */
export const lastUndone = (events, who) =>
  standing(events, who)
    .filter(([, stood]) => !stood)
    .at(-1)?.[0] ?? null;
