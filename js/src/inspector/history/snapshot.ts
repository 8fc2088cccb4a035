/** A state from before, made of the page's own copy and what the kernel says was different. */

import type { Entry } from "../../kernel/state_store.ts";
import type { PastResult } from "../../protocol/inspector.ts";

/** `toPage` brings the recorder's times to the clock of clock.ts. */
export function pastEntries(
  base: ReadonlyMap<string, Entry>,
  { absent, unknown, keys }: PastResult,
  toPage: (theirs: number) => number | null,
): ReadonlyMap<string, Entry> {
  const entries = new Map(base);
  for (const key of absent) entries.delete(key);
  for (const key of unknown) entries.delete(key);
  for (const { key, value, since } of keys) {
    entries.set(key, { key, value, changedAt: toPage(since), rate: 0 });
  }
  return entries;
}
