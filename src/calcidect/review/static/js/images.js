/** The left side of the page: which volumes are fetched and shown, and the choices above them. */
import { Refused, Unreachable } from "./api.js";
import { byId, fillSelect, tell } from "./dom.js";
import { showReadout } from "./readout.js";
import { toolIsOpen } from "./tool_bar.js";
import { colourBones, colourDeposits, setWindow, Viewer } from "./viewer.js";
import { COARSE, Volumes } from "./volumes.js";
import { BONE_SURFACE, words } from "./words.js";

const NAMES = { low: "low energy", high: "high energy", hydroxyapatite: "hydroxyapatite", urate: "urate" };
/** [name, from, to]. HU: in common use for bone and soft tissue; of maps our choice. */
const WINDOWS = {
  HU: [
    ["soft tissue", -160, 240],
    ["bone", -500, 1500],
    ["mineral", 0, 800],
  ],
  "mg/cm3": [
    ["dilute", 0, 150],
    ["dense", 0, 1200],
  ],
};
const LAYOUTS = [
  ["three", "three planes and 3D"],
  ["axial", "axial"],
  ["coronal", "coronal"],
  ["sagittal", "sagittal"],
  ["3d", "3D"],
];
const MAPS_COLOURS = "inferno"; // even in lightness, so that it reads the same without colour

export class Images {
  /** @param {import("./store.js").OpenResult} result */
  constructor(result) {
    this.result = result;
    this.grid = COARSE;
    this.gridWasChosen = false;
    for (const name of ["shown", "loaded"]) delete byId("images").dataset[name];
    const signal = (this.ended = new AbortController()).signal;
    for (const [id, act] of Object.entries(this._controls())) byId(id).addEventListener("input", act, { signal });
    result.addEventListener("voxels", () => this._labelsChanged(), { signal });
    result.addEventListener("change", () => this._resultChanged(), { signal });
    result.addEventListener("select", () => this._goToSelected(), { signal });
  }

  close() {
    this.ended.abort();
    this.turn = null;
  }

  async open(viewer) {
    byId("overview").src = `/api/results/${this.result.id}/overview.png`;
    byId("overview").hidden = false;
    this._fillChoices();
    if (!viewer) return;
    this.viewer = viewer;
    viewer.cursor = null;
    viewer.onCursor = (point) => showReadout(this.result, this.volumes, this.grid, point);
    const isMap = (wanted) => this.listed.some(({ name, kind }) => name === wanted && kind === "map");
    this.volumes = new Volumes(this.result.id, viewer.NVImage, (name) => (isMap(name) ? MAPS_COLOURS : "gray"));
    await this._show();
  }

  get listed() {
    return this.result.data.volumes;
  }

  _controls() {
    return {
      "view-grid": () => ((this.gridWasChosen = true), this._toGrid(byId("view-grid").value)),
      "view-image": () => (this._fillWindows(), this._show()),
      "view-window": () => this._redraw(),
      "view-layout": () => this._layout(),
      "view-bones": () => this._redraw(),
      "view-deposits": () => this._redraw(),
      "view-outline": () => this.viewer?.setOutline(byId("view-outline").checked),
    };
  }

  _fillChoices() {
    const sides = this.result.data.hands.map(({ side }) => side);
    fillSelect(byId("view-grid"), [[COARSE, "whole, coarse"], ...sides.map((side) => [side, `${side} hand, full`])]);
    fillSelect(byId("view-layout"), LAYOUTS);
    this._fillImages();
  }

  _fillImages() {
    const names = this.listed.map(({ name }) => name).filter((name) => NAMES[name]);
    fillSelect(
      byId("view-image"),
      names.map((name) => [name, NAMES[name]]),
    );
    this._fillWindows();
  }

  _fillWindows() {
    const volume = this.listed.find(({ name }) => name === byId("view-image").value);
    const presets = volume ? [["usual", ...volume.window], ...(WINDOWS[volume.unit] ?? [])] : [];
    fillSelect(
      byId("view-window"),
      presets.map(([name, from, to]) => [`${from} ${to}`, `${name}: ${from} to ${to} ${volume.unit}`]),
    );
  }

  /** Fetch what is wanted and show it; afterwards, without haste, what the read-out needs and the full grid. */
  async _show() {
    if (!this.viewer) return;
    const [grid, name] = [this.grid, byId("view-image").value];
    const turn = (this.turn = {}); // what was asked for before, or for a result that was left, comes too late
    try {
      byId("loading").textContent = `Loading ${NAMES[name]} ...`;
      const [image, bones, deposits] = await Promise.all(
        [name, "bones", "deposits"].map((n) => this.volumes.get(n, grid)),
      );
      if (turn !== this.turn) return;
      this.shown = { image, bones, deposits };
      byId("overview").hidden = true;
      await this._paint();
      if (turn !== this.turn) return;
      if (!this.viewer.cursor) this._goToSelected();
      if (grid === COARSE) this._paintRender();
      byId("images").dataset.shown = `${name} ${grid}`;
      await this._rest(grid, turn);
      if (grid === COARSE) await this._refine(name, turn);
    } catch (error) {
      if (turn === this.turn) this._failed(error);
    }
  }

