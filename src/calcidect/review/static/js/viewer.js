/** NiiVue behind a few plain functions: three planes, and bones and deposits in three dimensions. */
import { inTurns, leaveGradients, leaveQuestions } from "./card.js";
import { flip } from "./grid.js";
import { BONE_OUTLINE, MATERIAL_COLOURS, REJECTED_COLOUR } from "./words.js";

const [AXIAL, CORONAL, SAGITTAL, RENDER] = [0, 1, 2, 4]; // NiiVue's SLICE_TYPE
const SINGLE = { axial: AXIAL, coronal: CORONAL, sagittal: SAGITTAL };
const PLANES = ["axial", "coronal", "sagittal"];
/** A hand is long: its coronal plane gets the height. [left, top, width, height] as parts of the canvas. */
const THREE = [
  { sliceType: CORONAL, position: [0, 0, 0.5, 1] },
  { sliceType: SAGITTAL, position: [0.5, 0, 0.5, 0.6] },
  { sliceType: AXIAL, position: [0.5, 0.6, 0.5, 0.4] },
];
const COMMON = {
  dragAndDropEnabled: false, // a file dropped on the page is not the result under review
  viewModeHotKey: "",
  clipPlaneHotKey: "",
  cycleClipPlaneHotKey: "",
  isRadiologicalConvention: true,
  crosshairColor: [0.94, 0.89, 0.26, 0.8],
  backColor: [0.05, 0.055, 0.067, 1],
  loadingText: "",
  logLevel: "error",
  isResizeCanvas: true,
};
const TURN_WAIT_MS = 200; // our choice: the slow 3D picture follows when the cursor rests

export class Viewer {
  /** @param {(point: number[]) => void} onCursor gets the cursor's LPS point */
  constructor(planes, render, onCursor) {
    Object.assign(this, { planesCanvas: planes, renderCanvas: render, onCursor, takesClicks: true });
  }

  /** Load NiiVue and make both views. Throws where it is not packed, or the browser has no WebGL 2. */
  async start() {
    if (!document.createElement("canvas").getContext("webgl2")) throw new Error("this browser shows no WebGL 2");
    const { Niivue, NVImage } = await import("/static/niivue/niivue.js");
    this.NVImage = NVImage;
    leaveWindows(NVImage);
    this.planes = new Niivue({
      ...COMMON,
      crosshairWidth: 0.8,
      crosshairWidthUnit: "mm",
      crosshairGap: 4,
      isNearestInterpolation: true,
    });
    this.render = new Niivue({
      ...COMMON,
      show3Dcrosshair: true,
      crosshairWidth: 0.5,
      crosshairWidthUnit: "mm",
      sliceType: RENDER,
    });
    await this.planes.attachToCanvas(this.planesCanvas);
    await this.render.attachToCanvas(this.renderCanvas);
    leaveGradients(this.planes);
    for (const niivue of [this.planes, this.render]) {
      leaveQuestions(niivue);
      inTurns(niivue);
    }
    this.planes.setCustomLayout(THREE);
    this.planes.onLocationChange = ({ mm }) => this._moved(flip(mm));
  }

  /**
   * Show an image with bones and deposits over it; the cursor stays where it was. Until they are there the planes show
   * what was before; where that lies elsewhere, they take no clicks.
   */
  async show({ image, bones, deposits }) {
    const cursor = this.cursor;
    setVolumes(this.planes, [image, bones, deposits]);
    this._takeClicks(!this.planes.isBusy);
    if (cursor && this.planes.isBusy) this.moveTo(cursor);
    await this.planes.drawn;
    if (this.cursor) this.onCursor(this.cursor);
    this._takeClicks(true);
  }

  /** The 3D picture, from coarse labels: it is turned, not measured in. */
  async showRender({ bones, deposits }) {
    setVolumes(this.render, [bones, deposits]);
    await this.render.drawn;
  }

  redraw() {
    return this.planes.updateGLVolume();
  }

  _takeClicks(on) {
    this.takesClicks = on;
    this.planesCanvas.style.pointerEvents = on ? "" : "none";
  }

  setLayout(name) {
    if (SINGLE[name] === undefined) this.planes.setCustomLayout(THREE);
    else {
      this.planes.clearCustomLayout();
      this.planes.setSliceType(SINGLE[name]);
    }
  }

  setOutline(on) {
    this.planes.setAtlasOutline(on ? 1 : 0);
  }

