/** Describe the values of well-known NanoVer keys; other values are shown as they are. */

import type { PageValue } from "../../protocol/common.ts";
import { count, plural } from "../../text/format.ts";
import { glance, open, preview } from "../../values/page_value.ts";
import type { ValuePath } from "../../values/value_path.ts";

export interface KeyDescription {
  readonly text: string;
  /** A color in the value, as `rgb(…)`. */
  readonly swatch: string | null;
}

/** Seconds without a change after which a client's presence counts as stale. */
export const STALE_AFTER = 5;

/** Prefix of the counters that clients use as heartbeats. */
export const HEARTBEATS = "update.index";

/** Return whether a client updates this key continuously while it is connected. */
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

/** Return a color as `rgb(…)`. Contains only numbers, so it is safe in a style sheet. */
function swatchOf(value: PageValue | undefined): string | null {
  const [red, green, blue] = numbersOf(value) ?? [];
  if (red === undefined || green === undefined || blue === undefined) return null;
  const part = (share: number) => Math.round(Math.min(1, Math.max(0, share)) * 255);
  return `rgb(${part(red)}, ${part(green)}, ${part(blue)})`;
}

const two = (number: number): string => number.toFixed(2).replace("-", "−");

const at = (position: readonly number[]): string => `at ${position.map(two).join(" ")}`;

/** Return the angle of a quaternion (x, y, z, w) in degrees. */
function angleText(quaternion: readonly number[]): string | null {
  const [x, y, z, w] = quaternion;
  if (x === undefined || y === undefined || z === undefined || w === undefined) return null;
  const length = Math.hypot(x, y, z, w);
  if (!(length > 0)) return null;
  const degrees = (2 * Math.acos(Math.min(1, Math.abs(w) / length)) * 180) / Math.PI;
  return `${Math.round(degrees)}°`;
}

const joinParts = (...parts: readonly (string | null)[]): string =>
  parts.filter((part) => part !== null).join(" · ");

/** Describe ten numbers: a position, a quaternion and a scale. */
function transformText(value: PageValue): string | null {
  const numbers = numbersOf(value);
  if (numbers === null || numbers.length !== 10) return null;
  const [x = 0, y = 0, z = 0] = numbers.slice(7);
  const scale = x === y && y === z ? two(x) : [x, y, z].map(two).join(" ");
  return joinParts(at(numbers.slice(0, 3)), angleText(numbers.slice(3, 7)), `×${scale}`);
}

