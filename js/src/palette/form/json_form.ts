/** Convert the form to one JSON object and back. Pure. */

import type { PageValue } from "../../protocol/common.ts";
import { locatedProblem, parseJson } from "../../values/json_text.ts";
import { open } from "../../values/page_value.ts";
import { toJsonText } from "../../values/value_text.ts";
import { extraField, type Field, kindOf, readField, textFor } from "./form.ts";

/** A field that cannot be read yet stands as the text that it is. */
export function jsonOf(fields: readonly Field[]): string {
  const entries = fields
    .filter(({ omitted, name, extra }) => !omitted && !(extra && name.trim() === ""))
    .map((field): readonly [string, PageValue] => {
      const read = readField(field);
      return [field.extra ? field.name.trim() : field.name, read.ok ? read.value : field.text];
    });
  return toJsonText(Object.fromEntries(entries));
}

export type JsonReading =
  | { readonly ok: true; readonly fields: readonly Field[] }
  | { readonly ok: false; readonly problem: string };

function withValue(field: Field, value: PageValue): Field {
  const text = textFor(field.kind, value);
  if (text !== null) return { ...field, text, omitted: false };
  // Another kind of value than the form asks for: it is the person's to know.
  const kind = kindOf(value);
  return { ...field, kind, text: textFor(kind, value) ?? "", omitted: false };
}

/** Fields of the form stay, left out where the object does not have them. */
export function fieldsFrom(text: string, fields: readonly Field[]): JsonReading {
  const parsed = parseJson(text.trim() === "" ? "{}" : text);
  if (!parsed.ok) return { ok: false, problem: locatedProblem(text, parsed) };
  const opened = open(parsed.value);
  if (opened.kind !== "object") {
    return { ok: false, problem: 'Object expected, such as {"index": 2}' };
  }
  const values = new Map(opened.fields);
  const own = fields.filter(({ extra }) => !extra);
  const kept = own.map((field) => {
    const value = values.get(field.name);
    return value === undefined ? { ...field, omitted: true } : withValue(field, value);
  });
  const names = new Set(own.map(({ name }) => name));
  const added = opened.fields
    .filter(([name]) => !names.has(name))
    .map(([name, value]) => extraField(name, value));
  return { ok: true, fields: [...kept, ...added] };
}
