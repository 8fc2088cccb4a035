/** The recorder's clock, which counts seconds since the epoch and never jumps, on the page. */

import { now } from "../shared/clock.ts";

export interface RecorderClock {
  /** Notes what the kernel's clock says now. */
  hear(theirs: number): void;
  /** A time of theirs on the clock of clock.ts; null before anything was heard. */
  toPage(theirs: number): number | null;
  /** What their clock says now. */
  now(): number | null;
}

export function createRecorderClock(): RecorderClock {
  // The answer that came quickest after its question is nearest to the truth.
  let offset: number | null = null;
  return {
    hear(theirs) {
      const heard = now() - theirs;
      offset = offset === null ? heard : Math.min(offset, heard);
    },
    toPage: (theirs) => (offset === null ? null : theirs + offset),
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
