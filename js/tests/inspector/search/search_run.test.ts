import { afterEach, expect, it, vi } from "vitest";
import { parseFilter } from "../../../src/inspector/search/filter.ts";
import { createSearchRun } from "../../../src/inspector/search/search_run.ts";
import { InspectorModel } from "../../../src/inspector/state/model.ts";
import type { Entry } from "../../../src/kernel/state_store.ts";

afterEach(() => vi.unstubAllGlobals());

function make(count: number) {
  const entries = new Map<string, Entry>();
  for (let n = 0; n < count; n += 1) {
    entries.set(`key.${n}`, { key: `key.${n}`, value: n, changedAt: null, rate: 0 });
  }
  const model = new InspectorModel(entries);
  const over = new AbortController();
  const run = createSearchRun(
    model,
    () => 0,
    () => {},
    over.signal,
  );
  const prepared = () => [...entries.values()].filter(({ searchText }) => searchText !== undefined);
  return { model, run, over, prepared };
}

/** A page that is idle when the test says so, and then for a moment only. */
function stubIdle() {
  const waiting = new Map<number, IdleRequestCallback>();
  let handles = 0;
  vi.stubGlobal("requestIdleCallback", (callback: IdleRequestCallback) => {
    handles += 1;
    waiting.set(handles, callback);
    return handles;
  });
  vi.stubGlobal("cancelIdleCallback", (handle: number) => waiting.delete(handle));
  const beIdle = () => {
    const callbacks = [...waiting.values()];
    waiting.clear();
    for (const each of callbacks) each({ didTimeout: false, timeRemaining: () => 0 });
  };
  return { waiting, beIdle };
}

it("writes out what will be searched a few keys at a time, while the page is idle", () => {
  const { waiting, beIdle } = stubIdle();
  const { run, prepared } = make(150);
  run.prepare();
  expect(prepared()).toHaveLength(0);
  beIdle();
  expect(prepared()).toHaveLength(64);
  beIdle();
  beIdle();
  expect(prepared()).toHaveLength(150);
  expect(waiting.size).toBe(0);
});

it("leaves off with the view", () => {
  const { waiting, beIdle } = stubIdle();
  const { run, over, prepared } = make(150);
  run.prepare();
  beIdle();
  over.abort();
  expect(waiting.size).toBe(0);
  run.prepare();
  expect([waiting.size, prepared().length]).toEqual([0, 64]);
});

it("finds the same with and without idle callbacks", () => {
  vi.stubGlobal("requestIdleCallback", undefined);
  // A first stretch that a busy machine cannot end early.
  vi.spyOn(performance, "now").mockReturnValue(0);
  const { model, run, prepared } = make(150);
  run.prepare();
  expect(prepared()).toHaveLength(0);
  model.setFilter(parseFilter("12"));
  run.start();
  expect(model.matched).toBe(12);
});
