/**
 * Parse JSON typed by a user, and locate the first error. NaN and the infinities are allowed, by
 * the names that Python's json reads. Pure.
 */

export type JsonKind = "null" | "boolean" | "number" | "text" | "list" | "object";

export type JsonReading =
  /** `text` says to Python what was typed: of -0 it would make an integer, which has no sign. */
  | { readonly ok: true; readonly text: string; readonly kind: JsonKind }
  | { readonly ok: false; readonly problem: string; readonly at: number };

/** Deeper than any wire carries, and not so deep that reading it could fail. */
const DEEPEST = 200;

const SPACE = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON's texts have none
const PLAIN_TEXT = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[+-]?[\p{L}\p{N}_.]+/uy;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

const WORDS: ReadonlyMap<string, JsonKind> = new Map([
  ["null", "null"],
  ["true", "boolean"],
  ["false", "boolean"],
  ["NaN", "number"],
  ["Infinity", "number"],
  ["-Infinity", "number"],
]);

/** What people write instead, and what it is called here. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ["none", "null"],
  ["undefined", "null"],
  ["true", "true"],
  ["false", "false"],
  ["null", "null"],
  ["nan", "NaN"],
  ["inf", "Infinity"],
  ["-inf", "-Infinity"],
  ["infinity", "Infinity"],
  ["-infinity", "-Infinity"],
  ["+infinity", "Infinity"],
  ["+inf", "Infinity"],
]);

class Fault extends Error {
  constructor(
    readonly problem: string,
    readonly at: number,
  ) {
    super(problem);
  }
}

class Reader {
  at = 0;
  /** Where a -0 stands that has no point. */
  readonly zeros: number[] = [];

  constructor(readonly source: string) {}

  match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source)?.[0] ?? "";
    this.at += found.length;
    return found;
  }

  get next(): string {
    return this.source.charAt(this.at);
  }

  value(depth: number): JsonKind {
    if (depth > DEEPEST) throw new Fault("it is nested too deeply", this.at);
    this.match(SPACE);
    switch (this.next) {
      case "":
        throw new Fault("a value is missing", this.at);
      case "{":
        this.object(depth);
        return "object";
      case "[":
        this.list(depth);
        return "list";
      case '"':
        this.text();
        return "text";
      default:
        return this.plain();
    }
  }

  plain(): JsonKind {
    const start = this.at;
    const word = this.match(WORD);
    const known = WORDS.get(word);
    if (known !== undefined) return known;
    this.at = start;
    const number = this.match(NUMBER);
    if (number !== "" && !/[\p{L}\p{N}_.]/u.test(this.next)) {
      if (!Number.isFinite(Number(number))) {
        throw new Fault("the number is too large: an endless one is written Infinity", start);
      }
      if (number === "-0") this.zeros.push(start);
      return "number";
    }
    const meant = MEANT.get(word.toLowerCase());
    if (meant !== undefined) throw new Fault(`write ${meant} for ${word}`, start);
    if (/^[+-]?[\d.]/.test(word)) throw new Fault(`${word.slice(0, 40)} is not a number`, start);
    if (/['‘’“”]/.test(this.source.charAt(start))) {
      throw new Fault('text stands in straight double quotes: "…"', start);
    }
    if (/[\p{L}_]/u.test(word)) throw new Fault('text stands in double quotes: "…"', start);
    throw new Fault("a value is missing here", start);
  }

  text(): string {
    const start = this.at;
    this.at += 1;
    for (;;) {
      this.match(PLAIN_TEXT);
      const sign = this.next;
      if (sign === '"') {
        this.at += 1;
        return this.source.slice(start, this.at);
      }
      if (sign === "" || sign === "\n") {
        throw new Fault('a " is missing at the end of this text; a new line in it is \\n', start);
      }
      if (sign !== "\\") throw new Fault("this sign is written with \\u in a text", this.at);
      if (this.match(ESCAPE) === "") {
        throw new Fault('\\ stands before one of " \\ / b f n r t u only: write \\\\', this.at);
      }
    }
  }

  list(depth: number): void {
    this.at += 1;
    this.match(SPACE);
    if (this.ends("]")) return;
    for (;;) {
      this.value(depth + 1);
      if (this.over("]")) return;
    }
  }

  object(depth: number): void {
    const names = new Set<string>();
    this.at += 1;
    this.match(SPACE);
    if (this.ends("}")) return;
    for (;;) {
      const at = this.at;
      if (this.next !== '"') throw new Fault('a name in double quotes is needed: "…"', at);
      const name = JSON.parse(this.text()) as string;
      if (names.has(name)) throw new Fault("this name stands here twice", at);
      names.add(name);
      this.match(SPACE);
      if (!this.ends(":")) throw new Fault("a : is missing after the name", this.at);
      this.value(depth + 1);
      if (this.over("}")) return;
    }
  }

  ends(sign: string): boolean {
    if (this.next !== sign) return false;
    this.at += 1;
    return true;
  }

  /** Whether a list or object is over; else a comma leads on. */
  over(end: "]" | "}"): boolean {
    this.match(SPACE);
    if (this.ends(end)) return true;
    const comma = this.at;
    if (!this.ends(",")) throw new Fault(`a , or ${end} is missing`, this.at);
    this.match(SPACE);
    if (this.next === end) throw new Fault(`this , is one too many before ${end}`, comma);
    return false;
  }
}

export function readJson(source: string): JsonReading {
  const reader = new Reader(source);
  try {
    const kind = reader.value(0);
    reader.match(SPACE);
    if (reader.next !== "") throw new Fault("the value is over before this", reader.at);
    let text = "";
    let from = 0;
    for (const at of reader.zeros) {
      text += `${source.slice(from, at)}-0.0`;
      from = at + 2;
    }
    return { ok: true, kind, text: text + source.slice(from) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { ok: false, problem: error.problem, at: error.at };
  }
}

/** Line and column, both from 1. */
export function placeIn(
  text: string,
  at: number,
): { readonly line: number; readonly column: number } {
  const before = text.slice(0, at).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}