function avatar(value: PageValue): KeyDescription | null {
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

/** Describe the atoms of a selection; without ids it contains all atoms. */
function atomsOf(selected: PageValue): string | null {
  const opened = open(selected);
  // NanoVer's notebook utilities write a plain list.
  if (opened.kind === "list") return plural(opened.length, "atom");
  if (opened.kind !== "object") return null;
  const ids = fieldsOf(selected).get("particle_ids") ?? null;
  if (ids === null) return "all atoms";
  const atoms = lengthOf(ids);
  return atoms === null ? null : plural(atoms, "atom");
}

function selection(value: PageValue): string | null {
  const fields = fieldsOf(value);
  const selected = fields.get("selected");
  const atoms = selected === undefined ? null : atomsOf(selected);
  return atoms === null ? null : joinParts(textOf(fields.get("name")), atoms);
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

function positionIn(fields: ReadonlyMap<string, PageValue>): string | null {
  const position = numbersOf(fields.get("position"));
  return position?.length === 3 ? at(position) : null;
}

const rotationIn = (fields: ReadonlyMap<string, PageValue>): string | null =>
  angleText(numbersOf(fields.get("rotation")) ?? []);

function userOrigin(value: PageValue): string | null {
  const fields = fieldsOf(value);
  const position = positionIn(fields);
  return position === null ? null : joinParts(position, rotationIn(fields));
}

/** Return the first characters of a text. */
const shortText = (value: PageValue | undefined): string | null =>
  // Remove half of a surrogate pair at the end.
  textOf(value)
    ?.slice(0, 40)
    .replace(/[\ud800-\udbff]$/, "") ?? null;

function parentIn(fields: ReadonlyMap<string, PageValue>): string | null {
  const parent = shortText(fields.get("parent"));
  return parent === null ? null : `in ${parent}`;
}

/** Describe a VR controller and its pressed buttons. */
function cursor(value: PageValue, key: string): string | null {
  const fields = fieldsOf(value);
  const position = positionIn(fields);
  if (position === null) return null;
  const hand = /\.(left|right)$/.exec(key)?.[1];
  const held = open(fields.get("heldbuttons") ?? null);
  const names = held.kind === "list" ? held.items.slice(0, 3).map(shortText) : [];
  const buttons = names.filter((name) => name !== null).join(", ");
  return joinParts(
    hand === undefined ? "cursor" : `${hand} hand`,
    position,
    rotationIn(fields),
    buttons === "" ? null : `holds ${buttons}`,
  );
}

function transform(value: PageValue): string | null {
  const fields = fieldsOf(value);
  const place = transformText(fields.get("transform") ?? null);
  if (place === null) return null;
  const parent = parentIn(fields);
  return parent === null ? `placed ${place}` : `placed ${parent} · ${place}`;
}

/** Describe an object in the scene other than the molecule; its kind is in the key. */
function sceneObject(value: PageValue, key: string): string | null {
  const fields = fieldsOf(value);
  const withPosition = (what: string) => joinParts(what, positionIn(fields), parentIn(fields));
  switch (key.split(".")[1]) {
    case "shape": {
      const shape = shortText(fields.get("shape"));
      return shape === null ? null : withPosition(shape);
    }
    case "line": {
      const points = lengthOf(fields.get("positions"));
      return points === null
        ? null
        : joinParts(`line through ${plural(points, "point")}`, parentIn(fields));
    }
    case "label": {
      const text = shortText(fields.get("text"));
      return text === null ? null : withPosition(`label ${JSON.stringify(text)}`);
    }
    case "sprite":
      return textOf(fields.get("texture")) === null ? null : withPosition("picture");
    default:
      return null;
  }
}

/** Describe a handle to grab an object, and the actions it allows. */
function handle(value: PageValue): string | null {
  const fields = fieldsOf(value);
  const parent = shortText(fields.get("parent"));
  if (parent === null) return null;
  const actions = [
    ["translate", "moves"],
    ["rotate", "turns"],
    ["scale", "scales"],
  ] as const;
  const able = actions.filter(([field]) => fields.get(field) === true).map(([, does]) => does);
  return joinParts(`handle of ${parent}`, able.length === 0 ? null : able.join(", "));
}

/** Describe a VR panel with buttons and sliders. */
function panel(value: PageValue): string | null {
  const fields = fieldsOf(value);
  const elements = open(fields.get("elements") ?? null);
  if (elements.kind !== "list") return null;
  const types = elements.items.map((element) => fieldsOf(element).get("type"));
  const counts = ["button", "slider"].flatMap((type) => {
    const found = types.filter((each) => each === type).length;
    return found === 0 ? [] : [plural(found, type)];
  });
  const label = shortText(fields.get("label"));
  return joinParts(
    label === null ? "panel" : `panel ${label}`,
    counts.length === 0 ? null : counts.join(", "),
  );
}

/** Describe the last checkpoint of a recording, counted from 0. */
const mark = (value: PageValue, key: string): string | null =>
  key === "mark.checkpoint" && typeof value === "number" ? `checkpoint ${count(value)}` : null;

function suggestion(value: PageValue, key: string): string {
  if (key === "suggested.avatars.hidden" && typeof value === "boolean") {
    return value ? "suggests hiding the avatars" : "suggests showing the avatars";
  }
  return `suggests ${preview(value, 80)}`;
}

/** Describe a play area by its side lengths; its corners are in meters. */
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

const CLAIM_STATES = [
  ["held", "holds"],
  ["asking", "asks for"],
  ["waiting", "waits for"],
] as const;

/** Describe the locks of a client, as other clients see them, and the counter of its renewals. */
function locks(value: PageValue): string | null {
  if (typeof value === "number") return heartbeat(value);
  const fields = fieldsOf(value);
  const claims = [...fieldsOf(fields.get("claims") ?? null)];
  const parts = CLAIM_STATES.flatMap(([state, does]) => {
    const keys = claims.filter(([, claim]) => fieldsOf(claim).get("state") === state);
    const names = keys.slice(0, 2).map(([key]) => shortText(key));
    const more = keys.length > names.length ? ` and ${count(keys.length - names.length)} more` : "";
    return names.length === 0 ? [] : [`${does} ${names.join(", ")}${more}`];
  });
  return parts.length === 0 ? null : joinParts(shortText(fields.get("name")), ...parts);
}

type Reader = (value: PageValue, key: string) => string | null;

const READERS: readonly (readonly [prefix: string, read: Reader])[] = [
  ["suggested.", suggestion],
  ["selection.", selection],
  ["interaction.", interaction],
  ["user-origin.", userOrigin],
  ["playarea.", playArea],
  ["play-area.", playArea],
  [`${HEARTBEATS}.`, heartbeat],
  ["cursor.", cursor],
  ["transform.", transform],
  ["object.", sceneObject],
  ["handle.", handle],
  ["panel.", panel],
  ["mark.", mark],
  ["lock.", locks],
];

/** Return the description of a well-known key; null for other keys. */
export function describeKey(key: string, value: PageValue): KeyDescription | null {
  if (isPresence(key)) return avatar(value);
  const [, read] = READERS.find(([prefix]) => key.startsWith(prefix)) ?? [];
  const text = key === "scene" ? transformText(value) : (read?.(value, key) ?? null);
  if (text === null) return null;
  const swatch = key.startsWith("object.") ? swatchOf(fieldsOf(value).get("color")) : null;
  return { text, swatch };
}

const TRANSFORM_PARTS = [
  ...["x", "y", "z"].map((axis) => `position ${axis}`),
  ...["x", "y", "z", "w"].map((axis) => `rotation ${axis}`),
  ...["x", "y", "z"].map((axis) => `scale ${axis}`),
] as const;

/** Return the name of a number in a transform; null for other values. */
export function partName(key: string, path: ValuePath): string | null {
  const inTransform =
    key.startsWith("transform.") && path[0] === "transform" ? path.slice(1) : path;
  const isTransform = key === "scene" || inTransform !== path;
  const [index] = inTransform;
  if (!isTransform || inTransform.length !== 1 || typeof index !== "number") return null;
  return TRANSFORM_PARTS[index] ?? null;
}

/** Describe a collapsed branch by its first keys. */
export function describeBranch(
  entries: readonly { readonly key: string; readonly value: PageValue }[],
  total: number,
): string {
  const parts = entries.map(
    ({ key, value }) => describeKey(key, value)?.text.replace(" · ", " ") ?? preview(value, 24),
  );
  const rest = total - entries.length;
  if (parts.length === 0) return "";
  return rest > 0 ? `${parts.join(", ")}, … ${count(rest)} more` : parts.join(", ");
}
