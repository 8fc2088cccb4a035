import { describe, expect, it } from "vitest";
import { compareNames, sortByName } from "../../../src/inspector/tree/sort_order.ts";

const sorted = (...names: readonly string[]) => sortByName(names, (name) => name);

describe("names", () => {
  it("sort naturally", () => {
    expect(sorted("a10", "a9", "b", "A", "a", "é", "f", "e")).toEqual([
      "a",
      "A",
      "a9",
      "a10",
      "b",
      "e",
      "é",
      "f",
    ]);
    expect(sorted("1.10", "1.9", "01.9")).toEqual(["01.9", "1.9", "1.10"]);
    expect(sorted("99999999999999999999", "100000000000000000000")).toEqual([
      "99999999999999999999",
      "100000000000000000000",
    ]);
  });

  it("have one order, whichever way they are compared", () => {
    const names = [
      "",
      "0",
      "00",
      "a",
      "A",
      "a0",
      "a00",
      "ä",
      "Ä",
      "\u0000",
      "z",
      "１",
      "a1b",
      "a01b",
    ];
    for (const a of names) {
      for (const b of names) {
        expect(Math.sign(compareNames(a, b))).toBe(-Math.sign(compareNames(b, a)) || 0);
        expect(compareNames(a, b) === 0).toBe(a === b);
        for (const c of names) {
          if (compareNames(a, b) < 0 && compareNames(b, c) < 0) {
            expect(compareNames(a, c)).toBeLessThan(0);
          }
        }
      }
    }
  });
});
