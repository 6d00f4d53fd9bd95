/** Elements without a framework. */

export const byId = (id) => document.getElementById(id);

/**
 * Make an element. Text is set as text, never as markup: names and reasons come from people.
 * @param {string} tag
 * @param {object} given attributes; `on*` are listeners, `class`, `dataset` and properties work as expected
 * @param {...(Node|string|number|null)} children
 */
export function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Draw a part of the page anew without taking the focus from what had it; `data-focus` names a control. */
export function keepFocus(box, draw) {
  const name = box.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  draw();
  if (name) [...box.querySelectorAll("[data-focus]")].find(({ dataset }) => dataset.focus === name)?.focus();
}

/** Fill a select with `[value, text]` pairs, and keep what was chosen where it still exists. */
export function fillSelect(select, pairs) {
  const before = select.value;
  select.replaceChildren(...pairs.map(([value, text]) => make("option", { value }, text)));
  if (pairs.some(([value]) => String(value) === before)) select.value = before;
}

/** Say something that matters, for sighted and others; it goes away by itself unless it is an error. */
export function tell(text, isError = false, remedy = null) {
  const note = make("p", { class: isError ? "error" : "note" }, text, " ", remedy, remedy && " ");
  note.append(make("button", { type: "button", onclick: () => note.remove() }, "Close"));
  byId("told").append(note);
  if (!isError) setTimeout(() => note.remove(), 6000);
}
