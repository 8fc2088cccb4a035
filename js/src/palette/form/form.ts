/** The fields of a command's form, and the values read from them. Pure. */

import type { PageRecord, PageValue } from "../../protocol/common.ts";
import type {
  ArgumentBody,
  ArgumentKind,
  CommandBody,
  MemoryBody,
} from "../../protocol/palette.ts";
import { visible } from "../../text/visible_text.ts";
import { NUMBER_TOO_LARGE, parseJson } from "../../values/json_text.ts";
import { nonFiniteName, nonFiniteValue } from "../../values/non_finite.ts";
import { open, TypedNumber, toPage } from "../../values/page_value.ts";
import { runLine, toJsonLine, toJsonText, toPythonLine } from "../../values/value_text.ts";
import { FIELD_PROBLEMS } from "../strings.ts";

export type FieldKind = "boolean" | "number" | "text" | "json" | "choice" | "any";

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** The content of the control: "true" or "false" for a boolean, JSON for a choice. */
  readonly text: string;
  /** Added by the user, who can edit its name. */
  readonly extra: boolean;
  /** Accepts integers only. */
  readonly integer: boolean;
  /** Not sent, so that the server uses its default. */
  readonly omitted: boolean;
  readonly known: ArgumentBody | null;
}

/** The value of a field, or why its text is invalid. */
export type Reading =
  | { readonly ok: true; readonly value: PageValue; readonly python: string }
  | { readonly ok: false; readonly problem: string };

/** The arguments of the last run, and the names of those that are sent as integers. */
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

/** Return the text of a value in a field of this kind, or null if it does not fit. */
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
      // A string that looks like a number or JSON keeps its quotes.
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

/** Return the fields of a command, filled with the last arguments or the defaults. */
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

export function rememberedFor(command: CommandBody | null, memory: MemoryBody | null): Remembered {
  if (command === null || memory === null) return NOTHING_REMEMBERED;
  const { name } = command;
  const { last, integers } = memory;
  return {
    last: Object.hasOwn(last, name) ? (last[name] ?? null) : null,
    integers: Object.hasOwn(integers, name) ? (integers[name] ?? []) : [],
  };
}

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
    return problem(trimmed === "" ? FIELD_PROBLEMS.noNumber : FIELD_PROBLEMS.notANumber(trimmed));
  }
  if (!Number.isFinite(Number(trimmed))) return problem(NUMBER_TOO_LARGE);
  return reading(toPage(new TypedNumber(trimmed)));
}

/** Read an integer; accepts 2.0 as 2. */
function readInteger(text: string): Reading {
  const read = readNumber(text);
  if (!read.ok) return text.trim() === "" ? problem(FIELD_PROBLEMS.noInteger) : read;
  const trimmed = text.trim();
  if (/^[+-]?\d+$/.test(trimmed)) return read;
  const number = Number(trimmed);
  if (!Number.isSafeInteger(number)) return problem(FIELD_PROBLEMS.noInteger);
  return reading(toPage(BigInt(number)));
}

function inRange(field: Field, read: Reading): Reading {
  const { min = null, max = null, unit = "" } = field.known ?? {};
  const number = nonFinite(field.text) ?? Number(field.text);
  const withUnit = (limit: number) => (unit === "" ? String(limit) : `${limit} ${unit}`);
  if (!read.ok || Number.isNaN(number)) return read;
  if (min !== null && number < min) return problem(FIELD_PROBLEMS.tooSmall(withUnit(min)));
  if (max !== null && number > max) return problem(FIELD_PROBLEMS.tooLarge(withUnit(max)));
  return read;
}

function readJson(text: string): Reading {
  const parsed = parseJson(text);
  if (parsed.ok) return reading(parsed.value);
  return problem(text.trim() === "" ? FIELD_PROBLEMS.noJson : parsed.problem);
}

/** Read a value of unknown kind: as JSON if it is valid JSON, else as a string. */
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
      if (field.text === "" && field.known?.required === true)
        return problem(FIELD_PROBLEMS.required);
      return reading(field.text);
    case "json":
      return readJson(field.text);
    case "choice":
      return field.text === "" ? problem(FIELD_PROBLEMS.noChoice) : readAny(field.text);
    case "any":
      return field.name.trim() === "" ? problem(FIELD_PROBLEMS.unnamed) : readAny(field.text);
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
      if (field.known?.required === true) problems.set(index, FIELD_PROBLEMS.required);
      continue;
    }
    const read = readField(field);
    const name = field.extra ? field.name.trim() : field.name;
    if (!read.ok) problems.set(index, read.problem);
    else if (names.has(name)) problems.set(index, FIELD_PROBLEMS.duplicate);
    else values.push([name, read.value]);
    names.add(name);
  }
  if (problems.size > 0) return { ok: false, problems };
  return { ok: true, arguments: Object.fromEntries(values), line: lineFor(command, values) };
}

/** Return the problems of a form on one line, with the names of the fields. */
export const problemsText = (
  problems: ReadonlyMap<number, string>,
  fields: readonly Field[],
): string =>
  [...problems]
    .map(([index, text]) => `${visible(fields[index]?.name ?? "", 60)}: ${text}`)
    .join(" ");

/** Return the equivalent Python code. */
export const lineFor = (
  command: string,
  values: readonly (readonly [name: string, value: PageValue])[],
): string =>
  runLine(
    command,
    values.map(([name, value]) => [name, toPythonLine(value)]),
  );

const MAX_DRAFTS = 200;

/** Unsent form input by command. Drops the least recently edited draft when there are too many. */
export class Drafts {
  readonly #drafts = new Map<string, readonly Field[]>();

  get(command: string): readonly Field[] | undefined {
    return this.#drafts.get(command);
  }

  set(command: string, fields: readonly Field[]): void {
    this.#drafts.delete(command);
    this.#drafts.set(command, fields);
    const oldest = this.#drafts.keys().next().value;
    if (this.#drafts.size > MAX_DRAFTS && oldest !== undefined) this.#drafts.delete(oldest);
  }
}
