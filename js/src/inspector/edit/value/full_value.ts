/** Fetch the full value to edit if the page has only a part of it. */

import type { Host } from "../../../kernel/host.ts";
import type { PageValue } from "../../../protocol/common.ts";
import { isCut, open } from "../../../values/page_value.ts";
import type { Place } from "../../state/place.ts";
import { valueAt } from "../../tree/rows.ts";

/** Bytes above which nobody wants a value in a field without having said so. */
export const LARGE_BYTES = 200_000;

/** How large a value is as JSON, where the page has not all of it; else 0. */
export function missingBytes(value: PageValue): number {
  const opened = open(value);
  return isCut(value) && "bytes" in opened ? opened.bytes : 0;
}

/** JSON has no bytes: what is edited as JSON would come back as text. */
export function containsBytes(value: PageValue): boolean {
  if (typeof value !== "object" || value === null) return false;
  const opened = open(value);
  if (opened.kind === "bytes") return true;
  if (opened.kind === "list") return opened.items.some(containsBytes);
  return opened.kind === "object" && opened.fields.some(([, inner]) => containsBytes(inner));
}

/** Throws in words for people where it is gone, or too large for any page. */
export async function fetchFullValue(
  host: Pick<Host, "request">,
  { key, path }: Place,
): Promise<PageValue> {
  const answer = await host.request("value", { key });
  const value = valueAt(key, answer.value, path, () => undefined);
  if (!answer.exists || value === undefined) throw new Error("it is gone");
  if (isCut(value)) throw new Error("it is too large for a field; in Python, client.edit can");
  return value;
}
