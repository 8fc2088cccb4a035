/** Search all keys in time slices, so that typing stays responsive. */

import type { Entry } from "../../kernel/state_store.ts";
import { now } from "../../ui/clock.ts";
import { debounced, whenIdle } from "../../ui/lifetime.ts";
import { searchText } from "./filter.ts";

/** Seconds per time slice. */
const SLICE = 0.016;
/** The first slice is longer, because a short search is then drawn only once. */
const FIRST_SLICE = 0.04;
/** Seconds between two drawings of the matches so far. */
const DRAW_EVERY = 0.15;

export interface SearchRun {
  /** Continues the search. The first slice runs before this returns. */
  start(): void;
  /** Creates the searchable texts while the page is idle. */
  prepare(): void;
}

/** The part of the model that is searched. */
interface Searchable {
  readonly entries: ReadonlyMap<string, Entry>;
  search(time: number, shouldYield: () => boolean): boolean;
}

export function createSearchRun(
  model: Searchable,
  /** Returns the time that ages are relative to. */
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

/** Items per call of `shouldYield`, which takes longer than one item. */
const BATCH = 64;

/** Visit items until `shouldYield`. Returns whether all items were visited. */
export function visitInTimeSlice<T>(
  left: Iterator<T>,
  visit: (item: T) => void,
  shouldYield: () => boolean,
): boolean {
  for (;;) {
    for (let count = 0; count < BATCH; count += 1) {
      const { done, value } = left.next();
      if (done === true) return true;
      visit(value);
    }
    if (shouldYield()) return false;
  }
}
