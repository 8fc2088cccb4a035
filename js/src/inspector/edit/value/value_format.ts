/** Convert a value to the text of an edit field, and back. Pure. */

import type { PageValue } from "../../../protocol/common.ts";
import { NUMBER_TOO_LARGE, readJson } from "../../../values/json_text.ts";
import { nonFiniteName } from "../../../values/non_finite.ts";
import { missing, open } from "../../../values/page_value.ts";
import { toJsonText } from "../../../values/value_text.ts";
import * as strings from "../../strings.ts";

export type ScalarKind = "number" | "boolean" | "text" | "null";

/** The typed text as JSON for the kernel, or the problem with it. */
export type Reading =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string; readonly at?: number };

export interface ValueFormat {
  textOf(value: PageValue): string;
  read(text: string): Reading;
}

/** A scalar on one line: text without quotes, numbers as typed. */
export const scalarFormat = (kind: ScalarKind): ValueFormat => ({
  textOf: scalarText,
  read: (text) => readScalar(kind, text),
});

/** JSON. The last reading is cached, because drawing asks for it repeatedly. */
export function jsonFormat(): ValueFormat {
  let last: { readonly text: string; readonly reading: Reading } | null = null;
  return {
    textOf: toJsonText,
    read: (text) => {
      if (last?.text !== text) last = { text, reading: readJson(text) };
      return last.reading;
    },
  };
}

const LONGEST_LINE = 500;

/** Return the kind of a value that fits on one line; null for other values. */
export function scalarKind(value: PageValue): ScalarKind | null {
  const opened = open(value);
  switch (opened.kind) {
    case "number":
    case "boolean":
    case "null":
      return opened.kind;
    case "text": {
      const { text } = opened;
      return missing(opened) > 0 || text.length > LONGEST_LINE || /[\n\r]/.test(text)
        ? null
        : "text";
    }
    case "bytes":
    case "list":
    case "object":
      return null;
  }
}

export function scalarText(value: PageValue): string {
  const opened = open(value);
  if (opened.kind === "number" || opened.kind === "text") return opened.text;
  return opened.kind === "boolean" ? String(opened.value) : "null";
}

function readNumber(typed: string): Reading {
  const text = typed.trim();
  const special = nonFiniteName(text);
  if (special !== undefined) return { ok: true, text: special };
  // Tables and web pages often use a minus sign instead of a hyphen.
  const read = readJson(text.replace(/^−/, "-").replace(/^\+(?=\d)/, ""));
  if (read.ok && read.kind === "number") return { ok: true, text: read.text };
  if (!read.ok && read.problem === NUMBER_TOO_LARGE) {
    return { ok: false, problem: read.problem };
  }
  return { ok: false, problem: strings.editBoxNeedsNumber };
}

function readAnyScalar(typed: string): Reading {
  const read = readJson(typed);
  if (read.ok && read.kind !== "list" && read.kind !== "object") return read;
  return { ok: false, problem: strings.editBoxNeedsScalar };
}

export function readScalar(kind: ScalarKind, typed: string): Reading {
  switch (kind) {
    case "number":
      return readNumber(typed);
    case "boolean":
      return typed === "true" || typed === "false"
        ? { ok: true, text: typed }
        : { ok: false, problem: strings.editBoxNeedsBoolean };
    case "text":
      return { ok: true, text: JSON.stringify(typed) };
    case "null":
      return readAnyScalar(typed);
  }
}
