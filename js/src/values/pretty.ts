/** Format a value as highlighted lines. Pure; pretty_view.ts draws them. */

import type { PageValue } from "../protocol/common.ts";
import { count, plural } from "../text/format.ts";
import { missing, open, shorten } from "./page_value.ts";

export type TokenKind = "sign" | "name" | "text" | "number" | "word" | "note";
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** All digits of a number that was shortened. */
  readonly exact?: string;
}
export interface Line {
  readonly indent: number;
  readonly tokens: readonly Token[];
  /** A list or an object that takes more than a line begins here, and can be folded. */
  readonly fold?: Fold;
}
export interface Fold {
  /** Which part: unique within the value. */
  readonly path: string;
  /** Its name or its place in a list; empty for the value itself. */
  readonly name: string;
  readonly open: boolean;
}
export interface Layout {
  readonly lines: readonly Line[];
  /** False if there were more lines than asked for. */
  readonly complete: boolean;
}

export interface PrettyOptions {
  /** At most so many lines. */
  readonly lines?: number;
  /** How many signs fit on a line. */
  readonly columns?: number;
  /** Whether numbers are shortened. */
  readonly short?: boolean;
  /** Which parts stand open; without it, all do, and none can be folded. */
  readonly isOpen?: (part: FoldablePart) => boolean;
}

export interface FoldablePart {
  /** Its name within the value. */
  readonly path: string;
  readonly depth: number;
  /** How many items or fields it has, also those that were cut. */
  readonly length: number;
}

const DEEPEST = 40;
/** Of a longer text only so much is drawn. */
const LONGEST_TEXT = 20_000;

const token = (kind: TokenKind, text: string): Token => ({ kind, text });
const sign = (text: string): Token => token("sign", text);

function numberToken(text: string, short: boolean): Token {
  const shown = short ? shorten(text) : text;
  return shown === text ? token("number", text) : { kind: "number", text: shown, exact: text };
}

function scalar(value: PageValue, short: boolean): Token | null {
  const opened = open(value);
  switch (opened.kind) {
    case "null":
      return token("word", "null");
    case "boolean":
      return token("word", String(opened.value));
    case "number":
      return numberToken(opened.text, short);
    case "text": {
      const head = opened.text.slice(0, LONGEST_TEXT);
      const rest = opened.length - head.length;
      const text = JSON.stringify(head);
      return token("text", rest > 0 ? `${text.slice(0, -1)}…" (${count(rest)} more)` : text);
    }
    case "bytes":
      return token("note", `${count(opened.length)} bytes ${opened.hex}`);
    case "list":
      return opened.length === 0 ? sign("[]") : null;
    case "object":
      return opened.length === 0 ? sign("{}") : null;
  }
}

interface Parts {
  readonly before: string;
  readonly after: string;
  readonly items: readonly (readonly [name: string | null, value: PageValue])[];
  readonly length: number;
  readonly rest: number;
}

function partsOf(value: PageValue): Parts | null {
  const opened = open(value);
  if (opened.kind === "list") {
    const items = opened.items.map((item) => [null, item] as const);
    return { before: "[", after: "]", items, length: opened.length, rest: missing(opened) };
  }
  if (opened.kind !== "object") return null;
  const { fields: items, length } = opened;
  return { before: "{", after: "}", items, length, rest: missing(opened) };
}

const nameTokens = (name: string | null): readonly Token[] =>
  name === null ? [] : [token("name", JSON.stringify(name)), sign(": ")];

/** A number that moves may change its sign at any time: there is always room for one. */
const tokenWidth = ({ text, exact }: Token): number =>
  text.length + (exact !== undefined && !text.startsWith("-") ? 1 : 0);
const width = (tokens: readonly Token[]): number =>
  tokens.reduce((sum, each) => sum + tokenWidth(each), 0);

/** All on one line, or null where that is wider than `room`. */
function flat(value: PageValue, room: number, depth: number, short: boolean): Token[] | null {
  const single = scalar(value, short);
  if (single !== null) return tokenWidth(single) <= room || depth === 0 ? [single] : null;
  const parts = partsOf(value);
  if (parts === null || parts.rest > 0 || parts.items.length > room || depth > 4) return null;
  const tokens: Token[] = [sign(parts.before)];
  for (const [name, inner] of parts.items) {
    if (tokens.length > 1) tokens.push(sign(", "));
    tokens.push(...nameTokens(name));
    const used = width(tokens);
    const next = used < room ? flat(inner, room - used, depth + 1, short) : null;
    if (next === null) return null;
    tokens.push(...next);
  }
  tokens.push(sign(parts.after));
  return width(tokens) <= room ? tokens : null;
}

export function pretty(
  value: PageValue,
  { lines: limit = 600, columns = 52, short = false, isOpen }: PrettyOptions = {},
): Layout {
  const lines: Line[] = [];
  let complete = true;

  const push = (indent: number, tokens: readonly Token[], fold?: Line["fold"]): boolean => {
    if (lines.length >= limit) complete = false;
    else lines.push(fold === undefined ? { indent, tokens } : { indent, tokens, fold });
    return complete;
  };

  /** Scalars fill lines, so that a list of numbers is a paragraph and not a column. */
  const fill = (items: Parts["items"], indent: number): boolean => {
    let line: Token[] = [];
    let used = 0;
    for (const [position, [, item]] of items.entries()) {
      const next = scalar(item, short);
      if (next === null) continue;
      const comma = position < items.length - 1 ? 1 : 0;
      if (used > 0 && used + tokenWidth(next) + comma > columns - indent) {
        if (!push(indent, line)) return false;
        line = [];
        used = 0;
      }
      line.push(next);
      if (comma > 0) line.push(sign(", "));
      used += tokenWidth(next) + 2;
    }
    return line.length === 0 || push(indent, line);
  };

  const walk = (
    inner: PageValue,
    indent: number,
    path: string,
    name: string,
    head: readonly Token[],
    tail: readonly Token[],
  ): boolean => {
    const line = flat(inner, columns - indent - width(head) - width(tail), 0, short);
    if (line !== null) return push(indent, [...head, ...line, ...tail]);
    const parts = partsOf(inner);
    if (parts === null) return true;
    if (indent >= DEEPEST) return push(indent, [...head, token("note", "… deeper"), ...tail]);
    const open = isOpen?.({ path, depth: indent, length: parts.length });
    const fold = open === undefined ? undefined : { path, name, open };
    if (open === false) {
      const unit = parts.before === "[" ? "item" : "field";
      const note = token("note", `… ${plural(parts.length, unit)}`);
      return push(indent, [...head, sign(parts.before), note, sign(parts.after), ...tail], fold);
    }
    if (!push(indent, [...head, sign(parts.before)], fold)) return false;
    const isParagraph =
      parts.before === "[" && parts.items.every(([, item]) => scalar(item, short) !== null);
    if (isParagraph) {
      if (!fill(parts.items, indent + 1)) return false;
    } else {
      for (const [position, [name, item]] of parts.items.entries()) {
        const comma = position < parts.items.length - 1 ? [sign(",")] : [];
        const step = name ?? String(position);
        const inside = `${path}/${JSON.stringify(step)}`;
        if (!walk(item, indent + 1, inside, step, nameTokens(name), comma)) return false;
      }
    }
    if (parts.rest > 0 && !push(indent + 1, [token("note", `… ${count(parts.rest)} more`)])) {
      return false;
    }
    return push(indent, [sign(parts.after), ...tail]);
  };

  walk(value, 0, "", "", [], []);
  return { lines, complete };
}
