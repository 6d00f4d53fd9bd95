/** The list of deposits: filter, sort, choose, tick for merging. */
import { byId, fillSelect, make } from "./dom.js";
import { matches } from "./order.js";
import { Sortable } from "./sortable.js";
import { MARKS, number, site, words } from "./words.js";

const SHOWN = [
  ["", "all"],
  ["unreviewed", "unreviewed"],
  ["accepted", "accepted"],
  ["rejected", "rejected"],
  ["changed", "changed"],
];

export class DepositTable {
  /** @param {(row: object) => void} onChoose a row was clicked */
  constructor(onChoose) {
    this.onChoose = onChoose;
    fillSelect(byId("deposits-show"), SHOWN);
    for (const id of ["deposits-show", "deposits-find"])
      byId(id).addEventListener("input", () => this.show(this.result));
    this.table = new Sortable(byId("deposits"), this._columns(), "id", (row) => this._rowGiven(row));
  }

  _columns() {
    return [
      { name: "tick", title: "For merging", cell: (row) => this._tick(row) },
      { name: "id", title: "No.", key: (row) => row.deposit_id, cell: (row) => this._button(row), number: true },
      { name: "review", title: "Seen", key: (row) => row.review.state, cell: (row) => mark(row, this.result) },
      { name: "site", title: "Site", key: site, cell: site },
      { name: "pattern", title: "Pattern", key: (row) => row.pattern, cell: (row) => words(row.pattern) },
      {
        name: "mass",
        title: "HA, mg",
        key: (row) => row.ha_mass_mg,
        cell: (row) => number(row.ha_mass_mg),
        number: true,
      },
      {
        name: "volume",
        title: "mm\u00b3",
        key: (row) => row.volume_mm3,
        cell: (row) => number(row.volume_mm3),
        number: true,
      },
    ];
  }

  show(result) {
    this.result = result;
    const [wanted, sought] = [byId("deposits-show").value, byId("deposits-find").value];
    const rows = result.rows.filter(
      (row) => isWanted(row, wanted) && matches([row.deposit_id, site(row), row.pattern, row.material], sought),
    );
    const scroll = byId("deposits").parentElement.scrollTop;
    this.table.show(rows);
    byId("deposits").parentElement.scrollTop = scroll;
  }

  /** Mark the selected row, and bring it into sight. */
  mark() {
    for (const row of byId("deposits").tBodies[0].rows) {
      const chosen = Number(row.dataset.deposit) === this.result.selected;
      row.classList.toggle("chosen", chosen);
      row.querySelector("button").setAttribute("aria-pressed", chosen);
      if (chosen) row.scrollIntoView({ block: "nearest" });
    }
  }

  /** Id of the row `by` steps after the selected one, in the order shown. */
  neighbour(by) {
    const ids = this.table.shown.map(({ deposit_id }) => deposit_id);
    const at = ids.indexOf(this.result.selected);
    return at < 0 ? ids[0] : ids[Math.min(Math.max(at + by, 0), ids.length - 1)];
  }

  _rowGiven(row) {
    const chosen = row.deposit_id === this.result.selected;
    const given = { dataset: { deposit: row.deposit_id, review: row.review.state }, class: chosen ? "chosen" : null };
    return { ...given, onclick: (event) => event.target.closest("button, input") || this.onChoose(row) };
  }

  _button(row) {
    const chosen = row.deposit_id === this.result.selected;
    const label = `Deposit ${row.deposit_id}`;
    return make(
      "button",
      {
        type: "button",
        "aria-label": label,
        "aria-pressed": String(chosen),
        dataset: { focus: `choose ${row.deposit_id}` },
        onclick: () => this.onChoose(row),
      },
      row.deposit_id,
    );
  }

  _tick(row) {
    const { checked } = this.result;
    const press = (event) => (event.target.checked ? checked.add(row.deposit_id) : checked.delete(row.deposit_id));
    const label = `Tick deposit ${row.deposit_id} for merging`;
    return make("input", {
      type: "checkbox",
      "aria-label": label,
      dataset: { focus: `tick ${row.deposit_id}` },
      checked: checked.has(row.deposit_id),
      onchange: press,
    });
  }
}

function isWanted(row, wanted) {
  return !wanted || (wanted === "changed" ? row.review.changed?.length > 0 : row.review.state === wanted);
}

/** The state as a sign and a word for those who do not see it; dots for what is on its way. */
function mark(row, result) {
  const waits = result.outbox.waiting.some(({ target }) => target === row.deposit_id);
  const changed = row.review.changed?.length ? " *" : "";
  const state = row.review.state;
  return make(
    "span",
    { title: state },
    waits ? "\u2026" : MARKS[state] + changed,
    make("span", { class: "unseen" }, ` ${state}${changed && " changed"}`),
  );
}
