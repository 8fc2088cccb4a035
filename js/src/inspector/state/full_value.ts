/** Fetch the full value at a place, of which the page has only a part. */

import type { Host } from "../../kernel/host.ts";
import type { PageValue } from "../../protocol/common.ts";
import { isCut } from "../../values/page_value.ts";
import * as strings from "../strings.ts";
import { valueAt } from "../tree/rows.ts";
import type { Place } from "./place.ts";

/** @throws {Error} The value was removed, or is too large for a page. */
export async function fetchFullValue(
  host: Pick<Host, "request">,
  { key, path }: Place,
  tooLarge = strings.detailTooLargeToCopy,
): Promise<PageValue> {
  const { exists, value } = await host.request("value", { key });
  const part = valueAt(key, value, path);
  if (!exists || part === undefined) throw new Error(strings.detailRemoved);
  if (isCut(part)) throw new Error(tooLarge);
  return part;
}
