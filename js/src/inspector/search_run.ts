/** Runs a filter over all keys a few milliseconds at a time, so that typing is never held up. */

import { now } from "../shared/clock.ts";
import { debounced } from "../shared/lifetime.ts";
import type { InspectorModel } from "./model.ts";

/** Seconds at a stretch: with drawing it leaves a frame its time. */
const SLICE = 0.009;

export interface SearchRun {
  /** Goes on with what is left; the first stretch is done before this returns. */
  start(): void;
}

export function createSearchRun(
  model: InspectorModel,
  /** What ages are counted from. */
  time: () => number,
  onProgress: () => void,
  signal: AbortSignal,
): SearchRun {
  const step = () => {
    const end = now() + SLICE;
    const done = model.search(time(), () => now() >= end);
    onProgress();
    if (!done) soon();
  };
  const soon = debounced(0, step, signal);
  return { start: step };
}
