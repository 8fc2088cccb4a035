/**
 * Parse JSON typed by a user, locate the first error, and keep how numbers are written. NaN and
 * the infinities are allowed, by the names that Python's json module reads. Pure.
 */

import type { PageValue } from "../protocol/common.ts";
import { NON_FINITE, nonFiniteName } from "./non_finite.ts";
import { type Plain, TypedNumber, toPage } from "./page_value.ts";

export type JsonKind = "null" | "boolean" | "number" | "text" | "list" | "object";

interface Problem {
  readonly problem: string;
  /** Index into the text. */
  readonly at: number;
}
type JsonError = Problem & { readonly ok: false };

export type JsonReading =
  /** `text` has -0 written as -0.0, because Python would read an integer without a sign. */
  { readonly ok: true; readonly text: string; readonly kind: JsonKind } | JsonError;

export type JsonValue = { readonly ok: true; readonly value: PageValue } | JsonError;

export const NUMBER_TOO_LARGE = "Number too large: write Infinity or -Infinity";

/** More than any protocol allows, and safe for the call stack. */
const MAX_DEPTH = 200;

const SPACE = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings contain none
const PLAIN_TEXT = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[+-]?[\p{L}\p{N}_.∞]+/uy;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

const CONSTANTS: ReadonlyMap<string, Plain> = new Map<string, Plain>([
  ["null", null],
  ["true", true],
  ["false", false],
  ...NON_FINITE.map(({ json, value }): [string, Plain] => [json, value]),
]);

/** Suggestions for other spellings. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ["none", "null"],
  ["undefined", "null"],
  ["true", "true"],
  ["false", "false"],
  ["null", "null"],
]);

class SyntaxFault extends Error {
  constructor(
    readonly problem: string,
    readonly at: number,
  ) {
    super(problem);
  }
}

class Parser {
  at = 0;
  /** Positions of -0 without a decimal point. */
  readonly zeros: number[] = [];

  constructor(readonly source: string) {}

  /** Parse the source as one value. */
  parse(): Plain {
    const value = this.value(0);
    this.match(SPACE);
    if (this.next !== "") throw new SyntaxFault("Unexpected text after the value", this.at);
    return value;
  }

  match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source)?.[0] ?? "";
    this.at += found.length;
    return found;
  }

  get next(): string {
    return this.source.charAt(this.at);
  }

  value(depth: number): Plain {
    if (depth > MAX_DEPTH) throw new SyntaxFault("Nested too deeply", this.at);
    this.match(SPACE);
    switch (this.next) {
      case "":
        throw new SyntaxFault("Value expected", this.at);
      case "{":
        return this.object(depth);
      case "[":
        return this.list(depth);
      case '"':
        return JSON.parse(this.text()) as string;
      default:
        return this.scalar();
    }
  }

  scalar(): Plain {
    const start = this.at;
    const word = this.match(WORD);
    const constant = CONSTANTS.get(word);
    if (constant !== undefined) return constant;
    this.at = start;
    const number = this.match(NUMBER);
    if (number !== "" && !/[\p{L}\p{N}_.]/u.test(this.next)) {
      if (!Number.isFinite(Number(number))) throw new SyntaxFault(NUMBER_TOO_LARGE, start);
      if (number === "-0") this.zeros.push(start);
      return readNumber(number);
    }
    const meant = MEANT.get(word.toLowerCase()) ?? nonFiniteName(word);
    if (meant !== undefined) throw new SyntaxFault(`Write ${meant} instead of ${word}`, start);
    if (/^[+-]?[\d.]/.test(word)) {
      throw new SyntaxFault(`${word.slice(0, 40)} is not a number`, start);
    }
    const quoted = /['‘’“”]/.test(this.source.charAt(start));
    if (quoted || /[\p{L}_]/u.test(word)) {
      throw new SyntaxFault('Put text in straight double quotes: "…"', start);
    }
    throw new SyntaxFault("Value expected", start);
  }

  text(): string {
    const start = this.at;
    this.at += 1;
    for (;;) {
      this.match(PLAIN_TEXT);
      const character = this.next;
      if (character === '"') {
        this.at += 1;
        return this.source.slice(start, this.at);
      }
      if (character === "" || character === "\n") {
        throw new SyntaxFault('Closing " expected; write a line break as \\n', start);
      }
      if (character !== "\\") {
        throw new SyntaxFault("Escape control characters as \\uXXXX", this.at);
      }
      if (this.match(ESCAPE) === "") {
        throw new SyntaxFault("Invalid escape; write a backslash as \\\\", this.at);
      }
    }
  }

  list(depth: number): Plain {
    const items: Plain[] = [];
    this.at += 1;
    this.match(SPACE);
    if (this.skip("]")) return items;
    for (;;) {
      items.push(this.value(depth + 1));
      if (this.closes("]")) return items;
    }
  }

  object(depth: number): Plain {
    const fields = new Map<string, Plain>();
    this.at += 1;
    this.match(SPACE);
    if (this.skip("}")) return {};
    for (;;) {
      const at = this.at;
      if (this.next !== '"') throw new SyntaxFault('Name in double quotes expected: "…"', at);
      const name = JSON.parse(this.text()) as string;
      if (fields.has(name)) throw new SyntaxFault("Duplicate name", at);
      this.match(SPACE);
      if (!this.skip(":")) throw new SyntaxFault("Colon expected", this.at);
      fields.set(name, this.value(depth + 1));
      // Defines own properties, also one named __proto__.
      if (this.closes("}")) return Object.fromEntries(fields);
    }
  }

  skip(character: string): boolean {
    if (this.next !== character) return false;
    this.at += 1;
    return true;
  }

  /** Skips the end of a list or object, or the comma before the next item. */
  closes(end: "]" | "}"): boolean {
    this.match(SPACE);
    if (this.skip(end)) return true;
    const comma = this.at;
    if (!this.skip(",")) throw new SyntaxFault(`Comma or ${end} expected`, this.at);
    this.match(SPACE);
    if (this.next === end) throw new SyntaxFault(`Trailing comma before ${end}`, comma);
    return false;
  }
}

/** Keep large integers exact and floats as floats, because servers distinguish 1.0 from 1. */
function readNumber(text: string): Plain {
  const number = Number(text);
  if (!/^-?\d+$/.test(text)) return new TypedNumber(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function kindOf(value: Plain): JsonKind {
  if (value === null) return "null";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "string") return "text";
  if (typeof value !== "object" || value instanceof TypedNumber) return "number";
  return Array.isArray(value) ? "list" : "object";
}

/** Check a text before it is sent to the kernel, which parses it again. */
export function readJson(source: string): JsonReading {
  const parser = new Parser(source);
  return attempt(() => {
    const kind = kindOf(parser.parse());
    let text = "";
    let from = 0;
    for (const at of parser.zeros) {
      text += `${source.slice(from, at)}-0.0`;
      from = at + 2;
    }
    return { ok: true, kind, text: text + source.slice(from) };
  });
}

export const parseJson = (source: string): JsonValue =>
  attempt(() => ({ ok: true, value: toPage(new Parser(source).parse()) }));

function attempt<Result>(parse: () => Result): Result | JsonError {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return { ok: false, problem: error.problem, at: error.at };
  }
}

/** Return the problem with its line and column, starting at 1. */
export function locatedProblem(text: string, { problem, at }: Problem): string {
  const lines = text.slice(0, at).split("\n");
  return `Line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}: ${problem}`;
}
