/** Distances, angles and dihedral angles. */

import { cross, distance, dot, length, normalize, subtract } from "../scene/vectors.ts";
import type { Vector } from "../types.ts";

const DEGREES = 180 / Math.PI;

export interface Measurement {
  readonly kind: "distance" | "angle" | "dihedral";
  /** In nm, or in degrees. */
  readonly value: number;
}

/** The angle at the second of three points, in degrees. */
export function angle(a: Vector, b: Vector, c: Vector): number {
  const cosine = dot(normalize(subtract(a, b)), normalize(subtract(c, b)));
  return DEGREES * Math.acos(Math.min(1, Math.max(-1, cosine)));
}

/** The dihedral angle of four points in degrees, from -180 to 180 (IUPAC's sign). */
export function dihedral(a: Vector, b: Vector, c: Vector, d: Vector): number {
  const axis = subtract(c, b);
  const first = cross(subtract(b, a), axis);
  const second = cross(axis, subtract(d, c));
  const sine = dot(cross(first, second), axis) / (length(axis) || 1);
  return DEGREES * Math.atan2(sine, dot(first, second));
}

/** What two, three or four points measure; null for other numbers of points. */
export function measure(points: readonly Vector[]): Measurement | null {
  const [a, b, c, d] = points;
  if (a === undefined || b === undefined || points.length > 4) return null;
  if (c === undefined) return { kind: "distance", value: distance(a, b) };
  if (d === undefined) return { kind: "angle", value: angle(a, b, c) };
  return { kind: "dihedral", value: dihedral(a, b, c, d) };
}
