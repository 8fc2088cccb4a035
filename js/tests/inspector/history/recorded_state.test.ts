import { beforeEach, describe, expect, it, vi } from "vitest";
import { createRecorderClock, snapshotAt } from "../../../src/inspector/history/recorded_state.ts";
import type { Entry } from "../../../src/kernel/state_store.ts";

let page = 0;
vi.mock("../../../src/ui/clock.ts", () => ({ now: () => page }));

/** A clock of a kernel that was at 1000 when the page was at 0. */
function clockThatHeard(...answers: readonly [asked: number, answered: number, theirs: number][]) {
  const clock = createRecorderClock();
  for (const [asked, answered, theirs] of answers) {
    page = answered;
    clock.synchronize(theirs, asked);
  }
  return clock;
}

beforeEach(() => {
  page = 0;
});

describe("the recorder's clock on the page", () => {
  it("knows nothing before it heard anything", () => {
    const clock = createRecorderClock();
    expect(clock.now()).toBeNull();
    expect(clock.toPage(1000)).toBeNull();
  });

  it("believes the answer that was on its way for the shortest time", () => {
    const clock = clockThatHeard([0, 3, 1001], [10, 10.5, 1010], [20, 29, 1021]);
    page = 30;
    expect(clock.now()).toBeCloseTo(1029.5);
    expect(clock.toPage(1029.5)).toBeCloseTo(30);
  });

  it("is right again after the page's machine slept", () => {
    const clock = clockThatHeard([0, 0.5, 1000], [1, 1.5, 8000]);
    page = 2;
    expect(clock.now()).toBeCloseTo(8000.5);
  });

  it("is right again after the kernel's machine slept", () => {
    const clock = clockThatHeard([0, 0.5, 1000], [7000, 7000.5, 1000.5]);
    page = 7001;
    expect(clock.now()).toBeCloseTo(1001.5, 0);
  });
});

const entry = (key: string, value: number): Entry => ({ key, value, changedAt: 9, rate: 3 });

describe("a past state", () => {
  const base = new Map([
    ["same", entry("same", 1)],
    ["changed", entry("changed", 2)],
    ["later", entry("later", 3)],
    ["forgotten", entry("forgotten", 4)],
  ]);
  const past = snapshotAt(
    base,
    {
      at: 100,
      now: 110,
      keys: [
        { key: "changed", value: 20, since: 95 },
        { key: "gone", value: 50, since: 90 },
      ],
      absent: ["later"],
      unknown: ["forgotten"],
      left: 0,
    },
    (theirs) => theirs - 100,
  );

  it("is what the page has, but for what was different", () => {
    expect([...past].map(([key, { value }]) => [key, value])).toEqual([
      ["same", 1],
      ["changed", 20],
      ["gone", 50],
    ]);
    expect(past.get("changed")?.changedAt).toBe(-5);
  });
  it("leaves the page's own copy alone", () => {
    expect(base.get("changed")?.value).toBe(2);
    expect(base.size).toBe(4);
  });
});
