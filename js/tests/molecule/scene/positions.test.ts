import { expect, it } from "vitest";
import { centroidOf, eachPosition, positionAt } from "../../../src/molecule/scene/positions.ts";
import type { Positions } from "../../../src/molecule/types.ts";
import { positionsOf, row } from "../bodies.ts";

const STEPS: Positions = {
  encoding: "uint16",
  count: 2,
  data: new Uint16Array([1, 2, 3, 65535, 65535, 65535]),
  origin: [10, 20, 30],
  step: [0.5, 0.5, 0.5],
};

it("positions are read in both encodings", () => {
  expect(positionAt(positionsOf(row(3)), 2)).toEqual([2, 0, 0]);
  expect(positionAt(STEPS, 0)).toEqual([10.5, 21, 31.5]);
});

it("an atom may have no position", () => {
  const broken = positionsOf(Float32Array.from([0, Number.NaN, 0]));

  expect([positionAt(STEPS, 1), positionAt(STEPS, 2), positionAt(broken, 0)]).toEqual([
    null,
    null,
    null,
  ]);
  expect(positionAt(null, 0)).toBeNull();
  expect(positionAt(STEPS, -1)).toBeNull();
});

it("atoms without a position are skipped", () => {
  const seen: number[] = [];
  eachPosition(STEPS, 1, (_, index) => seen.push(index));

  expect(seen).toEqual([0]);
  expect(centroidOf(STEPS, [0, 1])).toEqual([10.5, 21, 31.5]);
  expect(centroidOf(STEPS, [1])).toBeNull();
  expect(centroidOf(positionsOf(row(3)), [0, 2])).toEqual([1, 0, 0]);
});
