/** Questions to the reader: one dialog element, filled anew for each. */
import { byId, make } from "./dom.js";

let last = Promise.resolve(); // the question asked last

/** Ask with a form, after the one that is open: a question from the server does not take away what is being typed. */
export function askForm(title, fields, answers = [["yes", "OK"]]) {
  last = last.catch(() => null).then(() => ask(title, fields, answers));
  return last;
}

/**
 * @param {string} title
 * @param {Node[]} fields
 * @param {[string, string][]} answers value and text of each button; the first is what Enter means
 * @returns {Promise<{answer: string, values: object}|null>} null if it was left
 */
function ask(title, fields, answers) {
  const dialog = byId("dialog");
  const form = make("form", {}, make("h2", { id: "dialog-title" }, title), ...fields);
  const [first, ...others] = answers.map(([value, text]) =>
    make("button", { type: value === answers[0][0] ? "submit" : "button", value }, text),
  );
  const leave = make("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
  form.append(make("div", { class: "bar" }, first, ...others, leave));
  dialog.replaceChildren(form);
  return new Promise((resolve) => {
    let given = null;
    const take = (answer) => {
      given = { answer, values: Object.fromEntries(new FormData(form)) };
      dialog.close();
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      take(first.value);
    });
    for (const button of others) button.addEventListener("click", () => take(button.value));
    dialog.addEventListener("close", () => resolve(given), { once: true });
    dialog.showModal();
    form.querySelector("input, select, textarea")?.focus();
  });
}

/** Show something to read. */
export const showText = (title, nodes) => askForm(title, nodes, [["yes", "Close"]]);

/** A select of a form. `options` are `[value, text]`. */
export function choice(label, name, options, chosen) {
  const select = make("select", { name });
  for (const [value, text] of options)
    select.append(make("option", { value, selected: String(chosen ?? "") === String(value) }, text));
  return make("label", {}, label, " ", select);
}

/** The reason, kept with the edit. */
export function reason(suggestions = []) {
  const list = make("datalist", { id: "reasons" }, ...suggestions.map((value) => make("option", { value })));
  const input = make("input", { name: "why", type: "text", maxlength: "500", list: "reasons", autocomplete: "off" });
  return make("div", {}, make("label", {}, "Why ", input), list);
}

export const isOpen = () => byId("dialog").open;
