/** Parse JSON and keep how numbers were written, if the browser supports it. Pure. */

import type { PageValue } from "../protocol/common.ts";
import { type Plain, TypedNumber, toPage } from "./page_value.ts";

export type Parsed =
  | { readonly ok: true; readonly value: PageValue }
  | { readonly ok: false; readonly problem: string };

/** JSON.parse of newer browsers also hands over the text of a number. */
type Reviver = (
  this: unknown,
  key: string,
  value: unknown,
  context?: { source?: string },
) => unknown;

/** Stands before the words for which JSON has no number, while they are read as texts. */
const MARK = "\ue000";
const ENDLESS: ReadonlyMap<string, number> = new Map([
  [`${MARK}NaN`, Number.NaN],
  [`${MARK}Infinity`, Number.POSITIVE_INFINITY],
  [`${MARK}-Infinity`, Number.NEGATIVE_INFINITY],
]);

/** The words that value_text.ts writes, as Python's json module does; those in texts stay. */
const withMarks = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|(?:-?\bInfinity|\bNaN)\b(?!\s*:)/g, (found) =>
    found.startsWith('"') ? found : `"${MARK}${found}"`,
  );
const withoutMarks = (text: string): string => text.replace(/"\ue000(-?\w*)"?/g, "$1");

class TooLarge extends Error {}

const keepTyped: Reviver = (_key, value, context) => {
  if (typeof value === "string") return ENDLESS.get(value) ?? value;
  if (typeof value !== "number") return value;
  const source = context?.source;
  if (source !== undefined && /^-?\d+$/.test(source)) {
    return Number.isSafeInteger(value) ? value : BigInt(source);
  }
  if (!Number.isFinite(value)) throw new TooLarge();
  return source === undefined ? value : new TypedNumber(source);
};

export function parseJson(text: string): Parsed {
  try {
    return { ok: true, value: toPage(JSON.parse(withMarks(text), keepTyped) as Plain) };
  } catch (error) {
    if (error instanceof TooLarge) return { ok: false, problem: "a number in it is too large" };
    const words = error instanceof Error ? error.message.replace(/^JSON\.parse: /, "") : "";
    return { ok: false, problem: `not JSON: ${withoutMarks(words)}` };
  }
}