  async _rest(grid, turn) {
    for (const { name } of this.listed) {
      byId("loading").textContent = `Loading ${words(name)} ...`;
      await this.volumes.get(name, grid);
      if (turn !== this.turn) return;
    }
    byId("loading").textContent = "";
    byId("images").dataset.loaded = grid;
    if (this.viewer.cursor) this.viewer.onCursor(this.viewer.cursor);
  }

  /** After the coarse grid every voxel of the selected deposit's hand, unless the reader has chosen a grid or holds a tool. */
  async _refine(name, turn) {
    const wanted = () => turn === this.turn && !this.gridWasChosen;
    const sides = this.result.data.hands.map(({ side }) => side);
    const selected = this.result.row(this.result.selected)?.side;
    const side = sides.includes(selected) ? selected : sides[0];
    for (const volume of [name, "bones", "deposits"]) {
      if (!side || !wanted()) return;
      await this.volumes.get(volume, side);
    }
    const isThere = this.viewer.cursor && this.volumes.now("deposits", side)?.at(this.viewer.cursor) !== null;
    if (wanted() && isThere && !toolIsOpen()) await this._toGrid(side);
  }

  _failed(error) {
    if (!(error instanceof Refused) && !(error instanceof Unreachable)) throw error;
    byId("loading").textContent =
      error instanceof Unreachable ? "The server is not reached; choose the image again to retry." : error.message;
  }

  /** Window, opacities and colours of what is shown; whether any of them is another than before. */
  _style() {
    const { image, bones, deposits } = this.shown;
    const [window, ...opacities] = ["view-window", "view-bones", "view-deposits"].map((id) => byId(id).value);
    setWindow(image.image, ...window.split(" ").map(Number));
    [bones.image.opacity, deposits.image.opacity] = opacities.map(Number);
    colourBones(bones, this.result.data.bones);
    colourDeposits(deposits, this.result.rows);
    const before = this.style;
    const looks = this.result.rows.map((row) => [row.deposit_id, row.material, row.review.state === "rejected"]);
    this.style = JSON.stringify([window, opacities, looks]);
    return this.style !== before;
  }

  _paint() {
    this._style();
    return this.viewer.show(this.shown);
  }

  /** Drawing every voxel anew takes a while: not for an edit that looks the same. */
  _redraw() {
    if (this.shown && this._style()) this.viewer.redraw();
  }

  async _paintRender() {
    const labels = await Promise.all(["bones", "deposits"].map((name) => this.volumes.get(name, COARSE)));
    if (this.ended.signal.aborted) return;
    const [bones, deposits] = labels.map(({ image }) => ({ image: Object.create(image) })); // the planes' look otherwise
    colourBones(bones, this.result.data.bones, BONE_SURFACE);
    colourDeposits(deposits, this.result.rows);
    for (const { image } of [bones, deposits]) image.opacity = 1;
    await this.viewer.showRender({ bones, deposits });
  }

  _layout() {
    byId("stage").dataset.layout = byId("view-layout").value;
    this.viewer?.setLayout(byId("view-layout").value);
  }

  _toGrid(grid) {
    this.grid = grid;
    byId("view-grid").value = grid;
    return this._show();
  }

  _labelsChanged() {
    if (!this.viewer) return;
    this.volumes.labelsChanged();
    this._show();
    if (this.grid !== COARSE) this._paintRender().catch((error) => this._failed(error));
  }

  /** Rows were accepted, rejected, relabelled; or the scan was read meanwhile, and more images can be had. */
  _resultChanged() {
    const before = byId("view-image").options.length;
    this._fillImages();
    if (byId("view-image").options.length !== before) this._show();
    else this._redraw();
  }

  _goToSelected() {
    const row = this.result.row(this.result.selected);
    if (!row || !this.viewer?.planes.volumes.length || row.centroid_x_mm === null) return;
    if (this.grid !== COARSE && row.side !== this.grid && this.result.data.hands.some(({ side }) => side === row.side))
      this._toGrid(row.side);
    this.viewer.moveTo([row.centroid_x_mm, row.centroid_y_mm, row.centroid_z_mm]);
  }
}

/** The viewer is made once a page; where it can't be, all the rest works. */
export async function startViewer() {
  const viewer = new Viewer(byId("planes"), byId("render"), () => {});
  try {
    await viewer.start();
    return viewer;
  } catch (error) {
    const why =
      error instanceof TypeError ? "its viewer (NiiVue) was not fetched when calcidect was built" : error.message;
    tell(`Images can't be shown here: ${why}. Lists, pictures and forms work.`, true);
    return null;
  }
}
