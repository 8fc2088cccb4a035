import { describe, expect, it } from "vitest";
import { firstAtOrAfter, reduceSeries } from "../../src/simulation/reduce.ts";

const times = (count: number, step = 1 / 30) =>
  Float64Array.from({ length: count }, (_, index) => index * step);

describe("the first index at or after a time", () => {
  it.each([
    [-1, 0],
    [0, 0],
    [0.5, 1],
    [2, 2],
    [9, 3],
  ])("%d is %d", (time, index) => {
    expect(firstAtOrAfter(Float64Array.of(0, 1, 2), time)).toBe(index);
  });
});

describe("reduced series", () => {
  it("keep few points unchanged, with one before the window", () => {
    const { times: kept, values } = reduceSeries(
      Float64Array.of(0, 1, 2, 3),
      Float64Array.of(5, 6, 7, 8),
      [2, 3],
      100,
    );
    expect(kept).toEqual([1, 2, 3]);
    expect(values).toEqual([6, 7, 8]);
  });

  it("keep the extremes of many points, in order", () => {
    const at = times(18_000);
    const series = at.map((time) => Math.sin(time));
    series[9_001] = 40;
    series[12_345] = -40;
    const reduced = reduceSeries(at, series, [0, 600], 800);
    expect(reduced.times.length).toBeLessThanOrEqual(808);
    expect(reduced.values).toContain(40);
    expect(reduced.values).toContain(-40);
    expect([...reduced.times]).toEqual([...reduced.times].sort((a, b) => a - b));
    expect(reduced.values.at(-1)).toBe(series.at(-1));
  });

  it("break where a value is missing and where frames stopped", () => {
    const { times: kept, values } = reduceSeries(
      Float64Array.of(0, 1, 2, 60, 61),
      Float64Array.of(1, Number.NaN, 3, 4, 5),
      [0, 61],
      100,
    );
    expect(kept).toEqual([0, 1, 2, 31, 60, 61]);
    expect(values).toEqual([1, null, 3, null, 4, 5]);
  });

  it("do not break where frames are always rare", () => {
    const { values } = reduceSeries(
      Float64Array.of(0, 5, 10, 16),
      Float64Array.of(1, 2, 3, 4),
      [0, 20],
      100,
    );
    expect(values).toEqual([1, 2, 3, 4]);
  });

  it("are empty without rows in the window", () => {
    expect(reduceSeries(new Float64Array(), new Float64Array(), [0, 1], 100).times).toEqual([]);
  });
});
