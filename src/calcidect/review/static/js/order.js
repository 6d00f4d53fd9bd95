/** Which rows of a table are shown, and in which order. Pure. */

const isMissing = (value) => value === null || value === undefined || value === "";

/** Numbers as numbers, text as text. */
const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));

/** Rows by a key; those without it come last, whichever way the others go. */
export function sorted(rows, { key, down }) {
  const missing = rows.filter((row) => isMissing(key(row)));
  const known = rows.filter((row) => !isMissing(key(row))).sort((a, b) => compare(key(a), key(b)));
  return [...(down ? known.reverse() : known), ...missing];
}

/** Whether every word of `sought` stands somewhere in `texts`. */
export function matches(texts, sought) {
  const all = texts.join(" ").toLowerCase();
  return sought
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
