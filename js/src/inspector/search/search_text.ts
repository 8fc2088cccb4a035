/**
 * The searchable text of an entry: its key and all texts in its value, in lower case. It is cached
 * with the entry, because creating it for a hundred thousand values takes longer than a key press
 * should, while searching it does not.
 */

import type { Entry } from "../../kernel/state_store.ts";
import { someText } from "../../values/page_value.ts";
import { BETWEEN } from "./regex.ts";

export function searchText(entry: Entry): string {
  entry.searchText ??= write(entry);
  return entry.searchText;
}

function write({ key, value }: Entry): string {
  const parts = [key];
  someText(value, (part) => {
    parts.push(part);
    return false;
  });
  // Joined at once it is one piece in memory, through which a pattern goes several times as fast.
  return parts.join(BETWEEN).toLowerCase();
}
