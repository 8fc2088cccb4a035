/** Filter all keys in time slices, so that typing stays responsive. */

import type { Entry } from "../../kernel/state_store.ts";
import { now } from "../../ui/clock.ts";
import { debounced, whenIdle } from "../../ui/lifetime.ts";
import { searchText } from "./filter.ts";

/** Seconds at a stretch: what is typed meanwhile waits no longer. */
const SLICE = 0.016;
/** The first stretch is longer: what is found in it need not be drawn twice. */
const FIRST_SLICE = 0.04;
/** What was found is drawn at once, and then so often: drawing takes time from searching. */
const DRAW_EVERY = 0.15;

export interface SearchRun {
  /** Goes on with what is left; the first stretch is done before this returns. */
  start(): void;
  /** Writes out what a search will look through, while nobody waits for it. */
  prepare(): void;
}

/** The part of the model that is searched. */
interface Searchable {
  readonly entries: ReadonlyMap<string, Entry>;
  search(time: number, shouldYield: () => boolean): boolean;
}

export function createSearchRun(
  model: Searchable,
  /** What ages are counted from. */
  time: () => number,
  onProgress: () => void,
  signal: AbortSignal,
): SearchRun {
  let drawnAt = Number.NEGATIVE_INFINITY;
  const step = (slice: number) => {
    const end = now() + slice;
    const done = model.search(time(), () => now() >= end);
    if (done || now() - drawnAt > DRAW_EVERY) {
      drawnAt = now();
      onProgress();
    }
    if (!done) soon();
  };
  const soon = debounced(0, () => step(SLICE), signal);
  let unprepared: Iterator<Entry> = [].values();
  const prepareMore = whenIdle(
    (shouldYield) => visitInTimeSlice(unprepared, searchText, shouldYield),
    signal,
  );
  return {
    prepare: () => {
      unprepared = model.entries.values();
      prepareMore();
    },
    start: () => {
      drawnAt = Number.NEGATIVE_INFINITY;
      step(FIRST_SLICE);
    },
  };
}

/** Things between two looks at the clock, which take longer than one of them. */
const BETWEEN_LOOKS = 64;

/** Visits what is left until `shouldYield` says that it is time to stop; true when all are done. */
export function visitInTimeSlice<T>(
  left: Iterator<T>,
  visit: (item: T) => void,
  shouldYield: () => boolean,
): boolean {
  for (;;) {
    for (let count = 0; count < BETWEEN_LOOKS; count += 1) {
      const { done, value } = left.next();
      if (done === true) return true;
      visit(value);
    }
    if (shouldYield()) return false;
  }
}
