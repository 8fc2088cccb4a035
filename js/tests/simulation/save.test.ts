import { describe, expect, it } from "vitest";
import { RowStore } from "../../src/simulation/row_store.ts";
import { fileName, toCsv } from "../../src/simulation/save.ts";

const DATE = new Date("2026-12-01T10:20:30Z");

describe("a saved table", () => {
  it("has a row for each frame, units, and empty cells for missing values", () => {
    const store = new RowStore();
    store.begin("e");
    store.add(
      { epoch: "e", from: 0, first: 0, stop: 2, keys: ["energy.kinetic", "my,key"], resets: [] },
      [
        Float64Array.of(1_700_000_000, 1_700_000_000.5).buffer,
        Float64Array.of(1.5, Number.NaN, 3, 4).buffer,
      ],
    );
    expect(toCsv(store, store.keys)).toBe(
      [
        'time (UTC),energy.kinetic (kJ/mol),"my,key"',
        "2023-11-14T22:13:20.000Z,1.5,3",
        "2023-11-14T22:13:20.500Z,,4",
        "",
      ].join("\n"),
    );
  });

  it("contains no formula, whatever the keys of a server are", () => {
    const store = new RowStore();
    expect(toCsv(store, ["=cmd()"])).toBe("time (UTC),'=cmd()\n");
  });
});

describe("the name of a saved file", () => {
  it.each([
    ["17-ala", "17-ala-2026-12-01-10-20-30.csv"],
    ["../../etc/passwd", "etc-passwd-2026-12-01-10-20-30.csv"],
    ["", "simulation-2026-12-01-10-20-30.csv"],
  ])("of %j is %s", (simulation, name) => {
    expect(fileName(simulation, "csv", DATE)).toBe(name);
  });
});
