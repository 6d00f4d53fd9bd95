/** Split a deposit by two points: each voxel goes to the nearer one. */
import { askForm, reason } from "./dialogs.js";
import { make, tell } from "./dom.js";
import { clearSheet, drawDisc, laySheet } from "./ink.js";
import { closeTool, openTool } from "./tool_bar.js";

export class SplitTool {
  constructor(viewer) {
    this.viewer = viewer;
  }

  start(result) {
    if (!this.viewer()) return tell("Splitting needs the images, which are not shown.", true);
    Object.assign(this, { result, deposit: result.selected, points: [] });
    this.says = make("span", { role: "status" });
    openTool(`Split deposit ${this.deposit}`, [this.says], () => (this.points = []));
    laySheet({ down: (event) => this._press(event), move: () => {}, up: () => {} });
    this._tell();
  }

  /** With the keyboard: the cursor is the next point. */
  dab() {
    this._take(this.viewer().cursor);
  }

  _press(event) {
    const at = this.viewer().pick(event);
    if (!at) return;
    this.viewer().moveTo(at.point);
    drawDisc({ x: event.offsetX, y: event.offsetY }, 4, "rgb(240, 228, 66)");
    this._take(at.point);
  }

  _tell() {
    this.says.textContent = `Click ${this.points.length ? "the second" : "the first"} part, or press space with the cursor on it.`;
  }

  async _take(point) {
    this.points.push(point);
    this._tell();
    if (this.points.length < 2) return;
    const { deposit, points } = this;
    closeTool();
    clearSheet();
    const given = await askForm(`Split deposit ${deposit} in two`, [reason()], [["yes", "Split"]]);
    if (given) this.result.edit("split", deposit, { seeds: points }, given.values.why);
  }
}
