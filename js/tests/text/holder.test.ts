import { describe, expect, it } from "vitest";
import { clockTime, heldBy, heldByLabel } from "../../src/text/holder.ts";

const NOON = new Date(2026, 11, 1, 12, 0, 0).getTime();
const at = (hours: number, minutes: number, seconds = 0, day = 1) =>
  new Date(2026, 11, day, hours, minutes, seconds).getTime() / 1000;

describe("a holder", () => {
  it.each([
    ["Ben", at(12, 54, 39), "held by Ben until 12:54"],
    ["Ben", at(9, 5, 0, 2), "held by Ben until 2026-12-02 09:05"],
    ["Ben", null, "held by Ben"],
    ["", at(12, 54), "held by another client until 12:54"],
    ["", null, "held by another client"],
    // It has been extended since.
    ["Ben", at(11, 59), "held by Ben"],
    ["Ben", 1e300, "held by Ben"],
    ["\u202enimda", null, "held by \\u202enimda"],
  ])("%j until %j", (holder, until, text) => {
    expect(heldBy(holder, until, NOON)).toBe(text);
  });

  it("begins a label", () => expect(heldByLabel("Ben", null, NOON)).toBe("Held by Ben"));
});

it("shows no time that there is not", () => expect(clockTime(Number.NaN)).toBe(""));
