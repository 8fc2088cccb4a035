import { describe, expect, it } from "vitest";
import * as shapes from "../../../src/molecule/scene/shapes.ts";
import type { Shape } from "../../../src/molecule/types.ts";
import type { InteractionBody, OverlayBody, PersonBody } from "../../../src/protocol/molecule.ts";
import { positionsOf, row } from "../bodies.ts";

const ANNA: PersonBody = {
  id: "anna",
  name: "Anna",
  color: "#00ff00",
  parts: [
    { name: "headset", position: [0, 2, 0], forward: [0, 0, -1], up: [0, 1, 0] },
    { name: "hand.left", position: [1, 1, 0], forward: null, up: null },
  ],
  area: [
    [0, 0, 0],
    [1, 0, 0],
    [1, 0, 1],
    [0, 0, 1],
  ],
  cursors: [[0, 1, 0]],
};
const PULL: InteractionBody = {
  key: "interaction.1",
  person: "Anna",
  color: "#00ff00",
  is_own: false,
  kind: "spring",
  scale: 100,
  position: [0, 3, 0],
  hand: null,
  atoms: [0, 1],
  count: 2,
};
const overlay = (change: Partial<OverlayBody> = {}): OverlayBody => ({
  meter: 4,
  people: [],
  interactions: [],
  ...change,
});
const hasFiniteNumbers = (each: Shape) =>
  [...each.from, ...each.to, each.fromRadius, each.toRadius, ...each.color].every(Number.isFinite);

describe("people", () => {
  it("have a head with a visor, hands, cursors and an area", () => {
    const made = shapes.peopleShapes(overlay({ people: [ANNA] }));

    expect(made.every(hasFiniteNumbers)).toBe(true);
    expect(made.filter(({ isLine }) => isLine)).toHaveLength(4);
    expect(made.filter(({ color }) => color[1] === 1)).toHaveLength(3);
    expect(shapes.headOf(ANNA)).toEqual([0, 2, 0]);
    expect(shapes.headOf({ ...ANNA, parts: [] })).toBeNull();
  });

  it.each(["", "red", "#00f", "url(x)", "#gggggg"])("are gray for the color %j", (color) => {
    expect(shapes.parseColor(color)).toEqual([0.54, 0.56, 0.6]);
  });
});

describe("interactions", () => {
  const positions = positionsOf(row(2));
  const made = (pull: Partial<InteractionBody>, known = positions) =>
    shapes.interactionShapes(overlay({ interactions: [{ ...PULL, ...pull }] }), known, [1, 0, 0]);

  it("are arrows from the middle of the atoms to the hand", () => {
    const [marker, shaft, head] = made({ hand: [0.5, 4, 0] });

    expect(marker?.from).toEqual([0.5, 4, 0]);
    expect(shaft?.from).toEqual([0.5, 0, 0]);
    expect(head?.to).toEqual([0.5, 4, 0]);
    expect(head?.toRadius).toBeLessThan(head?.fromRadius ?? 0);
  });

  it("have the color of their owner, or that of the page", () => {
    expect(made({})[0]?.color).toEqual([0, 1, 0]);
    expect(made({ is_own: true })[0]?.color).toEqual([1, 0, 0]);
  });

  it("are left out without positions, and only marked without a length", () => {
    expect(made({ atoms: [7] })).toEqual([]);
    expect(made({ position: [0.5, 0, 0] })).toHaveLength(1);
  });
});

describe("forces", () => {
  it("are arrows of limited length and number", () => {
    const positions = positionsOf(row(300));
    const atoms = Uint32Array.from({ length: 300 }, (_, i) => i);
    const forces = new Float32Array(900).fill(1e30);
    const made = shapes.forceShapes(atoms, forces, positions);

    expect(made.every(hasFiniteNumbers)).toBe(true);
    expect(made.length).toBeLessThan(500);
    expect(Math.hypot(...(made[1]?.to ?? []))).toBeLessThan(1);
  });

  it("are left out if they are not finite, or of no atom", () => {
    const forces = Float32Array.from([Number.NaN, 0, 0, 1, 0, 0]);

    expect(shapes.forceShapes(Uint32Array.from([0, 9]), forces, positionsOf(row(2)))).toEqual([]);
  });
});

it("a box has twelve edges", () => {
  const made = shapes.boxShapes([1, 0, 0, 0, 2, 0, 0, 0, 3], false);

  expect(made).toHaveLength(12);
  expect(new Set(made.map(({ from, to }) => `${from} ${to}`)).size).toBe(12);
});

it("measurements are dashed", () => {
  expect(shapes.measureShapes([[0, 0, 0]], [0, 0, 0])).toEqual([]);
  expect(
    shapes.measureShapes(
      [
        [0, 0, 0],
        [1, 0, 0],
      ],
      [0, 0, 0],
    ).length,
  ).toBeGreaterThan(5);
});
