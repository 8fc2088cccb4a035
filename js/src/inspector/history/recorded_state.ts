/** Earlier states from the kernel's recorder: their times, and how they are rebuilt. */

import type { Entry } from "../../kernel/state_store.ts";
import type { StateAtResult } from "../../protocol/inspector.ts";
import { now } from "../../ui/clock.ts";

export interface RecorderClock {
  /** Records a time of the kernel's clock from the reply to a request. */
  synchronize(kernelTime: number, requestedAt: number): void;
  /** Converts a time to the clock of ui/clock.ts; null before the first reply. */
  toPage(kernelTime: number): number | null;
  /** Returns the current time of the kernel's clock; null before the first reply. */
  now(): number | null;
}

export function createRecorderClock(): RecorderClock {
  let offset: number | null = null;
  return {
    // Each reply bounds the offset; the fastest one bounds it best. An offset outside of the
    // bounds of a later reply is outdated, for example because one of the machines slept.
    synchronize(kernelTime, requestedAt) {
      const most = now() - kernelTime;
      offset = Math.min(Math.max(offset ?? most, requestedAt - kernelTime), most);
    },
    toPage: (kernelTime) => (offset === null ? null : kernelTime + offset),
    now: () => (offset === null ? null : now() - offset),
  };
}

const two = (number: number): string => String(Math.floor(number)).padStart(2, "0");

/** Return the local time of day, as in "10:03:12.4". */
export function timeOfDay(seconds: number): string {
  const date = new Date(seconds * 1000);
  const tenth = Math.floor(date.getMilliseconds() / 100);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${tenth}`;
}

/** Rebuild an earlier state from the current one and the differences sent by the kernel. */
export function snapshotAt(
  base: ReadonlyMap<string, Entry>,
  { absent, unknown, keys }: StateAtResult,
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
