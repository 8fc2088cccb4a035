/** JSON as people type it: numbers keep how they were written, where the browser tells. Pure. */

import { type Plain, TypedNumber, toPage } from "../shared/page_value.ts";
import type { PageValue } from "../shared/protocol.ts";

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

const keepTyped: Reviver = (_key, value, context) => {
  const source = context?.source;
  if (typeof value !== "number" || source === undefined) return value;
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value) ? value : BigInt(source);
  return Number.isFinite(value) ? new TypedNumber(source) : value;
};

export function parseJson(text: string): Parsed {
  try {
    return { ok: true, value: toPage(JSON.parse(text, keepTyped) as Plain) };
  } catch (error) {
    const words = error instanceof Error ? error.message.replace(/^JSON\.parse: /, "") : "";
    return { ok: false, problem: `not JSON: ${words}` };
  }
}
