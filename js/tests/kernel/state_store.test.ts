import { beforeEach, describe, expect, it } from "vitest";
import { makeBuffers } from "../../dev/fake_kernel.ts";
import { rateAt, type StateChange, StateStore } from "../../src/kernel/state_store.ts";
import type { PageValue } from "../../src/protocol/common.ts";
import { pass, useFakePage } from "../support.ts";

useFakePage();

const ME = "me";
let store: StateStore;
let doubts: number;
let changes: StateChange[];

beforeEach(() => {
  doubts = 0;
  changes = [];
  store = new StateStore({
    onUncertain: () => {
      doubts += 1;
    },
    onChange: (change) => changes.push(change),
  });
});

interface Part {
  readonly rev: number;
  readonly seq: number;
  readonly part?: number;
  readonly last?: boolean;
  readonly epoch?: string;
  readonly forMe?: boolean;
  readonly of?: number;
  readonly state: readonly (readonly [id: number, key: string, value: PageValue])[];
}

function snapshot(told: Part) {
  const { rev, seq, part = 0, last = true, epoch = "e", forMe = true, state } = told;
  const buffers = makeBuffers(
    state.map(([id]) => id),
    { keys: state.map(([, key]) => key), values: state.map(([, , value]) => value) },
  );
  const body = { epoch, rev, seq, part, last, keys: told.of ?? state.length };
  store.onSnapshot({ op: "snapshot", body, client: ME, id: null, buffers }, forMe);
}

interface Delta {
  readonly from: number;
  readonly to: number;
  readonly seq: number;
  readonly epoch?: string;
  readonly client?: string | null;
  readonly values?: readonly (readonly [id: number, value: PageValue])[];
  readonly added?: readonly (readonly [number, string])[];
  readonly removed?: readonly string[];
}

function delta({ from, to, seq, epoch = "e", client = null, ...content }: Delta) {
  const { values = [], added = [], removed = [] } = content;
  const buffers = makeBuffers(
    values.map(([id]) => id),
    { values: values.map(([, value]) => value), new: added, removed },
  );
  const forMe = client === null || client === ME;
  const body = { epoch, from, to, seq };
  store.onDelta({ op: "delta", body, client, id: null, buffers }, forMe);
}

const heartbeat = (rev: number, seq: number, epoch = "e") =>
  store.onHeartbeat({ epoch, rev, seq, keys: 0, age: 0, rate: 0, frames: 0, size: 0 });

const content = () => Object.fromEntries([...store.entries].map(([k, { value }]) => [k, value]));

const start = () =>
  snapshot({
    rev: 5,
    seq: 10,
    state: [
      [0, "a", 1],
      [1, "b", 2],
    ],
  });

