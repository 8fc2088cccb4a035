import { beforeEach, describe, expect, it, vi } from "vitest";
import { createRecorderClock } from "../../../src/inspector/history/recorder_clock.ts";

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