  moveTo(point) {
    this.planes.scene.crosshairPos = this.planes.mm2frac(flip(point));
    this.planes.drawScene();
    this._moved(point);
  }

  /** Move the cursor by mm along LPS axes. */
  step(by) {
    if (this.cursor) this.moveTo(this.cursor.map((p, axis) => p + by[axis]));
  }

  /** LPS point and plane under a pointer, null beside the planes. */
  pick(event) {
    if (!this.takesClicks) return null;
    const at = this._canvasPlace(event);
    const fraction = this.planes.canvasPos2frac(at);
    const tile = this.planes.screenSlices[this.planes.tileIndex(...at)];
    if (fraction[0] < 0 || !tile || !PLANES[tile.axCorSag]) return null;
    return { point: flip(this.planes.frac2mm(fraction)), plane: PLANES[tile.axCorSag] };
  }

  /** Where an LPS point lies on the canvas in a plane, in CSS pixels, and how many of them are a mm. */
  place(point, plane) {
    const ratio = this.planes.uiData.dpr ?? 1;
    const at = (p) => this.planes.frac2canvasPosWithTile(this.planes.mm2frac(flip(p)), PLANES.indexOf(plane))?.pos;
    const [here, beside] = [
      at(point),
      at(point.map((p, axis) => (axis === (plane === "sagittal" ? 1 : 0) ? p + 10 : p))),
    ];
    if (!here || !beside) return null;
    return {
      x: here[0] / ratio,
      y: here[1] / ratio,
      scale: Math.hypot(beside[0] - here[0], beside[1] - here[1]) / ratio / 10,
    };
  }

  _canvasPlace(event) {
    const box = this.planesCanvas.getBoundingClientRect();
    const ratio = this.planes.uiData.dpr ?? 1;
    return [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio];
  }

  _moved(point) {
    this.cursor = point;
    this.onCursor(point);
    clearTimeout(this.turning);
    this.turning = setTimeout(() => this._turn(), TURN_WAIT_MS);
  }

  async _turn() {
    const mine = this.turning;
    await this.planes.drawn; // one graphics card draws both, and drawing waits for all that it was told before
    if (mine !== this.turning) return;
    if (!this.render.volumes.length || !this.renderCanvas.offsetWidth) return;
    this.render.scene.crosshairPos = this.render.mm2frac(flip(this.cursor));
    this.render.drawScene();
  }
}

/**
 * Keep NiiVue from looking through every voxel for a window of its own whenever it makes an image: on the page's thread
 * that takes seconds for a hand in full, and the page sets the window anyway.
 */
function leaveWindows(NVImage) {
  NVImage.prototype.calMinMax = function () {
    setWindow(this, 0, 1);
    return [0, 1, 0, 1];
  };
}

/** What is black and white now, and after a double click. */
export function setWindow(image, from, to) {
  for (const name of ["cal", "robust", "global"]) [image[`${name}_min`], image[`${name}_max`]] = [from, to];
}

/** All at once: adding them one by one would draw as often. */
function setVolumes(niivue, shown) {
  niivue.volumes = shown.map(({ image }) => image);
  niivue.setVolume(niivue.volumes[0], 0);
}

/** Colours of a label volume: `of(label)` gives [r, g, b, a], 0 to 255; 0 is nothing. */
function colourLabels(image, largest, of) {
  const table = { R: [0], G: [0], B: [0], A: [0], I: [0], labels: [""] };
  for (let label = 1; label <= largest; label++) {
    const [r, g, b, a] = of(label);
    for (const [channel, value] of Object.entries({ R: r, G: g, B: b, A: a, I: label, labels: "" }))
      table[channel].push(value);
  }
  image.setColormapLabel(table);
}

export function colourBones(shown, bones, colour = BONE_OUTLINE) {
  const largest = Math.max(1, ...bones.map(({ label }) => label));
  colourLabels(shown.image, largest, () => [...colour, 255]);
}

/** Deposits by material; rejected ones pale grey, so that one sees what was there. */
export function colourDeposits(shown, rows) {
  const byId = new Map(rows.map((row) => [row.deposit_id, row]));
  colourLabels(shown.image, Math.max(1, ...byId.keys()), (id) => {
    const row = byId.get(id);
    if (!row) return [0, 0, 0, 0];
    return row.review.state === "rejected"
      ? [...REJECTED_COLOUR, 110]
      : [...(MATERIAL_COLOURS[row.material] ?? MATERIAL_COLOURS.indeterminate), 255];
  });
}
