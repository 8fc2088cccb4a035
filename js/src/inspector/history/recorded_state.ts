/** Earlier states from the kernel's recorder: their times, and how they are rebuilt. */

import type { Entry } from "../../kernel/state_store.ts";
import type { PastResult } from "../../protocol/inspector.ts";
import { now } from "../../ui/clock.ts";

export interface RecorderClock {
  /** Notes what the kernel's clock said after it was asked. */
  synchronize(kernelTime: number, askedAt: number): void;
  /** A time of theirs on the clock of clock.ts; null before anything was heard. */
  toPage(kernelTime: number): number | null;
  /** What their clock says now. */
  now(): number | null;
}

export function createRecorderClock(): RecorderClock {
  let offset: number | null = null;
  return {
    // The answer that came quickest after its question is nearest to the truth. What lies
    // outside of a later one has become wrong: one of the two machines slept.
    synchronize(kernelTime, askedAt) {
      const most = now() - kernelTime;
      offset = Math.min(Math.max(offset ?? most, askedAt - kernelTime), most);
    },
    toPage: (kernelTime) => (offset === null ? null : kernelTime + offset),
    now: () => (offset === null ? null : now() - offset),
  };
}

const two = (number: number): string => String(Math.floor(number)).padStart(2, "0");

/** "10:03:12.4": the time of day where the reader is. */
export function timeOfDay(seconds: number): string {
  const date = new Date(seconds * 1000);
  const tenth = Math.floor(date.getMilliseconds() / 100);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${tenth}`;
}

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
