/** Format a value as highlighted lines, which pretty_view.ts draws. Pure. */

import type { PageValue } from "../protocol/common.ts";
import { count, plural } from "../text/format.ts";
import { missing, open, shorten } from "./page_value.ts";

export type TokenKind = "punctuation" | "name" | "text" | "number" | "word" | "note";
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** The full text of a shortened number. */
  readonly exact?: string;
}
export interface Line {
  readonly indent: number;
  readonly tokens: readonly Token[];
  /** Set on the first line of a list or object that can be collapsed. */
  readonly fold?: Fold;
}
export interface Fold {
  /** Identifies the part within the value. */
  readonly path: string;
  /** Field name or list index; empty for the value itself. */
  readonly name: string;
  readonly open: boolean;
}
export interface Layout {
  readonly lines: readonly Line[];
  /** False if the value has more lines than the limit. */
  readonly complete: boolean;
}

export interface PrettyOptions {
  /** Maximum number of lines. */
  readonly lines?: number;
  /** Characters per line. */
  readonly columns?: number;
  /** Whether numbers are shortened. */
  readonly short?: boolean;
  /** Returns which parts are expanded; without it, nothing can be collapsed. */
  readonly isOpen?: (part: FoldablePart) => boolean;
}

export interface FoldablePart {
  readonly path: string;
  readonly depth: number;
  /** Number of items or fields, including truncated ones. */
  readonly length: number;
}

const MAX_DEPTH = 40;
/** Characters of a string that are drawn. */
const MAX_TEXT = 20_000;

const token = (kind: TokenKind, text: string): Token => ({ kind, text });
const punctuation = (text: string): Token => token("punctuation", text);

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
      const head = opened.text.slice(0, MAX_TEXT);
      const rest = opened.length - head.length;
      const text = JSON.stringify(head);
      return token("text", rest > 0 ? `${text.slice(0, -1)}…" (${count(rest)} more)` : text);
    }
    case "bytes":
      return token("note", `${count(opened.length)} bytes ${opened.hex}`);
    case "list":
      return opened.length === 0 ? punctuation("[]") : null;
    case "object":
      return opened.length === 0 ? punctuation("{}") : null;
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
  name === null ? [] : [token("name", JSON.stringify(name)), punctuation(": ")];

/** Reserve room for a minus sign, so that a changing number keeps the layout. */
const tokenWidth = ({ text, exact }: Token): number =>
  text.length + (exact !== undefined && !text.startsWith("-") ? 1 : 0);
const width = (tokens: readonly Token[]): number =>
  tokens.reduce((sum, each) => sum + tokenWidth(each), 0);

/** Format a value on one line, or return null if it is wider than `room`. */
function flat(value: PageValue, room: number, depth: number, short: boolean): Token[] | null {
  const single = scalar(value, short);
  if (single !== null) return tokenWidth(single) <= room || depth === 0 ? [single] : null;
  const parts = partsOf(value);
  if (parts === null || parts.rest > 0 || parts.items.length > room || depth > 4) return null;
  const tokens: Token[] = [punctuation(parts.before)];
  for (const [name, inner] of parts.items) {
    if (tokens.length > 1) tokens.push(punctuation(", "));
    tokens.push(...nameTokens(name));
    const used = width(tokens);
    const next = used < room ? flat(inner, room - used, depth + 1, short) : null;
    if (next === null) return null;
    tokens.push(...next);
  }
  tokens.push(punctuation(parts.after));
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

  /** Put several scalars on a line, so that a list of numbers is not a column. */
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
      if (comma > 0) line.push(punctuation(", "));
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
    if (indent >= MAX_DEPTH) return push(indent, [...head, token("note", "… deeper"), ...tail]);
    const open = isOpen?.({ path, depth: indent, length: parts.length });
    const fold = open === undefined ? undefined : { path, name, open };
    if (open === false) {
      const unit = parts.before === "[" ? "item" : "field";
      const note = token("note", `… ${plural(parts.length, unit)}`);
      return push(
        indent,
        [...head, punctuation(parts.before), note, punctuation(parts.after), ...tail],
        fold,
      );
    }
    if (!push(indent, [...head, punctuation(parts.before)], fold)) return false;
    const isParagraph =
      parts.before === "[" && parts.items.every(([, item]) => scalar(item, short) !== null);
    if (isParagraph) {
      if (!fill(parts.items, indent + 1)) return false;
    } else {
      for (const [position, [name, item]] of parts.items.entries()) {
        const comma = position < parts.items.length - 1 ? [punctuation(",")] : [];
        const step = name ?? String(position);
        const inside = `${path}/${JSON.stringify(step)}`;
        if (!walk(item, indent + 1, inside, step, nameTokens(name), comma)) return false;
      }
    }
    if (parts.rest > 0 && !push(indent + 1, [token("note", `… ${count(parts.rest)} more`)])) {
      return false;
    }
    return push(indent, [punctuation(parts.after), ...tail]);
  };

  walk(value, 0, "", "", [], []);
  return { lines, complete };
}
