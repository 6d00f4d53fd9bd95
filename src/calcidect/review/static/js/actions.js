/** All that a reader can do, by name: for buttons, keys and the help. */
import { askForm, choice, reason } from "./dialogs.js";
import { tell } from "./dom.js";
import { lastDone, lastUndone } from "./undo.js";
import { whyNot } from "./deposit_panel.js";
import { site, words } from "./words.js";

const REJECT_REASONS = ["bone", "vessel wall", "artefact", "foreign body", "sesamoid or ossicle", "tendon"];

/**
 * @param {() => import("./store.js").OpenResult} result
 * @param {object} tools `{paint, split, table, help}`
 */
export function makeActions(result, tools) {
  const selected = () => result().selected;
  const actions = {
    next: { key: "n", says: "next deposit", run: () => result().select(tools.table.neighbour(1)) },
    previous: { key: "p", says: "previous deposit", run: () => result().select(tools.table.neighbour(-1)) },
    accept: {
      title: "Accept",
      key: "a",
      ofDeposit: true,
      changes: true,
      run: () => result().edit("accept", selected()),
    },
    reject: { title: "Reject", key: "r", ofDeposit: true, changes: true, run: () => reject(result()) },
    relabel: { title: "Relabel", key: "l", ofDeposit: true, changes: true, run: () => relabel(result()) },
    split: {
      title: "Split",
      key: "s",
      ofDeposit: true,
      changes: true,
      needsScan: true,
      run: () => tools.split.start(result()),
    },
    merge: { title: "Merge ticked", key: "m", changes: true, needsScan: true, run: () => merge(result()) },
    paint: {
      title: "Paint",
      key: "b",
      changes: true,
      needsScan: true,
      run: () => tools.paint.start(result(), "paint"),
    },
    erase: {
      title: "Erase",
      key: "e",
      ofDeposit: true,
      changes: true,
      needsScan: true,
      run: () => tools.paint.start(result(), "erase"),
    },
    note: { title: "Note", key: "o", ofDeposit: true, changes: true, run: () => note(result()) },
    unreview: {
      title: "Set back",
      key: "x",
      ofDeposit: true,
      changes: true,
      run: () => result().edit("unreview", selected()),
    },
    undo: { title: "Undo", key: "u", changes: true, run: () => undo(result(), "undo", lastDone) },
    redo: { title: "Redo", key: "Shift+U", changes: true, run: () => undo(result(), "redo", lastUndone) },
    help: { title: "Keys", key: "?", run: () => tools.help(actions) },
  };
  for (const action of Object.values(actions)) {
    const run = action.run;
    action.run = () => {
      const why = whyNot(result(), action);
      return why ? tell(why, true) : run();
    };
  }
  return actions;
}

async function reject(result) {
  const id = result.selected;
  const given = await askForm(`Reject deposit ${id}`, [reason(REJECT_REASONS)], [["yes", "Reject"]]);
  if (given) result.edit("reject", id, null, given.values.why);
}

/** Only what was changed is sent, so that two readers who correct different things of one deposit see what each meant. */
async function relabel(result) {
  const row = result.row(result.selected);
  const { catalogue } = result.data;
  const kinds = {
    side: "sides",
    digit: "digits",
    level: "levels",
    compartment: "compartments",
    pattern: "patterns",
    material: "materials",
    artefact: "flags",
  };
  const optional = ["digit", "level", "compartment", "pattern", "artefact"];
  const before = Object.fromEntries(Object.keys(kinds).map((name) => [name, String(row[name] ?? "")]));
  before.artefact = row.review.artefact ?? "";
  const fields = Object.entries(kinds).map(([name, list]) => {
    const options = catalogue[list].map((value) => [value, words(value)]);
    return choice(words(name), name, optional.includes(name) ? [["", "none"], ...options] : options, before[name]);
  });
  const given = await askForm(
    `Relabel deposit ${row.deposit_id}: ${site(row)}`,
    [...fields, reason()],
    [["yes", "Relabel"]],
  );
  if (!given) return;
  const changed = Object.keys(kinds).filter((name) => given.values[name] !== before[name]);
  const value = (name) =>
    given.values[name] === "" ? null : name === "digit" ? Number(given.values[name]) : given.values[name];
  if (changed.length)
    result.edit(
      "relabel",
      row.deposit_id,
      Object.fromEntries(changed.map((name) => [name, value(name)])),
      given.values.why,
    );
}

async function merge(result) {
  const ids = [...result.checked].sort((a, b) => a - b);
  if (ids.length < 2) return tell("Tick two deposits or more in the list, then merge them.", true);
  const given = await askForm(`Merge deposits ${ids.join(", ")}`, [reason()], [["yes", "Merge"]]);
  if (!given) return;
  result.edit("merge", ids, null, given.values.why);
  result.checked.clear();
}

async function note(result) {
  const id = result.selected;
  const given = await askForm(`Note on deposit ${id}`, [reason()], [["yes", "Keep"]]);
  if (given?.values.why) result.edit("note", id, null, given.values.why);
}

function undo(result, kind, find) {
  if (result.outbox.waiting.length) return tell("Your last edit is still on its way; try again when it is there.");
  const seq = find(result.events, result.data.reader);
  if (seq === null) return tell(`Nothing to ${kind}.`);
  result.edit(kind, seq);
}
