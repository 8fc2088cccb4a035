/** Vectors of three numbers, and quaternions. */

import type { Rotation, Vector } from "../types.ts";

export const add = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (a: Vector, factor: number): Vector => [
  a[0] * factor,
  a[1] * factor,
  a[2] * factor,
];
export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const length = (a: Vector): number => Math.hypot(a[0], a[1], a[2]);
export const distance = (a: Vector, b: Vector): number => length(subtract(a, b));
export const mix = (a: Vector, b: Vector, share: number): Vector =>
  add(a, scale(subtract(b, a), share));
export const isFinite3 = (a: Vector): boolean => a.every(Number.isFinite);

/** A vector of length 1 in the same direction; `fallback` for a vector of length 0. */
export function normalize(a: Vector, fallback: Vector = [0, 0, 1]): Vector {
  const size = length(a);
  return size > 1e-12 ? scale(a, 1 / size) : fallback;
}

export function rotate(q: Rotation, v: Vector): Vector {
  const axis: Vector = [q[0], q[1], q[2]];
  const t = scale(cross(axis, v), 2);
  return add(add(v, scale(t, q[3])), cross(axis, t));
}

export const unrotate = (q: Rotation, v: Vector): Vector => rotate([-q[0], -q[1], -q[2], q[3]], v);

/** A rotation, followed by one about an axis of the screen. The result has length 1. */
export function turn(q: Rotation, axis: Vector, angle: number): Rotation {
  const [x, y, z] = scale(axis, Math.sin(angle / 2));
  const w = Math.cos(angle / 2);
  const product = [
    w * q[0] + x * q[3] + y * q[2] - z * q[1],
    w * q[1] - x * q[2] + y * q[3] + z * q[0],
    w * q[2] + x * q[1] - y * q[0] + z * q[3],
    w * q[3] - x * q[0] - y * q[1] - z * q[2],
  ];
  const size = Math.hypot(...product) || 1;
  const [a = 0, b = 0, c = 0, d = 1] = product.map((each) => each / size);
  return [a, b, c, d];
}
