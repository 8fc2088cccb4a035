import { describe, expect, it } from "vitest";
import type { Buffers } from "../../src/protocol/common.ts";
import type { FrameRowsBody } from "../../src/protocol/simulation.ts";
import { RowStore } from "../../src/simulation/row_store.ts";

const TIME = "system.simulation.time";

interface Rows {
  readonly first: number;
  readonly seconds: readonly number[];
  readonly columns?: Readonly<Record<string, readonly number[]>>;
  readonly from?: number;
  readonly resets?: readonly number[];
  readonly epoch?: string;
}

function message(rows: Rows): [FrameRowsBody, Buffers] {
  const { first, seconds, columns = {}, from = first, resets = [], epoch = "e" } = rows;
  const keys = Object.keys(columns);
  const stop = first + seconds.length;
  return [
    { epoch, from, first, stop, keys, resets },
    [
      new Float64Array(seconds).buffer,
      new Float64Array(keys.flatMap((key) => columns[key] ?? [])).buffer,
    ],
  ];
}

function storeWith(...batches: readonly Rows[]): RowStore {
  const store = new RowStore();
  store.begin("e");
  for (const rows of batches) store.add(...message(rows));
  return store;
}

const values = (store: RowStore, key: string) => [...(store.column(key) ?? [])];

describe("rows", () => {
  it("are appended, and a number that appears later is missing before", () => {
    const store = storeWith(
      { first: 0, seconds: [1, 2], columns: { a: [10, 20] } },
      { first: 2, seconds: [3], columns: { b: [5] } },
    );
    expect([...store.seconds]).toEqual([1, 2, 3]);
    expect(values(store, "a")).toEqual([10, 20, Number.NaN]);
    expect(values(store, "b")).toEqual([Number.NaN, Number.NaN, 5]);
    expect(store.latest("a")).toBeNull();
    expect(store.latest("b")).toBe(5);
    expect(store.next).toBe(3);
  });

  it("are taken once, also if a message overlaps with known rows", () => {
    const store = storeWith(
      { first: 0, seconds: [1, 2], columns: { a: [10, 20] } },
      { first: 1, seconds: [2, 3], columns: { a: [20, 30] } },
      { first: 0, seconds: [1, 2], columns: { a: [10, 20] } },
    );
    expect(values(store, "a")).toEqual([10, 20, 30]);
  });

  it("wait for those before them", () => {
    const store = storeWith({ first: 5, seconds: [6], columns: { a: [60] } });
    expect(store.length).toBe(0);
    expect(store.next).toBe(0);
  });

  it("continue after rows that the kernel has lost", () => {
    const store = storeWith(
      { first: 0, seconds: [1], columns: { a: [10] } },
      { from: 1, first: 50, seconds: [9], columns: { a: [90] } },
    );
    expect(values(store, "a")).toEqual([10, 90]);
    expect(store.next).toBe(51);
  });

  it("of another epoch are discarded", () => {
    const store = storeWith({ first: 0, seconds: [1], columns: { a: [10] } });
    expect(store.add(...message({ first: 1, seconds: [2], epoch: "other" }))).toBe(false);
    store.begin("other");
    expect(store.length).toBe(0);
    expect(store.keys).toEqual([]);
  });

  it("are bounded, and the oldest go first", () => {
    const store = storeWith();
    const size = 9_000;
    for (let batch = 0; batch < 6; batch += 1) {
      const first = batch * size;
      const seconds = Array.from({ length: size }, (_, row) => first + row);
      store.add(...message({ first, seconds, columns: { a: seconds } }));
    }
    expect(store.length).toBeLessThanOrEqual(36_000);
    expect(store.length).toBeGreaterThanOrEqual(18_000);
    expect(store.latest("a")).toBe(6 * size - 1);
    expect(store.seconds[0]).toBe(6 * size - store.length);
    expect(values(store, "a")[0]).toBe(store.seconds[0]);
  });
});

describe("resets", () => {
  it("are marked where the simulated time restarts, but not at the first frame", () => {
    const store = storeWith({
      first: 0,
      seconds: [1, 2, 3],
      columns: { [TIME]: [0.5, 0.6, 0] },
      resets: [0, 2],
    });
    expect(store.resets).toEqual([3]);
  });

  it("are not marked where the server only sent everything again", () => {
    const store = storeWith(
      { first: 0, seconds: [1], columns: { [TIME]: [0.5] } },
      { first: 1, seconds: [2], columns: { [TIME]: [0.6] }, resets: [1] },
    );
    expect(store.resets).toEqual([]);
  });
});
