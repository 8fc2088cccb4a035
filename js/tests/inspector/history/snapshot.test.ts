import { describe, expect, it } from "vitest";
import { snapshotAt } from "../../../src/inspector/history/snapshot.ts";
import type { Entry } from "../../../src/kernel/state_store.ts";

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
