/** Keys whose meaning NanoVer's clients agree on, in words. What does not fit is shown plainly. */

import { glance, open, preview } from "../shared/page_value.ts";
import type { PageValue } from "../shared/protocol.ts";
import { count, plural } from "../shared/words.ts";
import type { ValuePath } from "./rows.ts";

export interface KnownText {
  readonly text: string;
  /** A colour of the value itself, as `rgb(…)`. */
  readonly swatch: string | null;
}

/** Seconds without a change after which somebody's headset is taken for put away. */
export const STALE_AFTER = 5;

/** Counters that say no more than that their client is there. */
export const HEARTBEATS = "update.index";

/** Keys of which every client that is there changes its own all the time. */
export const isPresence = (key: string): boolean => key.startsWith("avatar.");

function fieldsOf(value: PageValue): ReadonlyMap<string, PageValue> {
  const opened = open(value);
  return new Map(opened.kind === "object" ? opened.fields : []);
}

function numbersOf(value: PageValue | undefined): readonly number[] | null {
  if (value === undefined) return null;
  const opened = open(value);
  if (opened.kind !== "list" || opened.items.length !== opened.length) return null;
  const numbers = opened.items.filter((item): item is number => typeof item === "number");
  return numbers.length === opened.length ? numbers : null;
}

const textOf = (value: PageValue | undefined): string | null =>
  typeof value === "string" && value.trim() !== "" ? value : null;

function lengthOf(value: PageValue | undefined): number | null {
  if (value === undefined) return null;
  const opened = open(value);
  return opened.kind === "list" ? opened.length : null;
}

/** Only numbers reach the style sheet, so a colour can carry nothing else. */
function swatchOf(value: PageValue | undefined): string | null {
  const [red, green, blue] = numbersOf(value) ?? [];
  if (red === undefined || green === undefined || blue === undefined) return null;
  const part = (share: number) => Math.round(Math.min(1, Math.max(0, share)) * 255);
  return `rgb(${part(red)}, ${part(green)}, ${part(blue)})`;
}

const two = (number: number): string => number.toFixed(2).replace("-", "−");

const at = (position: readonly number[]): string => `at ${position.map(two).join(" ")}`;

/** The angle of a rotation given as x, y, z, w, in whole degrees. */
function turned(quaternion: readonly number[]): string | null {
  const [x, y, z, w] = quaternion;
  if (x === undefined || y === undefined || z === undefined || w === undefined) return null;
  const length = Math.hypot(x, y, z, w);
  if (!(length > 0)) return null;
  const degrees = (2 * Math.acos(Math.min(1, Math.abs(w) / length)) * 180) / Math.PI;
  return `${Math.round(degrees)}°`;
}

const together = (...parts: readonly (string | null)[]): string =>
  parts.filter((part) => part !== null).join(" · ");

function scene(value: PageValue): string | null {
  const numbers = numbersOf(value);
  if (numbers === null || numbers.length !== 10) return null;
  const [x = 0, y = 0, z = 0] = numbers.slice(7);
  const scale = x === y && y === z ? two(x) : [x, y, z].map(two).join(" ");
  return together(at(numbers.slice(0, 3)), turned(numbers.slice(3, 7)), `×${scale}`);
}

function avatar(value: PageValue): KnownText | null {
  const fields = fieldsOf(value);
  const name = textOf(fields.get("name"));
  const components = fields.get("components");
  if (name === null || components === undefined) return null;
  const opened = open(components);
  const names =
    opened.kind === "list" ? opened.items.map((item) => fieldsOf(item).get("name")) : [];
  const hands = names.filter((part) => typeof part === "string" && part.startsWith("hand")).length;
  const parts = [
    names.includes("headset") ? "headset" : "",
    hands > 0 ? plural(hands, "hand") : "",
  ].filter((part) => part !== "");
  const body = parts.length === 0 ? "" : ` · ${parts.join(", ")}`;
  return { text: `${name}${body}`, swatch: swatchOf(fields.get("color")) };
}

