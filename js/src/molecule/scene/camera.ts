/** The camera: pure functions on where the view looks from. Lengths in nm, screen sizes in pixels. */

import type { Camera, Positions, Rotation, Vector } from "../types.ts";
import { eachPosition } from "./positions.ts";
import { add, dot, rotate, scale, subtract, turn, unrotate } from "./vectors.ts";

/** The tangent of half the vertical field of view, 30 degrees. */
export const HALF_ANGLE = Math.tan(Math.PI / 12);

const SMALLEST_HEIGHT = 0.05;
const LARGEST_HEIGHT = 1e5;
/** Room around the atoms, for their radii. */
const MARGIN = 0.25;
const FILL = 1.08;
/** As many atoms determine the axes; all of them determine the extents. */
const SAMPLE = 4096;

export const distanceOf = (camera: Camera): number => camera.height / (2 * HALF_ANGLE);

/** Turn the scene by a drag; a drag over the whole height is half a turn. */
export function orbit(camera: Camera, dx: number, dy: number, viewHeight: number): Camera {
  const angle = Math.PI / Math.max(1, viewHeight);
  const rotation = turn(turn(camera.rotation, [0, 1, 0], dx * angle), [1, 0, 0], dy * angle);
  return { ...camera, rotation };
}

/** Turn the scene about the direction of view. */
export function roll(camera: Camera, angle: number): Camera {
  return { ...camera, rotation: turn(camera.rotation, [0, 0, 1], angle) };
}

/** Move the scene with the pointer. */
export function pan(camera: Camera, dx: number, dy: number, viewHeight: number): Camera {
  const perPixel = camera.height / Math.max(1, viewHeight);
  const moved = unrotate(camera.rotation, [-dx * perPixel, dy * perPixel, 0]);
  return { ...camera, target: add(camera.target, moved) };
}

export function zoom(camera: Camera, factor: number): Camera {
  const height = camera.height * factor;
  return { ...camera, height: Math.min(LARGEST_HEIGHT, Math.max(SMALLEST_HEIGHT, height)) };
}

export interface ScreenPoint {
  readonly x: number;
  readonly y: number;
  /** The distance from the camera along the direction of view, in nm. */
  readonly depth: number;
  /** Whether it is in front of the camera. */
  readonly visible: boolean;
}

/** Where a point is on a screen of a size in CSS pixels. */
export function project(camera: Camera, point: Vector, width: number, height: number): ScreenPoint {
  const [x, y, z] = rotate(camera.rotation, subtract(point, camera.target));
  const depth = distanceOf(camera) - z;
  const perUnit = height / (2 * HALF_ANGLE * Math.max(depth, 1e-9));
  const visible = depth > 1e-9;
  return { x: width / 2 + x * perUnit, y: height / 2 - y * perUnit, depth, visible };
}

/** The point under the pointer in the plane through `through` that is parallel to the screen. */
export function unproject(
  camera: Camera,
  x: number,
  y: number,
  size: { readonly width: number; readonly height: number },
  through: Vector,
): Vector {
  const z = rotate(camera.rotation, subtract(through, camera.target))[2];
  const perPixel = (2 * HALF_ANGLE * (distanceOf(camera) - z)) / Math.max(1, size.height);
  const seen: Vector = [(x - size.width / 2) * perPixel, (size.height / 2 - y) * perPixel, z];
  return add(camera.target, unrotate(camera.rotation, seen));
}

/**
 * A camera that shows all atoms with a finite position. Without a rotation, the longest axis of the
 * molecule is horizontal and the second one vertical; if `isUpright`, the y axis stays vertical, as
 * for the people around the molecule.
 */
export function fitCamera(
  positions: Positions | null,
  aspect: number,
  rotation: Rotation | null = null,
  isUpright = false,
): Camera {
  const center = centroid(positions);
  const turned =
    rotation ?? (center === null ? IDENTITY : principalRotation(positions, center, isUpright));
  if (center === null) return { target: [0, 0, 0], rotation: turned, height: 2 };
  // The middle of the extents along the axes of the screen.
  const low: [number, number, number] = [0, 0, 0];
  const high: [number, number, number] = [0, 0, 0];
  eachPosition(positions, 1, (point) => {
    const seen = rotate(turned, subtract(point, center));
    for (const axis of [0, 1, 2] as const) {
      low[axis] = Math.min(low[axis], seen[axis]);
      high[axis] = Math.max(high[axis], seen[axis]);
    }
  });
  const size = subtract(high, low);
  const target = add(center, unrotate(turned, scale(add(low, high), 0.5)));
  const wide = Math.max(size[1] + 2 * MARGIN, (size[0] + 2 * MARGIN) / Math.max(0.1, aspect));
  // What is nearer than the target is larger.
  const height = wide * FILL + 0.5 * size[2] * HALF_ANGLE;
  return zoom({ target, rotation: turned, height }, 1);
}

