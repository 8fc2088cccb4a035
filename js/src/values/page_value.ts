/** Read and write values in page form (widgets/sync/value_encoding.py). Only this module uses `$nvj`. */

import type { PageRecord, PageValue } from "../protocol/common.ts";
import { count, plural, size } from "../text/format.ts";
import { NON_FINITE } from "./non_finite.ts";

const MARK = "$nvj";

/** A value decoded by one level. It is truncated if it holds less than `length`. */
export type Opened =
  | { readonly kind: "null" }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "number"; readonly text: string }
  | {
      readonly kind: "text";
      readonly text: string;
      readonly length: number;
      readonly bytes: number;
    }
  | { readonly kind: "bytes"; readonly hex: string; readonly length: number }
  | {
      readonly kind: "list";
      readonly items: readonly PageValue[];
      readonly length: number;
      readonly bytes: number;
    }
  | {
      readonly kind: "object";
      readonly fields: readonly (readonly [name: string, value: PageValue])[];
      readonly length: number;
      readonly bytes: number;
    };

const isList = (value: PageValue): value is readonly PageValue[] => Array.isArray(value);
const isObject = (value: PageValue | undefined): value is PageRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const list = (items: readonly PageValue[], length = items.length, bytes = 0): Opened => ({
  kind: "list",
  items,
  length,
  bytes,
});

function object(record: PageRecord, length?: number, bytes = 0): Opened {
  const fields = Object.entries(record);
  return { kind: "object", fields, length: length ?? fields.length, bytes };
}

const SPECIAL = new Map(NON_FINITE.map(({ mark, json }) => [mark, json]));

function openMarked(record: PageRecord): Opened | null {
  const mark = record[MARK];
  if (typeof mark !== "string") return null;
  const special = SPECIAL.get(mark);
  if (special !== undefined) return { kind: "number", text: special };
  const { text, length, hex, value, kind, bytes, head } = record;
  if ((mark === "int" || mark === "float") && typeof text === "string")
    return { kind: "number", text };
  if (mark === "esc" && isObject(value)) return object(value);
  if (typeof length !== "number") return null;
  if (mark === "bytes" && typeof hex === "string") return { kind: "bytes", hex, length };
  if (mark !== "cut" || head === undefined) return null;
  const totalBytes = typeof bytes === "number" ? bytes : 0;
  if (kind === "string" && typeof head === "string") {
    // Python counts code points, JavaScript counts UTF-16 units.
    const rest = Math.max(0, length - [...head].length);
    return { kind: "text", text: head, length: head.length + rest, bytes: totalBytes };
  }
  if (kind === "list" && isList(head)) return list(head, length, totalBytes);
  if (kind === "object" && isObject(head)) {
    const inner = head[MARK] === "esc" && isObject(head.value) ? head.value : head;
    return object(inner, length, totalBytes);
  }
  return null;
}

export function open(value: PageValue): Opened {
  if (value === null) return { kind: "null" };
  if (typeof value === "boolean") return { kind: "boolean", value };
  if (typeof value === "number") return { kind: "number", text: numberText(value) };
  if (typeof value === "string") {
    return { kind: "text", text: value, length: value.length, bytes: 0 };
  }
  if (isList(value)) return list(value);
  // An object with an unknown mark is shown as is.
  return (MARK in value ? openMarked(value) : null) ?? object(value);
}

/** Return the kind of a value; faster than `open`. */
export function kindOf(value: PageValue): Opened["kind"] {
  if (value === null) return "null";
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "string") return "text";
  if (isList(value)) return "list";
  return isPlain(value) ? "object" : open(value).kind;
}

/** Return whether the value is an object without a mark. */
export const isPlain = (value: PageValue): value is PageRecord =>
  isObject(value) && !(MARK in value);

const numberText = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

/** Return how many items, fields, characters or bytes are missing. */
export function missing(opened: Opened): number {
  switch (opened.kind) {
    case "list":
      return opened.length - opened.items.length;
    case "object":
      return opened.length - opened.fields.length;
    case "text":
      return opened.length - opened.text.length;
    case "bytes":
      return opened.length - opened.hex.replace(/…$/, "").length / 2;
    case "null":
    case "boolean":
    case "number":
      return 0;
  }
}

/** Return whether any part of the value was truncated. */
export function isCut(value: PageValue): boolean {
  if (typeof value !== "object" || value === null) return false;
  const opened = open(value);
  if (opened.kind === "bytes") return missing(opened) > 0;
  if (missing(opened) > 0) return true;
  if (opened.kind === "list") return opened.items.some(isCut);
  return opened.kind === "object" && opened.fields.some(([, inner]) => isCut(inner));
}

/** Return whether two values are equal in page form. Truncated parts may still differ. */
export function isSameValue(a: PageValue, b: PageValue): boolean {
  if (Object.is(a, b)) return true;
  if (isList(a)) {
    return (
      isList(b) &&
      a.length === b.length &&
      a.every((item, index) => isSameValue(item, b[index] ?? null))
    );
  }
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSameValue(a[name] ?? null, b[name] ?? null))
  );
}

/** Describe a type: "object · 5 fields", "list · 100 000 items, 1.9 MB". */
export function typeName(opened: Opened): string {
  const bytesText = "bytes" in opened && opened.bytes > 0 ? `, ${size(opened.bytes)}` : "";
  switch (opened.kind) {
    case "list":
      return `list · ${plural(opened.length, "item")}${bytesText}`;
    case "object":
      return `object · ${plural(opened.length, "field")}${bytesText}`;
    case "text":
      return `string · ${plural(opened.length, "character")}${bytesText}`;
    case "bytes":
      return `bytes · ${count(opened.length)}`;
    case "null":
    case "boolean":
    case "number":
      return opened.kind;
  }
}

