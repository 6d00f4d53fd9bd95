/** How names and numbers read, as in the report. */

const MISSING = "\u2013";
const DIGITS = { 1: "thumb", 2: "index finger", 3: "middle finger", 4: "ring finger", 5: "little finger" };

/** Okabe and Ito's colours of the report (report/_colours.py): told apart with any common colour blindness. */
export const MATERIAL_COLOURS = {
  hydroxyapatite: [213, 94, 0],
  urate: [86, 180, 233],
  indeterminate: [204, 121, 167],
};
export const BONE_OUTLINE = [168, 182, 196];
export const BONE_SURFACE = [226, 217, 196];
export const REJECTED_COLOUR = [120, 120, 120];

export const STATES = { new: "new", in_review: "in review", reviewed: "reviewed", refused: "refused" };
export const MARKS = { unreviewed: "\u25cb", accepted: "\u2713", rejected: "\u2717" };
export const KINDS = {
  accept: "accepted",
  reject: "rejected",
  unreview: "set back",
  relabel: "relabelled",
  split: "split",
  merge: "merged",
  paint: "painted",
  erase: "erased",
  bone_paint: "painted bone",
  note: "noted",
  undo: "undid",
  redo: "redid",
  state: "state",
};

/** `carpal_tunnel` as 'carpal tunnel'. */
export const words = (name) =>
  name === null || name === undefined || name === "" ? MISSING : String(name).replaceAll("_", " ");

export function number(value, decimals = 1) {
  if (value === null || value === undefined || value === "" || Number.isNaN(value)) return MISSING;
  return Number(value).toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** Where a deposit lies: 'left index finger, distal phalanx, fingertip fat pad'. */
export function site(row) {
  const part = row.digit ? DIGITS[row.digit] : row.level === "forearm" ? "forearm" : "hand";
  const first = `${row.side ?? ""} ${part}`.trim();
  const rest = [row.level, row.compartment].filter(Boolean).map(words);
  return [first, ...rest.filter((name) => !first.includes(name))].join(", ");
}

export const digitName = (digit) => DIGITS[digit] ?? MISSING;

/** A time of the record (UTC) in the reader's own zone. */
export const time = (utc) =>
  new Date(utc).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
