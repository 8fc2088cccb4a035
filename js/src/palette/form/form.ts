/** The fields of a command's form, and the values read from them. Pure. */

import type { PageRecord, PageValue } from "../../protocol/common.ts";
import type { ArgumentBody, ArgumentKind, CommandBody } from "../../protocol/palette.ts";
import { parseJson } from "../../values/json_text.ts";
import { nonFiniteName, nonFiniteValue } from "../../values/non_finite.ts";
import { open, TypedNumber, toPage } from "../../values/page_value.ts";
import { runLine, toJsonLine, toJsonText, toPythonLine } from "../../values/value_text.ts";

export type FieldKind = "boolean" | "number" | "text" | "json" | "choice" | "any";

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** What stands in the box: for a boolean "true" or "false", for a choice its JSON. */
  readonly text: string;
  /** Added by hand: its name can be edited too. */
  readonly extra: boolean;
  /** Only whole numbers will do. */
  readonly integer: boolean;
  /** Left out: the server's own default holds. */
  readonly omitted: boolean;
  readonly known: ArgumentBody | null;
}

/** What a field's text says. */
export type Reading =
  | { readonly ok: true; readonly value: PageValue; readonly python: string }
  | { readonly ok: false; readonly problem: string };

/** What was filled in before, and what was marked as whole numbers. */
export interface Remembered {
  readonly last: PageRecord | null;
  readonly integers: readonly string[];
}

const KIND_OF: Readonly<Record<ArgumentKind, FieldKind>> = {
  float: "number",
  int: "number",
  bool: "boolean",
  text: "text",
  json: "json",
  choice: "choice",
};

export function kindOf(value: PageValue): FieldKind {
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

/** The text by which a field of this kind shows a value; null if it cannot. */
export function textFor(kind: FieldKind, value: PageValue): string | null {
  const opened = open(value);
  switch (kind) {
    case "number":
      return opened.kind === "number" ? opened.text : null;
    case "text":
      return opened.kind === "text" ? opened.text : null;
    case "boolean":
      return opened.kind === "boolean" ? String(opened.value) : null;
    case "json":
      return toJsonText(value);
    case "choice":
      return toJsonLine(value);
    case "any": {
      if (opened.kind !== "text") return toJsonLine(value);
      const read = readAny(opened.text);
      // A text that looks like a number or JSON needs its quotes to stay a text.
      return read.ok && read.value === opened.text ? opened.text : JSON.stringify(opened.text);
    }
  }
}

const hasOwn = (record: PageRecord, name: string): boolean => Object.hasOwn(record, name);

function fieldFor(
  name: string,
  known: ArgumentBody | null,
  command: CommandBody,
  { last, integers }: Remembered,
): Field {
  const given = command.arguments[name] ?? null;
  const published = hasOwn(command.arguments, name);
  const kind = known === null ? kindOf(given) : KIND_OF[known.kind];
  const wanted: PageValue[] = [];
  if (last !== null && hasOwn(last, name)) wanted.push(last[name] ?? null);
  if (published) wanted.push(given);
  if (known !== null && !known.required) wanted.push(known.default);
  const texts = wanted.map((value) => textFor(kind, value)).filter((text) => text !== null);
  return {
    name,
    kind,
    text: texts[0] ?? (kind === "boolean" ? "false" : ""),
    extra: false,
    integer: known?.kind === "int" || (kind === "number" && integers.includes(name)),
    omitted: false,
    known,
  };
}

/** Fields with what was filled in last, else with the defaults. */
export function fieldsOf(command: CommandBody, remembered: Remembered): readonly Field[] {
  const known = new Map(command.known.map((argument) => [argument.name, argument]));
  const names = new Set([...known.keys(), ...Object.keys(command.arguments)]);
  const fields = [...names].map((name) =>
    fieldFor(name, known.get(name) ?? null, command, remembered),
  );
  const others = Object.entries(remembered.last ?? {}).filter(([name]) => !names.has(name));
  return [...fields, ...others.map(([name, value]) => extraField(name, value))];
}

export const NOTHING_REMEMBERED: Remembered = { last: null, integers: [] };

export const extraField = (name = "", value: PageValue = ""): Field => ({
  name,
  kind: "any",
  text: value === "" ? "" : (textFor("any", value) ?? ""),
  extra: true,
  integer: false,
  omitted: false,
  known: null,
});

const problem = (text: string): Reading => ({ ok: false, problem: text });
const reading = (value: PageValue): Reading => ({
  ok: true,
  value,
  python: toPythonLine(value),
});

const nonFinite = (text: string): number | undefined => nonFiniteValue(nonFiniteName(text) ?? "");

const isNumberText = (text: string): boolean => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);

