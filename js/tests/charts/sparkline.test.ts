import { describe, expect, it } from "vitest";
import { sparklinePath } from "../../src/charts/sparkline.ts";

const SIZE = [12, 10] as const;

describe("a sparkline", () => {
  it("goes from the first time to the last, with the smallest value at the bottom", () => {
    expect(sparklinePath([0, 1, 2], [0, 10, 5], undefined, SIZE)).toBe("M1.0 8.5L6.0 1.5L11.0 5.0");
  });
  it("has a gap for null", () => {
    expect(sparklinePath([0, 1, 2, 3], [1, null, 3, 1], undefined, SIZE)).toMatch(
      /^M[^L]*M[^M]*L[^M]*$/,
    );
  });
  it("is in the middle for a constant", () => {
    expect(sparklinePath([0, 1], [7, 7], undefined, SIZE)).toBe("M1.0 5.0L11.0 5.0");
  });
  it("can start at zero", () => {
    expect(sparklinePath([0, 1], [10, 9], 0, SIZE)).toBe("M1.0 1.5L11.0 2.2");
  });
  it("needs two numbers at different times", () => {
    expect(sparklinePath([], [])).toBe("");
    expect(sparklinePath([1], [1])).toBe("");
    expect(sparklinePath([1, 1], [1, 2])).toBe("");
    expect(sparklinePath([1, 2], [null, 2])).toBe("");
  });
});
