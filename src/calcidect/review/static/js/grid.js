/** Where voxels lie. Points are LPS mm as in the result; the viewer counts RAS mm. Pure. */

/** LPS to RAS and back: x and y change sign (NIfTI's and DICOM's conventions). */
export const flip = ([x, y, z]) => [-x, -y, z];

/** Grid of the whole scan, as findings.json states it: columns of `direction` are the axes i, j, k in LPS. */
export class Grid {
  constructor({ size, spacing_mm, origin_mm, direction }) {
    Object.assign(this, { size, spacing: spacing_mm, origin: origin_mm, direction });
  }

  /** Voxel coordinates (i, j, k), not rounded, of an LPS point. */
  indexOf(point) {
    const offset = point.map((p, row) => p - this.origin[row]);
    return [0, 1, 2].map(
      (axis) => offset.reduce((sum, o, row) => sum + o * this.direction[row][axis], 0) / this.spacing[axis],
    );
  }

  /** The axis that is most nearly perpendicular to a plane with this LPS normal. */
  axisAlong(normal) {
    const along = [0, 1, 2].map((axis) =>
      Math.abs(normal.reduce((sum, n, row) => sum + n * this.direction[row][axis], 0)),
    );
    return along.indexOf(Math.max(...along));
  }

  contains(index) {
    return index.every((n, axis) => n >= 0 && n < this.size[axis]);
  }
}

/** Inverse of a NIfTI affine (rows of 4), as a function from RAS mm to voxel coordinates. */
export function voxelOf(affine) {
  const [a, b, c] = affine.slice(0, 3);
  const cross = (u, v) => [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  const determinant = cross(a, b).reduce((sum, n, axis) => sum + n * c[axis], 0);
  const columns = [cross(b, c), cross(c, a), cross(a, b)];
  return (mm) => {
    const offset = [mm[0] - a[3], mm[1] - b[3], mm[2] - c[3]];
    return [0, 1, 2].map(
      (axis) => columns.reduce((sum, column, row) => sum + column[axis] * offset[row], 0) / determinant,
    );
  };
}
