/** Reading of positions, which are in one of two encodings. */

import type { Positions, Vector } from "../types.ts";

const NO_POSITION = 65535;

/** The position of an atom in nm; null if it has none. */
export function positionAt(positions: Positions | null, index: number): Vector | null {
  if (positions === null || index < 0 || index >= positions.count) return null;
  const { data } = positions;
  const [a, b, c] = [data[3 * index], data[3 * index + 1], data[3 * index + 2]];
  if (a === undefined || b === undefined || c === undefined) return null;
  if (positions.encoding === "float32") {
    return Number.isFinite(a) && Number.isFinite(b) && Number.isFinite(c) ? [a, b, c] : null;
  }
  if (a === NO_POSITION) return null;
  const { origin, step } = positions;
  return [origin[0] + a * step[0], origin[1] + b * step[1], origin[2] + c * step[2]];
}

/** Call `fn` with the positions of every `step`th atom that has one. */
export function eachPosition(
  positions: Positions | null,
  step: number,
  fn: (point: Vector, index: number) => void,
): void {
  for (let index = 0; index < (positions?.count ?? 0); index += step) {
    const point = positionAt(positions, index);
    if (point !== null) fn(point, index);
  }
}

/** The middle of atoms; null if none of them has a position. */
export function centroidOf(positions: Positions | null, atoms: readonly number[]): Vector | null {
  let count = 0;
  const sum: [number, number, number] = [0, 0, 0];
  for (const atom of atoms) {
    const point = positionAt(positions, atom);
    if (point === null) continue;
    count += 1;
    for (const axis of [0, 1, 2] as const) sum[axis] += point[axis];
  }
  return count === 0 ? null : [sum[0] / count, sum[1] / count, sum[2] / count];
}