function selection(value: PageValue): string | null {
  const fields = fieldsOf(value);
  const name = textOf(fields.get("name"));
  const selected = fields.get("selected");
  if (name === null || selected === undefined) return null;
  const atoms = lengthOf(fieldsOf(selected).get("particle_ids"));
  return atoms === null ? `${name} · all atoms` : `${name} · ${plural(atoms, "atom")}`;
}

function interaction(value: PageValue): string | null {
  const fields = fieldsOf(value);
  const type = textOf(fields.get("interaction_type"));
  const atoms = lengthOf(fields.get("particles"));
  if (type === null || atoms === null) return null;
  const scale = fields.get("scale");
  const force = typeof scale === "number" ? ` ×${glance(String(scale))}` : "";
  return `${type}${force} on ${plural(atoms, "atom")}`;
}

function userOrigin(value: PageValue): string | null {
  const fields = fieldsOf(value);
  const position = numbersOf(fields.get("position"));
  if (position?.length !== 3) return null;
  return together(at(position), turned(numbersOf(fields.get("rotation")) ?? []));
}

/** Four corners on the floor, in metres: the sides say more than the corners. */
function playArea(value: PageValue): string | null {
  const fields = fieldsOf(value);
  const corners = ["A", "B", "C", "D"].map((name) => numbersOf(fields.get(name)));
  const [a, b, , d] = corners;
  if (corners.some((corner) => corner?.length !== 3) || !a || !b || !d) return null;
  const side = (from: readonly number[], to: readonly number[]) =>
    Math.hypot(...from.map((part, index) => part - (to[index] ?? 0)));
  return `${side(a, b).toFixed(1)} m by ${side(a, d).toFixed(1)} m`;
}

const heartbeat = (value: PageValue): string | null =>
  typeof value === "number" ? `beat ${count(value)}` : null;

const READERS: readonly (readonly [prefix: string, read: (value: PageValue) => string | null])[] = [
  ["selection.", selection],
  ["interaction.", interaction],
  ["user-origin.", userOrigin],
  ["playarea.", playArea],
  ["play-area.", playArea],
  [`${HEARTBEATS}.`, heartbeat],
];

const plain = (text: string | null): KnownText | null =>
  text === null ? null : { text, swatch: null };

/** A sentence about a known key, or null. */
export function describeKnown(key: string, value: PageValue): KnownText | null {
  if (key === "scene") return plain(scene(value));
  if (isPresence(key)) return avatar(value);
  if (key.startsWith("suggested.")) return plain(`suggests ${preview(value, 80)}`);
  const [, read] = READERS.find(([prefix]) => key.startsWith(prefix)) ?? [];
  return read === undefined ? null : plain(read(value));
}

const SCENE_PARTS = [
  ...["x", "y", "z"].map((axis) => `position ${axis}`),
  ...["x", "y", "z", "w"].map((axis) => `rotation ${axis}`),
  ...["x", "y", "z"].map((axis) => `scale ${axis}`),
] as const;

/** What a part of a known key's value is called, where a number alone says little. */
export function partName(key: string, path: ValuePath): string | null {
  const [index] = path;
  if (key !== "scene" || path.length !== 1 || typeof index !== "number") return null;
  return SCENE_PARTS[index] ?? null;
}

/** What a closed branch holds: its first keys in a few words. */
export function describeBranch(
  entries: readonly { readonly key: string; readonly value: PageValue }[],
  total: number,
): string {
  const parts = entries.map(
    ({ key, value }) => describeKnown(key, value)?.text.replace(" · ", " ") ?? preview(value, 24),
  );
  const rest = total - entries.length;
  if (parts.length === 0) return "";
  return rest > 0 ? `${parts.join(", ")}, … ${count(rest)} more` : parts.join(", ");
}