function readNumber(text: string): Reading {
  const trimmed = text.trim();
  const word = nonFinite(trimmed);
  if (word !== undefined) return reading(toPage(word));
  if (/^[+-]?\d+$/.test(trimmed)) return reading(toPage(BigInt(trimmed.replace(/^\+/, ""))));
  if (!isNumberText(trimmed)) {
    return problem(
      trimmed === "" ? "a number is needed" : `“${trimmed.slice(0, 40)}” is no number`,
    );
  }
  if (!Number.isFinite(Number(trimmed))) return problem("too large for a number");
  return reading(toPage(new TypedNumber(trimmed)));
}

/** With the mark for whole numbers 2.0 is 2, and 2.5 is wrong. */
function readInteger(text: string): Reading {
  const read = readNumber(text);
  if (!read.ok) return text.trim() === "" ? problem("a whole number is needed") : read;
  const trimmed = text.trim();
  if (/^[+-]?\d+$/.test(trimmed)) return read;
  const number = Number(trimmed);
  if (!Number.isSafeInteger(number)) return problem("a whole number is needed");
  return reading(toPage(BigInt(number)));
}

function inRange(field: Field, read: Reading): Reading {
  const { min = null, max = null, unit = "" } = field.known ?? {};
  const number = nonFinite(field.text) ?? Number(field.text);
  const withUnit = (limit: number) => (unit === "" ? String(limit) : `${limit} ${unit}`);
  if (!read.ok || Number.isNaN(number)) return read;
  if (min !== null && number < min) return problem(`at least ${withUnit(min)}`);
  if (max !== null && number > max) return problem(`at most ${withUnit(max)}`);
  return read;
}

function readJson(text: string): Reading {
  const parsed = parseJson(text);
  if (parsed.ok) return reading(parsed.value);
  return problem(text.trim() === "" ? "a value is needed, such as null" : parsed.problem);
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
      return inRange(field, field.integer ? readInteger(field.text) : readNumber(field.text));
    case "text":
      if (field.text === "" && field.known?.required === true) return problem("a text is needed");
      return reading(field.text);
    case "json":
      return readJson(field.text);
    case "choice":
      return field.text === "" ? problem("choose one") : readAny(field.text);
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
  const names = new Set<string>();
  for (const [index, field] of fields.entries()) {
    if (field.omitted) {
      if (field.known?.required === true) problems.set(index, "it has to be given");
      continue;
    }
    const read = readField(field);
    const name = field.extra ? field.name.trim() : field.name;
    if (!read.ok) problems.set(index, read.problem);
    else if (names.has(name)) problems.set(index, "there are two arguments of this name");
    else values.push([name, read.value]);
    names.add(name);
  }
  if (problems.size > 0) return { ok: false, problems };
  return { ok: true, arguments: Object.fromEntries(values), line: lineFor(command, values) };
}

/** The line of Python that does the same. */
export const lineFor = (
  command: string,
  values: readonly (readonly [name: string, value: PageValue])[],
): string =>
  runLine(
    command,
    values.map(([name, value]) => [name, toPythonLine(value)]),
  );