/** Between two cameras, `share` from 0 to 1. */
export function interpolate(from: Camera, to: Camera, share: number): Camera {
  const sign = from.rotation.reduce((sum, each, i) => sum + each * (to.rotation[i] ?? 0), 0) < 0;
  const mixed = from.rotation.map(
    (each, i) => each * (1 - share) + (to.rotation[i] ?? 0) * share * (sign ? -1 : 1),
  );
  const length = Math.hypot(...mixed) || 1;
  const [x = 0, y = 0, z = 0, w = 1] = mixed.map((each) => each / length);
  return {
    target: add(from.target, scale(subtract(to.target, from.target), share)),
    rotation: [x, y, z, w],
    height: from.height * (to.height / from.height) ** share,
  };
}

const FROM_ABOVE = 0.2;
const IDENTITY: Rotation = [0, 0, 0, 1];

function centroid(positions: Positions | null): Vector | null {
  let count = 0;
  const sum: [number, number, number] = [0, 0, 0];
  eachPosition(positions, 1, (point) => {
    count += 1;
    for (const axis of [0, 1, 2] as const) sum[axis] += point[axis];
  });
  return count === 0 ? null : scale(sum, 1 / count);
}

/** The rotation that turns the principal axes of the atoms to those of the screen. */
function principalRotation(
  positions: Positions | null,
  center: Vector,
  isUpright: boolean,
): Rotation {
  const step = Math.max(1, Math.floor((positions?.count ?? 0) / SAMPLE));
  const matrix: Matrix = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ];
  eachPosition(positions, step, (point) => {
    const d = subtract(point, center);
    for (const i of AXES) for (const j of AXES) matrix[i][j] += d[i] * d[j];
  });
  if (isUpright) {
    // The longest axis on the floor is horizontal; seen a little from above.
    const angle = 0.5 * Math.atan2(2 * matrix[0][2], matrix[0][0] - matrix[2][2]);
    return turn(turn(IDENTITY, [0, 1, 0], angle), [1, 0, 0], FROM_ABOVE);
  }
  const axes = eigenvectors(matrix);
  const x = axes[0];
  const y = axes[1];
  const z: Vector = [
    x[1] * y[2] - x[2] * y[1],
    x[2] * y[0] - x[0] * y[2],
    x[0] * y[1] - x[1] * y[0],
  ];
  return fromRows(x, y, z);
}

type Row = [number, number, number];
type Matrix = [Row, Row, Row];
const AXES = [0, 1, 2] as const;

/** The eigenvectors of a symmetric matrix, of the largest eigenvalue first (Jacobi's method). */
function eigenvectors(a: Matrix): readonly [Vector, Vector, Vector] {
  const vectors: Matrix = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  for (let sweep = 0; sweep < 12; sweep += 1) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      if (Math.abs(a[p][q]) < 1e-12) continue;
      const angle = 0.5 * Math.atan2(2 * a[p][q], a[q][q] - a[p][p]);
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      for (const k of AXES)
        [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
      for (const k of AXES)
        [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
      for (const k of AXES) {
        const [u, v] = [vectors[p][k], vectors[q][k]];
        vectors[p][k] = c * u - s * v;
        vectors[q][k] = s * u + c * v;
      }
    }
  }
  const order = [...AXES].sort((i, j) => a[j][j] - a[i][i]);
  // Always in the same direction: mostly along the positive axes.
  const found = order.map((i) => {
    const vector = vectors[i];
    return dot(vector, [1, 0.9, 0.8]) < 0 ? scale(vector, -1) : vector;
  });
  return [found[0] ?? [1, 0, 0], found[1] ?? [0, 1, 0], found[2] ?? [0, 0, 1]];
}

/** The quaternion of the rotation with these rows. */
function fromRows(x: Vector, y: Vector, z: Vector): Rotation {
  const trace = x[0] + y[1] + z[2];
  if (trace > 0) {
    const s = 2 * Math.sqrt(trace + 1);
    return [(z[1] - y[2]) / s, (x[2] - z[0]) / s, (y[0] - x[1]) / s, s / 4];
  }
  if (x[0] > y[1] && x[0] > z[2]) {
    const s = 2 * Math.sqrt(1 + x[0] - y[1] - z[2]);
    return [s / 4, (x[1] + y[0]) / s, (x[2] + z[0]) / s, (z[1] - y[2]) / s];
  }
  if (y[1] > z[2]) {
    const s = 2 * Math.sqrt(1 + y[1] - x[0] - z[2]);
    return [(x[1] + y[0]) / s, s / 4, (y[2] + z[1]) / s, (x[2] - z[0]) / s];
  }
  const s = 2 * Math.sqrt(1 + z[2] - x[0] - y[1]);
  return [(x[2] + z[0]) / s, (y[2] + z[1]) / s, s / 4, (y[0] - x[1]) / s];
}
