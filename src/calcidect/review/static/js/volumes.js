/** The volumes of one result: each is fetched once, as a coarse whole or in full around one hand. */
import { getUnpacked } from "./api.js";
import { flip, voxelOf } from "./grid.js";

export const COARSE = "coarse";
const LABELS = ["deposits", "bones"];
const INTENT_LABEL = 1002; // NIfTI-1's NIFTI_INTENT_LABEL; NiiVue outlines only what says that it holds labels

/** A volume that the viewer can show, and whose values can be read. */
export class Shown {
  constructor(name, image) {
    this.name = name;
    this.image = image;
    this.toVoxel = voxelOf(image.hdr.affine);
    this.size = image.hdr.dims.slice(1, 4);
    this.slope = image.hdr.scl_slope || 1; // 0 means that there is none (NIfTI-1)
    this.intercept = image.hdr.scl_inter || 0;
  }

  /** Value of the voxel that holds an LPS point, null outside. */
  at(point) {
    const [i, j, k] = this.toVoxel(flip(point)).map(Math.round);
    const [width, height, depth] = this.size;
    if (i < 0 || j < 0 || k < 0 || i >= width || j >= height || k >= depth) return null;
    return this.image.img[i + width * (j + height * k)] * this.slope + this.intercept;
  }
}

export class Volumes {
  /**
   * @param {string} result
   * @param {typeof import("@niivue/niivue").NVImage} NVImage
   * @param {(name: string) => string} colours name of NiiVue's colours for a volume
   */
  constructor(result, NVImage, colours) {
    Object.assign(this, { result, NVImage, colours, asked: new Map(), here: new Map() });
  }

  /** @param {string} grid COARSE or the side of a hand */
  get(name, grid) {
    const key = `${name} ${grid}`;
    if (!this.asked.has(key)) {
      const asked = this._fetch(name, grid).then((shown) => {
        if (this.asked.get(key) === asked) this.here.set(key, shown);
        return shown;
      });
      asked.catch(() => this.asked.get(key) === asked && this.asked.delete(key)); // so that it is tried again when it is wanted again
      this.asked.set(key, asked);
    }
    return this.asked.get(key);
  }

  /** The volume if it is here already. */
  now(name, grid) {
    return this.here.get(`${name} ${grid}`) ?? null;
  }

  /** Labels were changed: what is shown stays until the new ones are here. */
  labelsChanged() {
    for (const key of this.asked.keys()) if (LABELS.includes(key.split(" ")[0])) this.asked.delete(key);
  }

  async _fetch(name, grid) {
    const which = grid === COARSE ? "level=coarse" : `level=full&hand=${grid}`;
    const bytes = await getUnpacked(`/api/results/${this.result}/volumes/${name}?${which}`);
    const image = await this.NVImage.new(bytes, `${name}.nii`, this.colours(name), 1);
    if (LABELS.includes(name)) image.hdr.intent_code = INTENT_LABEL;
    return new Shown(name, image);
  }
}
