/** Rebuild an earlier state from the current one and the differences sent by the kernel. */

import type { Entry } from "../../kernel/state_store.ts";
import type { PastResult } from "../../protocol/inspector.ts";

/** `toPage` brings the recorder's times to the clock of clock.ts. */
export function snapshotAt(
  base: ReadonlyMap<string, Entry>,
  { absent, unknown, keys }: PastResult,
  toPage: (kernelTime: number) => number | null,
): ReadonlyMap<string, Entry> {
  const entries = new Map(base);
  for (const key of absent) entries.delete(key);
  for (const key of unknown) entries.delete(key);
  for (const { key, value, since } of keys) {
    entries.set(key, { key, value, changedAt: toPage(since), rate: 0 });
  }
  return entries;
}
