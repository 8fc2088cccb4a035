/** The shapes around the molecule: people, interactions, forces, the box and measurements. */

import type { InteractionBody, OverlayBody, PersonBody } from "../../protocol/molecule.ts";
import type { Positions, Shape, Vector } from "../types.ts";
import { centroidOf, positionAt } from "./positions.ts";
import {
  add,
  cross,
  distance,
  isFinite3,
  length,
  mix,
  normalize,
  scale,
  subtract,
} from "./vectors.ts";

/** Sizes of people in meters. */
const HEAD = 0.1;
const VISOR = 0.045;
const HAND = 0.06;
const CURSOR = 0.015;
/** Sizes in nm that do not depend on how large the molecule is among the people. */
const ARROW = 0.014;
const FORCE_LENGTH = 0.6;
const FULL_FORCE = 500;
const MAX_FORCE_ARROWS = 200;
const DASHES = 9;

const VISOR_COLOR: Vector = [0.11, 0.12, 0.14];
const GRAY: Vector = [0.54, 0.56, 0.6];
const FORCE_COLOR: Vector = [0.96, 0.55, 0.15];

/** A color as "#rrggbb"; gray for any other text. */
export function parseColor(text: string): Vector {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (match === null) return GRAY;
  const [, red = "", green = "", blue = ""] = match;
  return [red, green, blue].map((each) => Number.parseInt(each, 16) / 255) as [
    number,
    number,
    number,
  ];
}

const cone = (
  from: Vector,
  fromRadius: number,
  to: Vector,
  toRadius: number,
  color: Vector,
): Shape => ({ from, fromRadius, to, toRadius, color, isLine: false });

const line = (from: Vector, to: Vector, color: Vector): Shape => ({
  from,
  fromRadius: 0,
  to,
  toRadius: 0,
  color,
  isLine: true,
});

/** An arrow from one point to another. */
function arrow(from: Vector, to: Vector, radius: number, color: Vector): readonly Shape[] {
  const size = distance(from, to);
  if (!(size > 1e-4)) return [];
  const head = Math.min(6 * radius, size * 0.5);
  const neck = mix(to, from, head / size);
  const width = Math.min(radius, size / 8);
  return [cone(from, width, neck, width, color), cone(neck, 2.4 * width, to, 0.15 * width, color)];
}

/** Where the head of a person is, for the name; null without a head. */
export function headOf(person: PersonBody): Vector | null {
  return person.parts.find(({ name }) => name === "headset")?.position ?? null;
}

function personShapes(person: PersonBody, meter: number): readonly Shape[] {
  const color = parseColor(person.color);
  const shapes: Shape[] = [];
  for (const { name, position, forward, up } of person.parts) {
    const ahead = forward ?? [0, 0, 1];
    if (name === "headset") {
      shapes.push(cone(position, HEAD * meter, position, HEAD * meter, color));
      const front = add(position, scale(ahead, 0.85 * HEAD * meter));
      const right = normalize(cross(ahead, up ?? [0, 1, 0]), [1, 0, 0]);
      const half = scale(right, 0.6 * HEAD * meter);
      const radius = VISOR * meter;
      shapes.push(cone(subtract(front, half), radius, add(front, half), radius, VISOR_COLOR));
    } else {
      // A hand points forward.
      const tip = add(position, scale(ahead, 0.35 * HAND * meter));
      const end = subtract(position, scale(ahead, HAND * meter));
      shapes.push(cone(tip, 0.22 * HAND * meter, end, 0.4 * HAND * meter, color));
    }
  }
  for (const cursor of person.cursors) {
    shapes.push(cone(cursor, CURSOR * meter, cursor, CURSOR * meter, color));
  }
  const { area } = person;
  if (area !== null) {
    const faint = mix(color, GRAY, 0.4);
    area.forEach((corner, index) => {
      const next = area[(index + 1) % area.length];
      if (next !== undefined) shapes.push(line(corner, next, faint));
    });
  }
  return shapes;
}

export function peopleShapes(overlay: OverlayBody): readonly Shape[] {
  return overlay.people.flatMap((person) => personShapes(person, overlay.meter));
}

/** What an interaction pulls to: the hand of its owner, or its position. */
export function pullOrigin(interaction: InteractionBody): Vector {
  return interaction.hand ?? interaction.position;
}

/** Arrows from the atoms to what pulls them; those of this client have the color `own`. */
export function interactionShapes(
  overlay: OverlayBody,
  positions: Positions | null,
  own: Vector,
): readonly Shape[] {
  return overlay.interactions.flatMap((interaction) => {
    const atoms = centroidOf(positions, interaction.atoms);
    if (atoms === null) return [];
    const color = interaction.is_own ? own : parseColor(interaction.color);
    const origin = pullOrigin(interaction);
    const radius = ARROW;
    const marker = cone(origin, 2.2 * radius, origin, 2.2 * radius, color);
    return [marker, ...arrow(atoms, origin, radius, color)];
  });
}

/** Arrows at the atoms that users pull, longer for a larger force. */
export function forceShapes(
  indices: Uint32Array,
  vectors: Float32Array,
  positions: Positions | null,
): readonly Shape[] {
  const shapes: Shape[] = [];
  for (let i = 0; i < Math.min(indices.length, MAX_FORCE_ARROWS); i += 1) {
    const at = positionAt(positions, indices[i] ?? -1);
    const force: Vector = [vectors[3 * i] ?? 0, vectors[3 * i + 1] ?? 0, vectors[3 * i + 2] ?? 0];
    if (at === null || !isFinite3(force)) continue;
    const strength = length(force);
    const size = FORCE_LENGTH * Math.min(1, Math.sqrt(strength / FULL_FORCE));
    shapes.push(...arrow(at, add(at, scale(normalize(force), size)), 0.6 * ARROW, FORCE_COLOR));
  }
  return shapes;
}

/** The edges of a box, given by three vectors. */
export function boxShapes(box: readonly number[], isDark: boolean): readonly Shape[] {
  const vectors = [0, 3, 6].map((i): Vector => [box[i] ?? 0, box[i + 1] ?? 0, box[i + 2] ?? 0]);
  const color: Vector = isDark ? [0.42, 0.44, 0.48] : [0.62, 0.64, 0.68];
  const corner = (bits: number) =>
    vectors.reduce<Vector>(
      (sum, vector, axis) => ((bits >> axis) & 1 ? add(sum, vector) : sum),
      [0, 0, 0],
    );
  const shapes: Shape[] = [];
  for (let bits = 0; bits < 8; bits += 1) {
    for (const axis of [1, 2, 4]) {
      if ((bits & axis) === 0) shapes.push(line(corner(bits), corner(bits | axis), color));
    }
  }
  return shapes;
}

/** Dashed lines between consecutive points. */
export function measureShapes(points: readonly Vector[], color: Vector): readonly Shape[] {
  const radius = 0.008;
  return points.slice(1).flatMap((to, index) => {
    const from = points[index] ?? to;
    return Array.from({ length: DASHES }, (_, k) => {
      const start = (2 * k + 0.5) / (2 * DASHES);
      const a = mix(from, to, start);
      return cone(a, radius, mix(from, to, start + 0.5 / DASHES), radius, color);
    });
  });
}
