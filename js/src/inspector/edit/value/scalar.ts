/** Convert a scalar to the text of a one-line field, and back. Pure. */

import type { PageValue } from "../../../protocol/common.ts";
import { NUMBER_TOO_LARGE, readJson } from "../../../values/json_text.ts";
import { nonFiniteName } from "../../../values/non_finite.ts";
import { missing, open } from "../../../values/page_value.ts";

export type ScalarKind = "number" | "boolean" | "text" | "null";

/** What was typed: as JSON for the kernel, or what is wrong with it. */
export type Reading =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string; readonly at?: number };

/** A longer text, or one of several lines, is not for a field of one line. */
const LONGEST_LINE = 500;

/** The kind of a value that fits into a field of one line; null for all others. */
export function lineKind(value: PageValue): ScalarKind | null {
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

export function lineText(value: PageValue): string {
  const opened = open(value);
  if (opened.kind === "number" || opened.kind === "text") return opened.text;
  return opened.kind === "boolean" ? String(opened.value) : "null";
}

function readNumber(typed: string): Reading {
  const text = typed.trim();
  const endless = nonFiniteName(text);
  if (endless !== undefined) return { ok: true, text: endless };
  // What tables and pages show instead of a hyphen.
  const read = readJson(text.replace(/^−/, "-").replace(/^\+(?=\d)/, ""));
  if (read.ok && read.kind === "number") return { ok: true, text: read.text };
  if (!read.ok && read.problem === NUMBER_TOO_LARGE) {
    return { ok: false, problem: read.problem };
  }
  return { ok: false, problem: "a number is needed, as 1.5 or -2e3, or NaN or Infinity" };
}

function readAnyScalar(typed: string): Reading {
  const read = readJson(typed);
  if (read.ok && read.kind !== "list" && read.kind !== "object") return read;
  return {
    ok: false,
    problem: 'a number, true, false, null, or a text in quotes is needed, as "abc"',
  };
}

export function readLine(kind: ScalarKind, typed: string): Reading {
  switch (kind) {
    case "number":
      return readNumber(typed);
    case "boolean":
      return typed === "true" || typed === "false"
        ? { ok: true, text: typed }
        : { ok: false, problem: "true or false is needed" };
    case "text":
      return { ok: true, text: JSON.stringify(typed) };
    case "null":
      return readAnyScalar(typed);
  }
}
