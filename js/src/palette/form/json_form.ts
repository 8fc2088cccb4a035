/** The form as one JSON object: conversion to and from fields, and the text box. */

import type { PageValue } from "../../protocol/common.ts";
import { h, setAttribute, setText } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";
import { locatedProblem, parseJson } from "../../values/json_text.ts";
import { open } from "../../values/page_value.ts";
import { toJsonText } from "../../values/value_text.ts";
import { FIELD_PROBLEMS, FORM } from "../strings.ts";
import { extraField, type Field, kindOf, readField, textFor } from "./form.ts";

/** Return the fields as JSON; the text of an invalid field becomes a string. */
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
  // The user may send another kind of value than the command declares.
  const kind = kindOf(value);
  return { ...field, kind, text: textFor(kind, value) ?? "", omitted: false };
}

/** Return the fields with the values of a JSON object; fields without a value are omitted. */
export function fieldsFrom(text: string, fields: readonly Field[]): JsonReading {
  const parsed = parseJson(text.trim() === "" ? "{}" : text);
  if (!parsed.ok) return { ok: false, problem: locatedProblem(text, parsed) };
  const opened = open(parsed.value);
  if (opened.kind !== "object") {
    return { ok: false, problem: FIELD_PROBLEMS.notAnObject };
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

export interface JsonBox {
  readonly element: HTMLElement;
  /** Why the text is not a JSON object, or null. */
  problem(): string | null;
  /** Replace the text by these fields. */
  write(fields: readonly Field[]): void;
  /** Show a problem below the box; empty for none. */
  showProblem(text: string): void;
  focus(): void;
}

const ROWS = { min: 4, max: 16 } as const;

export function createJsonBox(
  fields: () => readonly Field[],
  onRead: (fields: readonly Field[]) => void,
  onProblem: () => void,
  signal: AbortSignal,
): JsonBox {
  let problem: string | null = null;
  const box = h("textarea", {
    class: "nvj-input nvj-mono",
    "aria-label": FORM.jsonLabel,
    spellcheck: "false",
  });
  const note = h("div", { class: "nvj-problem", role: "alert", hidden: true });
  listen(
    box,
    "input",
    () => {
      const read = fieldsFrom(box.value, fields());
      problem = read.ok ? null : read.problem;
      if (read.ok) onRead(read.fields);
      else onProblem();
    },
    signal,
  );
  return {
    element: h("div", { class: "nvj-json", hidden: true }, box, note),
    problem: () => problem,
    write(next) {
      box.value = jsonOf(next);
      const lines = box.value.split("\n").length + 1;
      box.rows = Math.min(ROWS.max, Math.max(ROWS.min, lines));
      problem = null;
    },
    showProblem(text) {
      setText(note, text);
      note.hidden = text === "";
      setAttribute(box, "aria-invalid", text === "" ? null : "true");
    },
    focus: () => box.focus(),
  };
}
