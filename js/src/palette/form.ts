/** The fields of a command's form: made from the defaults, read back as typed. Pure. */

import { open, type Plain, toPage } from "../shared/page_value.ts";
import type { PageRecord, PageValue } from "../shared/protocol.ts";
import type { CommandBody } from "../shared/protocol_palette.ts";
import { runLine, toJsonText, toPythonLine } from "../shared/value_text.ts";

export type FieldKind = "boolean" | "number" | "text" | "json" | "any";

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** What stands in the box: for a boolean "true" or "false". */
  readonly text: string;
  /** Added by hand: its name can be edited too. */
  readonly extra: boolean;
}

/** What a field's text says. */
export type Reading =
  | { readonly ok: true; readonly value: PageValue; readonly python: string }
  | { readonly ok: false; readonly problem: string };

function kindOf(value: PageValue): FieldKind {
  const opened = open(value);
  switch (opened.kind) {
    case "boolean":
    case "number":
    case "text":
      return opened.kind;
    case "null":
    case "list":
    case "object":
    case "bytes":
      return "json";
  }
}

function textOf(value: PageValue): string {
  const opened = open(value);
  if (opened.kind === "number" || opened.kind === "text") return opened.text;
  return opened.kind === "boolean" ? String(opened.value) : toJsonText(value);
}

export const fieldsOf = (command: CommandBody): readonly Field[] =>
  Object.entries(command.arguments).map(([name, value]) => ({
    name,
    kind: kindOf(value),
    text: textOf(value),
    extra: false,
  }));

export const extraField = (): Field => ({ name: "", kind: "any", text: "", extra: true });

const problem = (text: string): Reading => ({ ok: false, problem: text });
const reading = (value: PageValue, python = toPythonLine(value)): Reading => ({
  ok: true,
  value,
  python,
});

const WORDS: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
  ["-infinity", Number.NEGATIVE_INFINITY],
]);

function readNumber(text: string): Reading {
  const trimmed = text.trim();
  const word = WORDS.get(trimmed.toLowerCase());
  if (word !== undefined) return reading(toPage(word));
  if (/^[+-]?\d+$/.test(trimmed)) return reading(toPage(BigInt(trimmed.replace(/^\+/, ""))));
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) {
    return problem(
      trimmed === "" ? "a number is needed" : `“${trimmed.slice(0, 40)}” is no number`,
    );
  }
  const value = Number(trimmed);
  // What was typed is what the Python line shows: 1.0 is not 1 there.
  return Number.isFinite(value) ? reading(value, trimmed) : problem("too large for a number");
}

/** JSON.parse of newer browsers also hands over the text of a number. */
type Reviver = (
  this: unknown,
  key: string,
  value: unknown,
  context?: { source?: string },
) => unknown;

const keepInteger: Reviver = (_key, value, context) => {
  const source = context?.source;
  const exact = typeof value !== "number" || Number.isSafeInteger(value) || source === undefined;
  return exact || !/^-?\d+$/.test(source) ? value : BigInt(source);
};

function readJson(text: string): Reading {
  try {
    return reading(toPage(JSON.parse(text, keepInteger) as Plain));
  } catch (error) {
    const words = error instanceof Error ? error.message.replace(/^JSON\.parse: /, "") : "";
    return problem(text.trim() === "" ? "a value is needed, such as null" : `not JSON: ${words}`);
  }
}

/** A value typed without a known kind: JSON where it is JSON, else plain text. */
function readAny(text: string): Reading {
  if (text.trim() === "") return reading(text);
  const number = readNumber(text);
  if (number.ok) return number;
  const json = readJson(text);
  return json.ok ? json : reading(text);
}

export function readField(field: Field): Reading {
  switch (field.kind) {
    case "boolean":
      return reading(field.text === "true");
    case "number":
      return readNumber(field.text);
    case "text":
      return reading(field.text);
    case "json":
      return readJson(field.text);
    case "any":
      return field.name.trim() === "" ? problem("the argument needs a name") : readAny(field.text);
  }
}

export type FormReading =
  | { readonly ok: true; readonly arguments: PageRecord; readonly line: string }
  | { readonly ok: false; readonly problems: ReadonlyMap<number, string> };

export function readForm(command: string, fields: readonly Field[]): FormReading {
  const problems = new Map<number, string>();
  const values: (readonly [string, PageValue])[] = [];
  const texts: (readonly [string, string])[] = [];
  const names = new Set<string>();
  for (const [index, field] of fields.entries()) {
    const read = readField(field);
    const name = field.extra ? field.name.trim() : field.name;
    if (!read.ok) problems.set(index, read.problem);
    else if (names.has(name)) problems.set(index, "there are two arguments of this name");
    else {
      values.push([name, read.value]);
      texts.push([name, read.python]);
    }
    names.add(name);
  }
  if (problems.size > 0) return { ok: false, problems };
  return { ok: true, arguments: Object.fromEntries(values), line: runLine(command, texts) };
}
