/** Which voxels a stroke covers, and how they are sent. Pure. */

const PLANE_NORMALS = { axial: [0, 0, 1], coronal: [0, 1, 0], sagittal: [1, 0, 0] };

/** Voxels of the whole scan's grid that a stroke has covered. */
export class Stroke {
  /** @param {import("./grid.js").Grid} grid @param {"axial"|"coronal"|"sagittal"} plane @param {number} diameter mm */
  constructor(grid, plane, diameter) {
    this.grid = grid;
    this.radius = diameter / 2;
    this.normal = grid.axisAlong(PLANE_NORMALS[plane]);
    this.voxels = new Map();
  }

  /** Go on to an LPS point, with discs close enough on the way that no gap is left. */
  moveTo(point) {
    const from = this.last ?? point;
    const length = Math.hypot(...point.map((p, axis) => p - from[axis]));
    const step = Math.max(this.radius / 2, Math.min(...this.grid.spacing));
    const count = Math.max(1, Math.ceil(length / step));
    for (let n = 1; n <= count; n++) this._disc(from.map((f, axis) => f + ((point[axis] - f) * n) / count));
    this.last = point;
  }

  /** Voxels of one slice whose centres lie within the brush; the one under the cursor always. */
  _disc(point) {
    const centre = this.grid.indexOf(point);
    const nearest = centre.map(Math.round);
    this._add(nearest);
    const reach = this.grid.spacing.map((mm, axis) => (axis === this.normal ? 0 : Math.ceil(this.radius / mm)));
    for (let i = -reach[0]; i <= reach[0]; i++)
      for (let j = -reach[1]; j <= reach[1]; j++)
        for (let k = -reach[2]; k <= reach[2]; k++) {
          const voxel = [nearest[0] + i, nearest[1] + j, nearest[2] + k];
          const offset = voxel.map((n, axis) =>
            axis === this.normal ? 0 : (n - centre[axis]) * this.grid.spacing[axis],
          );
          if (Math.hypot(...offset) <= this.radius) this._add(voxel);
        }
  }

  _add(voxel) {
    if (this.grid.contains(voxel)) this.voxels.set(voxel.join(), voxel);
  }

  /** The voxels as the server takes them; see `packed`. */
  packed() {
    return packed([...this.voxels.values()]);
  }
}

/**
 * Voxels as the server takes them: their box, and in it runs that are out, in, out, ... (i fastest, then j, then k), each a
 * little-endian 32-bit number, in base64.
 * @param {number[][]} voxels [i, j, k]
 */
export function packed(voxels) {
  const along = (axis) => voxels.map((voxel) => voxel[axis]);
  const start = [0, 1, 2].map((axis) => along(axis).reduce((a, b) => Math.min(a, b)));
  const shape = [0, 1, 2].map((axis) => along(axis).reduce((a, b) => Math.max(a, b)) - start[axis] + 1);
  const inside = new Uint8Array(shape[0] * shape[1] * shape[2]);
  for (const [i, j, k] of voxels) inside[i - start[0] + shape[0] * (j - start[1] + shape[1] * (k - start[2]))] = 1;
  return { start, shape, rle: base64(runs(inside)) };
}

/** Lengths of runs of equal values, the first of zeros. */
function runs(inside) {
  const lengths = [];
  let [value, length] = [0, 0];
  for (const next of inside) {
    if (next !== value) {
      lengths.push(length);
      [value, length] = [next, 0];
    }
    length++;
  }
  return [...lengths, length];
}

function base64(lengths) {
  const bytes = new DataView(new ArrayBuffer(4 * lengths.length));
  lengths.forEach((length, n) => bytes.setUint32(4 * n, length, true));
  return btoa(Array.from(new Uint8Array(bytes.buffer), (byte) => String.fromCharCode(byte)).join(""));
}