describe("a store without lost messages", () => {
  it("holds the snapshot", () => {
    start();
    expect(content()).toEqual({ a: 1, b: 2 });
    expect(store.have).toEqual({ epoch: "e", rev: 5 });
    expect(store.handled).toEqual({ seq: 10, rev: 5 });
    expect(store.isUncertain).toBe(false);
  });

  it("accepts an empty snapshot", () => {
    expect(store.loaded).toBe(false);
    snapshot({ rev: 0, seq: 1, state: [] });
    expect(store.loaded).toBe(true);
    expect(store.have).toEqual({ epoch: "e", rev: 0 });
  });

  it("reports the progress of a snapshot", () => {
    expect(store.progress).toBeNull();
    snapshot({ rev: 5, seq: 10, last: false, of: 3, state: [[0, "a", 1]] });
    expect(store.progress).toMatchObject({ have: 1, of: 3 });
    snapshot({
      rev: 5,
      seq: 11,
      part: 1,
      of: 3,
      state: [
        [1, "b", 2],
        [2, "c", 3],
      ],
    });
    expect(store.progress).toBeNull();
  });

  it("applies changes, new keys and removals", () => {
    start();
    delta({
      from: 5,
      to: 7,
      seq: 11,
      values: [
        [0, 10],
        [2, 3],
      ],
      added: [[2, "c"]],
      removed: ["b"],
    });
    expect(content()).toEqual({ a: 10, c: 3 });
    expect(changes.at(-1)).toMatchObject({ added: ["c"], changed: ["a"], removed: ["b"] });
    expect(doubts).toBe(0);
  });

  it("distinguishes falsy values from absent ones", () => {
    start();
    delta({
      from: 5,
      to: 6,
      seq: 11,
      values: [
        [0, 0],
        [1, null],
      ],
    });
    expect(content()).toEqual({ a: 0, b: null });
  });

  it("advances with the last part of a delta", () => {
    start();
    delta({ from: 5, to: 5, seq: 11, values: [[0, 10]] });
    expect(store.have.rev).toBe(5);
    delta({ from: 5, to: 9, seq: 12, values: [[1, 20]] });
    expect(content()).toEqual({ a: 10, b: 20 });
    expect(store.have.rev).toBe(9);
  });

  it("accepts the new id of a key that was removed and added again", () => {
    start();
    delta({ from: 5, to: 6, seq: 11, removed: ["a"] });
    delta({ from: 6, to: 7, seq: 12, values: [[7, 3]], added: [[7, "a"]] });
    expect(content()).toEqual({ a: 3, b: 2 });
    expect(doubts).toBe(0);
  });

  it("counts parts for other views", () => {
    start();
    snapshot({ rev: 5, seq: 11, forMe: false, state: [[0, "a", 99]] });
    delta({ from: 5, to: 6, seq: 12, values: [[0, 3]] });
    expect(content()).toEqual({ a: 3, b: 2 });
    expect(doubts).toBe(0);
  });

  it("accepts deltas that start before its revision", () => {
    start();
    delta({ from: 3, to: 6, seq: 11, values: [[0, 3]] });
    expect(store.have.rev).toBe(6);
    delta({ from: 4, to: 6, seq: 12, values: [[0, "old"]] });
    expect(content()).toEqual({ a: 3, b: 2 });
  });

  it("holds hostile keys as keys", () => {
    snapshot({
      rev: 1,
      seq: 1,
      state: [
        [0, "__proto__", { x: 1 }],
        [1, "", 2],
        [2, "constructor", 3],
      ],
    });
    expect([...store.entries.keys()]).toEqual(["__proto__", "", "constructor"]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe("a store with lost messages", () => {
  it("requests a sync after a gap and applies nothing until the reply", () => {
    start();
    delta({ from: 6, to: 7, seq: 12, values: [[0, "from after the gap"]] });
    expect(doubts).toBe(1);
    delta({ from: 5, to: 8, seq: 13, values: [[0, "fits by chance"]] });
    expect(content()).toEqual({ a: 1, b: 2 });
    delta({ from: 5, to: 8, seq: 14, client: ME, values: [[0, 3]] });
    expect(content()).toEqual({ a: 3, b: 2 });
    expect(store.isUncertain).toBe(false);
  });

  it("requests a sync after a lost part, although the revision fits", () => {
    start();
    delta({ from: 5, to: 7, seq: 12, values: [[0, 3]] });
    expect(doubts).toBe(1);
    expect(store.have).toEqual({ epoch: "e", rev: 5 });
  });

  it("requests a sync for an unknown revision", () => {
    start();
    delta({ from: 6, to: 7, seq: 11, values: [[0, 3]] });
    expect(doubts).toBe(1);
  });

  it("accepts a full snapshot that it did not request", () => {
    snapshot({ rev: 0, seq: 11, epoch: "another", state: [[0, "other", 1]] });
    delta({ from: 0, to: 1, seq: 12, epoch: "another", values: [[0, 2]] });
    expect([...store.entries.keys()]).toEqual(["other"]);
    expect(store.entries.get("other")?.value).toBe(2);
    expect(doubts).toBe(0);
    expect(store.have).toEqual({ epoch: "another", rev: 1 });
  });

  it("requests a sync for another epoch", () => {
    start();
    delta({ from: 5, to: 6, seq: 11, epoch: "another", values: [[0, 3]] });
    expect(doubts).toBe(1);
    expect(content()).toEqual({ a: 1, b: 2 });
  });

  it("requests a snapshot after an unknown id", () => {
    start();
    delta({ from: 5, to: 6, seq: 11, values: [[77, 3]] });
    expect(doubts).toBe(1);
    expect(store.have).toEqual({ epoch: null, rev: null });
  });

  it("requests a snapshot after an invalid delta", () => {
    start();
    const body = { epoch: "e", from: 5, to: 6, seq: 11 };
    store.onDelta({ op: "delta", body, client: null, id: null, buffers: [] }, true);
    expect(store.have).toEqual({ epoch: null, rev: null });
  });

  it("detects from the heartbeat that the last message was lost", () => {
    start();
    heartbeat(5, 10);
    expect(doubts).toBe(0);
    heartbeat(6, 11);
    expect(doubts).toBe(1);
  });

  it("detects from the heartbeat that it is current", () => {
    start();
    store.pause();
    store.resume();
    expect(store.isUncertain).toBe(true);
    heartbeat(5, 14);
    expect(store.isUncertain).toBe(false);
    delta({ from: 5, to: 6, seq: 15, values: [[0, 3]] });
    expect(content()).toEqual({ a: 3, b: 2 });
  });

  it("ignores messages while hidden", () => {
    start();
    store.pause();
    delta({ from: 5, to: 6, seq: 11, values: [[0, 3]] });
    expect(content()).toEqual({ a: 1, b: 2 });
    expect(store.have).toEqual({ epoch: "e", rev: 5 });
  });
});

describe("a snapshot in parts", () => {
  const first = () => snapshot({ rev: 5, seq: 10, last: false, state: [[0, "a", 1]] });

  it("is complete with the last part", () => {
    first();
    expect(store.loaded).toBe(false);
    expect(store.have).toEqual({ epoch: null, rev: null });
    snapshot({ rev: 5, seq: 11, part: 1, state: [[1, "b", 2]] });
    expect(store.loaded).toBe(true);
    expect(content()).toEqual({ a: 1, b: 2 });
  });

  it("does not overwrite deltas between its parts", () => {
    first();
    delta({
      from: 5,
      to: 6,
      seq: 11,
      values: [[1, "new"]],
      added: [[1, "b"]],
      removed: ["c"],
    });
    snapshot({
      rev: 5,
      seq: 12,
      part: 1,
      state: [
        [1, "b", "old"],
        [2, "c", "old"],
      ],
    });
    expect(content()).toEqual({ a: 1, b: "new" });
    expect(store.have).toEqual({ epoch: "e", rev: 6 });
  });

  it("is abandoned when a part is lost", () => {
    first();
    snapshot({ rev: 5, seq: 12, part: 2, state: [[2, "c", 3]] });
    expect(doubts).toBe(1);
    expect(store.have).toEqual({ epoch: null, rev: null });
  });

  it("replaces an old copy without emptying it first", () => {
    start();
    snapshot({ rev: 9, seq: 20, last: false, state: [[0, "a", 11]] });
    expect(content()).toEqual({ a: 11, b: 2 });
    snapshot({ rev: 9, seq: 21, part: 1, state: [[5, "d", 4]] });
    expect(content()).toEqual({ a: 11, d: 4 });
    expect(changes.at(-1)?.removed).toEqual(["b"]);
  });

  it("after an earlier one reports only changes", async () => {
    const cut = { $nvj: "cut", kind: "list", head: [1, 2], length: 9 };
    const told = (rev: number, seq: number, b: PageValue) =>
      snapshot({
        rev,
        seq,
        state: [
          [0, "a", { deep: [1, { $nvj: "nan" }, "text", null, { x: true }] }],
          [1, "b", b],
          [2, "cut", cut],
        ],
      });
    told(5, 10, { deep: [1, 2] });
    const before = new Map(store.entries);
    for (const [seq, b] of [
      [20, { deep: [1, 3] }],
      [30, { deep: [1, 3, 4] }],
      [40, { deeper: [1, 3, 4] }],
      [50, ["deeper"]],
      [60, { 0: "deeper" }],
      [70, null],
      [80, 0],
      [90, false],
    ] as const) {
      await pass(1);
      told(seq, seq, b);
      expect(changes.at(-1)).toMatchObject({ added: [], changed: ["b", "cut"], removed: [] });
      expect(store.entries.get("b")?.changedAt).toBe(changes.at(-1)?.at);
      expect(store.entries.get("cut")?.changedAt).toBe(null);
    }
    expect(store.entries.get("a")).toBe(before.get("a"));
  });
});

it("estimates how often a key changes", async () => {
  start();
  for (let step = 0; step < 300; step += 1) {
    await pass(1 / 30);
    delta({ from: 5 + step, to: 6 + step, seq: 11 + step, values: [[0, step]] });
  }
  const entry = store.entries.get("a");
  if (entry === undefined) throw new Error("gone");
  expect(rateAt(entry, performance.now() / 1000)).toBeGreaterThan(25);
  expect(rateAt(entry, performance.now() / 1000)).toBeLessThan(35);
  expect(rateAt(entry, performance.now() / 1000 + 20)).toBeLessThan(0.1);
});
