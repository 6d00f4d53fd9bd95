/** Paint and erase with a round brush on a plane; every stroke is one edit. */
import { Stroke } from "./brush.js";
import { choice } from "./dialogs.js";
import { make, tell } from "./dom.js";
import { Grid } from "./grid.js";
import { clearSheet, drawDisc, laySheet } from "./ink.js";
import { openTool } from "./tool_bar.js";
import { words } from "./words.js";

const BRUSHES_MM = [1, 2, 3, 5, 8]; // our choice: from a speck to a sheet
const COLOURS = { paint: "rgba(240, 228, 66, 0.6)", erase: "rgba(0, 158, 115, 0.6)" }; // yellow and green of Okabe and Ito

export class PaintTool {
  /** @param {() => import("./viewer.js").Viewer|null} viewer */
  constructor(viewer) {
    this.viewer = viewer;
  }

  /** @param {"paint"|"erase"} mode */
  start(result, mode) {
    if (!this.viewer()) return tell("Painting needs the images, which are not shown.", true);
    Object.assign(this, { result, mode, grid: new Grid(result.data.grid), stroke: null });
    this.where = choice("On", "where", this._targets());
    this.size = choice(
      "Brush",
      "size",
      BRUSHES_MM.map((mm) => [mm, `${mm} mm`]),
      2,
    );
    openTool(
      mode === "paint" ? "Paint (drag, or space at the cursor)" : "Erase (drag, or space at the cursor)",
      [this.where, this.size],
      () => (this.stroke = null),
    );
    laySheet({ down: (e) => this._down(e), move: (e) => this._move(e), up: () => this._up() });
  }

  /** With the keyboard: one dab at the cursor, on the axial plane. */
  dab() {
    const viewer = this.viewer();
    this.stroke = new Stroke(this.grid, "axial", this._diameter());
    this.stroke.moveTo(viewer.cursor);
    this._up();
  }

  _targets() {
    const { selected, data } = this.result;
    const deposit = selected === null ? [] : [[`deposit ${selected}`, `deposit ${selected}`]];
    if (this.mode === "erase") return [...deposit, ["bone 0", "bone"]];
    const bones = data.bones.map(({ label, side, bone }) => [`bone ${label}`, `${side} ${words(bone)}`]);
    return [...deposit, ["deposit new", "a new deposit"], ...bones];
  }

  _diameter() {
    return Number(this.size.querySelector("select").value);
  }

  _down(event) {
    const at = this.viewer().pick(event);
    if (!at) return;
    this.plane = at.plane;
    this.stroke = new Stroke(this.grid, at.plane, this._diameter());
    this._move(event);
  }

  _move(event) {
    const at = this.viewer().pick(event);
    if (!at) return;
    const { scale } = this.viewer().place(at.point, at.plane) ?? { scale: 1 };
    const pointer = { x: event.offsetX, y: event.offsetY };
    const radius = (this._diameter() / 2) * scale;
    if (!this.stroke) {
      clearSheet();
      return drawDisc(pointer, radius, "white", true);
    }
    if (at.plane !== this.plane) return;
    this.stroke.moveTo(at.point);
    drawDisc(pointer, radius, COLOURS[this.mode]);
  }

  _up() {
    const stroke = this.stroke;
    this.stroke = null;
    if (!stroke?.voxels.size) return;
    const [what, which] = this.where.querySelector("select").value.split(" ");
    const target = which === "new" ? which : Number(which);
    if (which === "new") this._followNew();
    this.result.edit(what === "bone" ? "bone_paint" : this.mode, target, null, "", stroke.packed());
    this.result.addEventListener("change", () => this.stroke || clearSheet(), { once: true }); // done or refused
  }

  /** Further strokes go on the deposit that the first one made. */
  _followNew() {
    const { outbox } = this.result;
    const follow = ({ detail }) => {
      if (detail.event.target !== "new") return;
      outbox.removeEventListener("sent", follow);
      const made = `deposit ${Math.max(...detail.answer.state.map(({ deposit_id }) => deposit_id))}`;
      const select = this.where.querySelector("select");
      select.prepend(make("option", { value: made }, made));
      select.value = made;
    };
    outbox.addEventListener("sent", follow);
  }
}
