/** The page with all results: who is done, what they hold. */
import { getJson, post } from "./api.js";
import { byId, fillSelect, make } from "./dom.js";
import { matches } from "./order.js";
import { tellError } from "./restarted.js";
import { Sortable } from "./sortable.js";
import { number, STATES, words } from "./words.js";

const name = (row) => row.subject || row.id || words(null);

/** A recorded scan whose folder was not given has no id, and can't be opened. */
function link(row) {
  return row.id === null ? name(row) : make("a", { href: `#${row.id}` }, name(row));
}

function picture(row) {
  if (!row.thumbnail) return "";
  return make("img", { src: row.thumbnail, alt: "", loading: "lazy", class: "thumbnail" });
}

/** As recorded in the registry, where there is one. */
const person = (row) => (row.person_id ? `${row.person_id}, ${words(row.visit)}` : words(null));

function stateOf(row) {
  if (row.id === null) return words(row.state);
  const select = make("select", { "aria-label": `State of ${name(row)}` });
  fillSelect(select, Object.entries(STATES));
  select.value = row.state;
  select.addEventListener("change", async () => {
    const before = row.state;
    row.state = select.value;
    try {
      await post(row, "state", { state: select.value, why: "" });
    } catch (error) {
      select.value = row.state = before;
      tellError(error);
    }
  });
  return select;
}

const COLUMNS = [
  { name: "picture", title: "Picture", cell: picture },
  { name: "subject", title: "Subject", key: (row) => row.subject || row.id, cell: link },
  { name: "person", title: "Person, visit", key: (row) => row.person_id, cell: person },
  { name: "state", title: "State", key: (row) => row.state, cell: stateOf },
  {
    name: "deposits",
    title: "Deposits",
    key: (row) => row.deposits,
    cell: (row) => number(row.deposits, 0),
    number: true,
  },
  {
    name: "mass",
    title: "HA mass, mg",
    key: (row) => row.ha_mass_mg,
    cell: (row) => number(row.ha_mass_mg),
    number: true,
  },
  {
    name: "volume",
    title: "Volume, mm\u00b3",
    key: (row) => row.volume_mm3,
    cell: (row) => number(row.volume_mm3),
    number: true,
  },
];

export class Worklist {
  constructor() {
    this.table = new Sortable(byId("worklist"), COLUMNS, "subject");
    fillSelect(byId("worklist-state"), [["", "all"], ...Object.entries(STATES)]);
    byId("worklist-filter").addEventListener("input", () => this._show());
    byId("worklist-filter").addEventListener("submit", (event) => event.preventDefault());
    this.rows = [];
  }

  async open() {
    this.rows = await getJson("/api/worklist");
    const recorded = this.rows.some((row) => row.person_id);
    this.table.columns = COLUMNS.filter((column) => column.name !== "person" || recorded);
    this._show();
  }

  _show() {
    const [state, sought] = [byId("worklist-state").value, byId("worklist-find").value];
    const rows = this.rows.filter(
      (row) => (!state || row.state === state) && matches([name(row), row.person_id, row.state], sought),
    );
    this.table.show(rows);
    byId("worklist-count").textContent = `${rows.length} of ${this.rows.length}`;
  }
}
