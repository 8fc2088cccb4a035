import { describe, expect, it } from "vitest";
import { measure } from "../../../src/molecule/data/measure.ts";
import type { Vector } from "../../../src/molecule/types.ts";

const O: Vector = [0, 0, 0];
const X: Vector = [1, 0, 0];
const Y: Vector = [0, 1, 0];

describe("a measurement", () => {
  it("is the distance of two points", () => {
    expect(measure([O, [3, 4, 0]])).toEqual({ kind: "distance", value: 5 });
  });

  it("is the angle at the second of three points", () => {
    expect(measure([X, O, Y])?.value).toBeCloseTo(90);
    expect(measure([X, O, X])?.value).toBeCloseTo(0);
    expect(measure([X, O, [-2, 0, 0]])?.value).toBeCloseTo(180);
  });

  it.each([
    [[0, 1, 1], 0],
    [[0, -1, 1], 180],
    [[1, 0, 1], -90],
    [[-1, 0, 1], 90],
  ] as const)("is the dihedral angle of four points: %s", (last, value) => {
    expect(Math.abs(measure([Y, O, [0, 0, 1], last])?.value ?? 0)).toBeCloseTo(Math.abs(value));
    const sign = Math.sign(measure([Y, O, [0, 0, 1], last])?.value ?? 0);
    if (Math.abs(value) === 90) expect(sign).toBe(Math.sign(value));
  });

  it("needs two to four points, which may be the same", () => {
    expect(measure([O])).toBeNull();
    expect(measure([O, X, Y, O, X])).toBeNull();
    expect(measure([O, O, O])?.value).toBeTypeOf("number");
    expect(Number.isFinite(measure([O, O, O, O])?.value)).toBe(true);
  });
});
