import { describe, expect, it } from "vitest";
import * as camera from "../../../src/molecule/scene/camera.ts";
import { distance, length } from "../../../src/molecule/scene/vectors.ts";
import type { Camera, Vector } from "../../../src/molecule/types.ts";
import { positionsOf, row } from "../bodies.ts";

const SIZE = { width: 400, height: 300 };
const LOOKING: Camera = { target: [1, 2, 3], rotation: [0, 0, 0, 1], height: 4 };
const projected = (from: Camera, point: Vector) =>
  camera.project(from, point, SIZE.width, SIZE.height);

describe("the projection", () => {
  it("has the target in the middle, and its height fits into the view", () => {
    expect(projected(LOOKING, [1, 2, 3])).toMatchObject({ x: 200, y: 150, visible: true });
    expect(projected(LOOKING, [1, 4, 3]).y).toBeCloseTo(0);
    expect(projected(LOOKING, [1, 2, 30]).visible).toBe(false);
  });

  it("is undone in the plane of a point", () => {
    const turned = camera.orbit(camera.orbit(LOOKING, 40, 10, 300), 5, -70, 300);
    const point: Vector = [1.4, 1.1, 3.7];
    const { x, y } = projected(turned, point);

    expect(distance(camera.unproject(turned, x, y, SIZE, point), point)).toBeLessThan(1e-9);
    const moved = camera.unproject(turned, x + 10, y, SIZE, point);
    expect(projected(turned, moved).x).toBeCloseTo(x + 10);
  });
});

describe("gestures", () => {
  it("turn without changing the size of the rotation", () => {
    let turned = LOOKING;
    for (let i = 0; i < 500; i += 1) turned = camera.orbit(turned, 13, -7, 300);

    expect(Math.hypot(...turned.rotation)).toBeCloseTo(1);
    expect(turned.target).toEqual(LOOKING.target);
  });

  it("move what is under the pointer with it", () => {
    const panned = camera.pan(LOOKING, 30, -12, SIZE.height);
    const { x, y } = projected(panned, [1, 2, 3]);

    expect([x, y]).toEqual([expect.closeTo(230), expect.closeTo(138)]);
  });

  it("zoom within limits", () => {
    expect(camera.zoom(LOOKING, 0.5).height).toBe(2);
    expect(camera.zoom(LOOKING, 1e-9).height).toBeGreaterThan(0);
    expect(camera.zoom(LOOKING, 1e12).height).toBeLessThan(1e9);
  });
});

describe("fitting", () => {
  it("shows all atoms with the longest axis horizontal", () => {
    const data = row(10).map((each, i) =>
      i % 3 === 0 ? 0 : i % 3 === 1 ? Math.floor(i / 3) : each,
    );
    const fitted = camera.fitCamera(positionsOf(Float32Array.from(data)), 4 / 3);
    const ends = [projected(fitted, [0, 0, 0]), projected(fitted, [0, 9, 0])];

    expect(Math.abs((ends[0]?.y ?? 0) - (ends[1]?.y ?? 0))).toBeLessThan(1);
    expect(Math.abs((ends[0]?.x ?? 0) - (ends[1]?.x ?? 0))).toBeGreaterThan(250);
    for (const { x } of ends) expect(x > 0 && x < SIZE.width).toBe(true);
  });

  it("keeps the y axis vertical among people", () => {
    const fitted = camera.fitCamera(positionsOf(row(10)), 4 / 3, null, true);
    const low = projected(fitted, fitted.target);
    const [x, y, z] = fitted.target;
    const high = projected(fitted, [x, y + 1, z]);

    expect(high.x).toBeCloseTo(low.x);
    expect(high.y).toBeLessThan(low.y);
  });

  it.each([
    ["no atoms", new Float32Array()],
    ["one atom", row(1)],
    ["two atoms at one place", new Float32Array(6)],
    ["no finite position", new Float32Array(6).fill(Number.NaN)],
    ["an atom at infinity", Float32Array.from([0, 0, 0, Number.POSITIVE_INFINITY, 0, 0])],
  ])("is finite for %s", (_, data) => {
    const fitted = camera.fitCamera(positionsOf(data), 1.5);

    expect([...fitted.target, ...fitted.rotation, fitted.height].every(Number.isFinite)).toBe(true);
    expect(fitted.height).toBeGreaterThan(0);
    expect(Math.hypot(...fitted.rotation)).toBeCloseTo(1);
  });

  it("keeps a rotation that is given", () => {
    const rotation = [0, 1, 0, 0] as const;

    expect(camera.fitCamera(positionsOf(row(4)), 1, rotation).rotation).toEqual(rotation);
  });
});

it("goes from one camera to another", () => {
  const to = camera.orbit({ target: [0, 0, 0], rotation: [0, 0, 0, 1], height: 1 }, 100, 50, 300);

  expect(camera.interpolate(LOOKING, to, 0)).toEqual(LOOKING);
  const end = camera.interpolate(LOOKING, to, 1);
  expect(length(end.target)).toBeCloseTo(0);
  expect(end.height).toBeCloseTo(1);
  expect(camera.interpolate(LOOKING, to, 0.5).height).toBeCloseTo(2);
});