const SIGNIFICANT = 5;

/**
 * Shorten a number to five digits, with at least one decimal. Trailing zeros stay and tiny numbers get
 * an exponent, so that a changing number keeps its width.
 */
export function shorten(text: string): string {
  const [, integerPart = "", fraction = "", power = ""] = /^-?(\d+)\.(\d+)(e.+)?$/.exec(text) ?? [];
  const decimals = Math.max(1, SIGNIFICANT - integerPart.length);
  if (fraction.length <= decimals) return text;
  const number = Number(text);
  if (Math.abs(number) < 0.001) return number.toExponential(1);
  return power === "" ? number.toFixed(decimals) : number.toExponential(SIGNIFICANT - 1);
}

/** Shorten a number as above and remove trailing zeros. */
export function glance(text: string): string {
  const short = shorten(text);
  return short === text || short.includes("e") ? short : short.replace(/\.?0+$/, "");
}

/** Return a value on one line of about `limit` characters. */
export function preview(value: PageValue, limit = 120, depth = 0): string {
  const opened = open(value);
  switch (opened.kind) {
    case "null":
      return "null";
    case "boolean":
      return String(opened.value);
    case "number":
      return glance(opened.text);
    case "text": {
      const head = JSON.stringify(opened.text.slice(0, limit));
      return opened.length > Math.min(limit, opened.text.length) ? `${head.slice(0, -1)}…"` : head;
    }
    case "bytes":
      return `${plural(opened.length, "byte")} ${opened.hex.slice(0, 16)}`;
    case "list":
      return enclose("[", "]", opened.items, opened.length, limit, depth, (item, room) =>
        preview(item, room, depth + 1),
      );
    case "object":
      return enclose(
        "{",
        "}",
        opened.fields,
        opened.length,
        limit,
        depth,
        ([name, inner], room) => `${name.slice(0, 40)}: ${preview(inner, room, depth + 1)}`,
      );
  }
}

function enclose<T>(
  before: string,
  after: string,
  items: readonly T[],
  length: number,
  limit: number,
  depth: number,
  write: (item: T, room: number) => string,
): string {
  if (length === 0) return before + after;
  if (depth >= 3) return `${before}…${after}`;
  let text = "";
  let shown = 0;
  for (const item of items) {
    const next = write(item, Math.max(8, limit - text.length));
    if (shown > 0 && text.length + next.length > limit) break;
    text += shown === 0 ? next : `, ${next}`;
    shown += 1;
  }
  const rest = length - shown;
  return `${before}${text}${rest > 0 ? `, … ${count(rest)} more` : ""}${after}`;
}

/** A number with the text that the user typed: 1.0 is not 1 in Python. */
export class TypedNumber {
  constructor(readonly text: string) {}
}

/** A value before its conversion to page form. */
export type Plain =
  | null
  | boolean
  | number
  | bigint
  | string
  | TypedNumber
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** Convert a value to page form, which marks what JSON cannot represent. */
export function toPage(value: Plain): PageValue {
  if (typeof value === "bigint") {
    const small = Number(value);
    return Number.isSafeInteger(small) ? small : { [MARK]: "int", text: String(value) };
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    const mark = NON_FINITE.find((each) => Object.is(each.value, value))?.mark ?? "nan";
    return { [MARK]: mark };
  }
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof TypedNumber) {
    const number = Number(value.text);
    return String(number) === value.text && !Number.isInteger(number)
      ? number
      : { [MARK]: "float", text: value.text };
  }
  if (Array.isArray(value)) return value.map(toPage);
  const fields = Object.entries(value).map(([name, inner]) => [name, toPage(inner)] as const);
  // `fromEntries` defines own properties, also one named __proto__.
  const record = Object.fromEntries(fields);
  return Object.hasOwn(value, MARK) ? { [MARK]: "esc", value: record } : record;
}

/**
 * Call `found` with every string, number and field name in a value until it returns true. Used to
 * search all keys, so values without a mark are not decoded.
 */
export function someText(value: PageValue, found: (text: string) => boolean, depth = 0): boolean {
  if (typeof value === "number") return found(numberText(value));
  if (typeof value === "string") return found(value);
  if (value === null) return found("null");
  if (typeof value === "boolean") return found(value ? "true" : "false");
  if (depth > MAX_TEXT_DEPTH) return false;
  if (isList(value)) {
    for (const item of value) if (someText(item, found, depth + 1)) return true;
    return false;
  }
  if (MARK in value) return someMarkedText(open(value), found, depth);
  for (const name in value) {
    const inner = value[name];
    if (found(name)) return true;
    if (inner !== undefined && someText(inner, found, depth + 1)) return true;
  }
  return false;
}

const MAX_TEXT_DEPTH = 20;

function someMarkedText(opened: Opened, found: (text: string) => boolean, depth: number): boolean {
  const inside = (inner: PageValue) => someText(inner, found, depth + 1);
  switch (opened.kind) {
    case "list":
      return opened.items.some(inside);
    case "object":
      return opened.fields.some(([name, inner]) => found(name) || inside(inner));
    case "number":
    case "text":
      return found(opened.text);
    case "bytes":
      return found(opened.hex);
    case "null":
    case "boolean":
      return false;
  }
}
