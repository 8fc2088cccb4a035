import { describe, expect, it } from "vitest";
import { plotNumber, shortNumber, simulatedTime } from "../../src/simulation/format.ts";

describe("numbers", () => {
  it.each([
    [12.412, "12.41 ps"],
    [1204, "1.204 ns"],
    [2_500_000, "2.500 µs"],
  ])("a time of %d ps is %s", (ps, text) => expect(simulatedTime(ps)).toBe(text));

  it.each([
    [1204.62, "1\u202f204.6"],
    [-1204.62, "-1\u202f204.6"],
    [301.24, "301.2"],
    [2.71499, "2.715"],
    [0, "0.0"],
    [0.0412, "0.0412"],
    [1e-5, "1.00e-5"],
    [123456, "123\u202f456"],
    [2e9, "2.00e+9"],
  ])("a plotted %d is %s", (value, text) => expect(plotNumber(value)).toBe(text));

  it.each([
    [0, "0"],
    [-0.7123456, "-0.71235"],
    [9.88e-4, "9.88e-4"],
    [4_294_967_295, "4.29e+9"],
  ])("in a table %d is %s", (value, text) => expect(shortNumber(value)).toBe(text));
});
