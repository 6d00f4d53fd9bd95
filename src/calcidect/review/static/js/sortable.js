/** A table whose head sorts it. */
import { keepFocus, make } from "./dom.js";
import { sorted } from "./order.js";

/**
 * @typedef {{name: string, title: string, key: ((row: object) => any)|null, cell: (row: object) => Node|string, number: boolean}} Column
 */
export class Sortable {
  /** @param {HTMLTableElement} table @param {Column[]} columns @param {string} first name of the column that orders at first */
  constructor(table, columns, first, fill = () => ({})) {
    Object.assign(this, { table, columns, fill, by: first, down: false, rows: [] });
  }

  show(rows) {
    this.rows = rows;
    const column = this.columns.find(({ name }) => name === this.by);
    this.shown = sorted(rows, { key: column.key, down: this.down });
    keepFocus(this.table, () => {
      this.table.tHead.replaceChildren(make("tr", {}, ...this.columns.map((c) => this._head(c))));
      this.table.tBodies[0].replaceChildren(...this.shown.map((row) => this._row(row)));
    });
  }

  _head(column) {
    if (!column.key) return make("th", { scope: "col" }, make("span", { class: "unseen" }, column.title));
    const sort = this.by === column.name ? (this.down ? "descending" : "ascending") : null;
    const press = () => {
      this.down = this.by === column.name && !this.down;
      this.by = column.name;
      this.show(this.rows);
    };
    const mark = sort ? (this.down ? " \u25be" : " \u25b4") : "";
    const button = make(
      "button",
      { type: "button", onclick: press, dataset: { focus: column.name } },
      column.title + mark,
    );
    return make("th", { scope: "col", "aria-sort": sort, class: column.number ? "number" : null }, button);
  }

  _row(row) {
    const cells = this.columns.map((c) => make("td", { class: c.number ? "number" : null }, c.cell(row)));
    return make("tr", this.fill(row), ...cells);
  }
}
