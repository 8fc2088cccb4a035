import { describe, expect, it } from "vitest";
import { globMatches, parseFilter } from "../../../src/inspector/search/filter.ts";
import type { Entry } from "../../../src/kernel/state_store.ts";
import type { PageValue } from "../../../src/protocol/common.ts";

const WORLD: Readonly<Record<string, PageValue>> = {
  "avatar.1": { name: "Anna", scale: 2, components: [{ name: "headset" }] },
  "avatar.2": { name: "Ivan", scale: 10, components: [{ name: "hand.left" }] },
  scene: [0.19, 0.98, -5],
  "suggested.interaction.scale": 100,
  "selection.root": { name: "Root", selected: null },
  "notes/a:b": "two words",
};
const NOW = 100;
/** How long ago each changed, in seconds. */
const AGES: Readonly<Record<string, number>> = { "avatar.1": 0.1, "avatar.2": 30, scene: 90 };

const found = (query: string): readonly string[] => {
  const filter = parseFilter(query);
  return Object.keys(WORLD).filter((key) => {
    const age = AGES[key];
    const changedAt = age === undefined ? null : NOW - age;
    const entry = { key, value: WORLD[key] ?? null, changedAt, rate: key === "avatar.1" ? 30 : 0 };
    return filter?.matches(entry, NOW) ?? true;
  });
};

describe("the filter", () => {
  it.each([
    ["avatar", ["avatar.1", "avatar.2"]],
    ["AVATAR", ["avatar.1", "avatar.2"]],
    ["avatar.*", ["avatar.1", "avatar.2"]],
    ["*.root", ["selection.root"]],
    ["avatar.* anna", ["avatar.1"]],
    ["0.98", ["scene"]],
    ["-5", ["scene"]],
    ["headset", ["avatar.1"]],
    ["name:an", ["avatar.1", "avatar.2"]],
    ["name:anna", ["avatar.1"]],
    ["name:root", ["selection.root"]],
    ["name:=ivan", ["avatar.2"]],
    ["name:i*n", ["avatar.2"]],
    ["components.name:hand", ["avatar.2"]],
    ["scale:>5", ["avatar.2", "suggested.interaction.scale"]],
    ["scale:<=2", ["avatar.1"]],
    ["interaction.scale:=100", ["suggested.interaction.scale"]],
    ["avatar.1.name:an", ["avatar.1"]],
    ["selection:root", ["selection.root"]],
    ["notes:two", ["notes/a:b"]],
    ["cene:>0", []],
    ["scale:=10", ["avatar.2"]],
    ["sis", ["suggested.interaction.scale"]],
    ["100", ["suggested.interaction.scale"]],
    ["null", ["selection.root"]],
    ['"two words"', ["notes/a:b"]],
    ['"words two"', []],
    ["a:b", ["notes/a:b"]],
    ["type:number", ["suggested.interaction.scale"]],
    ["type:string", ["notes/a:b"]],
    ["type:obj -avatar", ["selection.root"]],
    ["changed:<5s", ["avatar.1"]],
    ["changed:1min", ["avatar.1", "avatar.2"]],
    ["changed:>1min avatar", []],
    ["-changed:<5s avatar.*", ["avatar.2"]],
    ["rate:>5", ["avatar.1"]],
    ["/^avatar\\.\\d$/", ["avatar.1", "avatar.2"]],
    ["/an+a/", ["avatar.1"]],
    ["-/o/", ["scene"]],
    ["-avatar.* -s*", ["notes/a:b"]],
    ["nothing at all", []],
  ])("%j finds %j", (query, keys) => expect(found(query)).toEqual(keys));

  it("asks nothing when it is empty", () => {
    expect(parseFilter("   ")).toBeNull();
    expect(parseFilter("")).toBeNull();
  });

  it.each(["renderer:ball", "nanover.rendering.renderer:ball", "properties.renderer:=ball"])(
    "finds with %s a field that has dots in its own name, as NanoVer's have",
    (query) => {
      const value = { properties: { "nanover.rendering.renderer": "ball" } };
      const entry = { key: "selection.1", value, changedAt: null, rate: 0 };
      expect(parseFilter(query)?.matches(entry, NOW)).toBe(true);
      const other = { ...entry, value: { properties: { "nanover.rendering.hide": "ball" } } };
      expect(parseFilter(query)?.matches(other, NOW)).toBe(false);
    },
  );

  it("highlights matches in keys, including initials", () => {
    const filter = parseFilter("avatar.* name:an -not");
    expect(filter?.keyRanges("avatar.1")).toEqual([[0, 6]]);
    expect(filter?.keyRanges("nothing")).toEqual([]);
    expect(filter?.valueRanges("Anna, Ivan")).toEqual([
      [0, 2],
      [8, 10],
    ]);
    expect(parseFilter("sis")?.keyRanges("suggested.interaction.scale")).toEqual([
      [0, 1],
      [10, 11],
      [22, 23],
    ]);
    expect(parseFilter("/n+/")?.valueRanges("Anna")).toEqual([[1, 3]]);
  });

  it("reports an invalid query, and matches everything", () => {
    const filter = parseFilter("/(a/");
    expect(filter?.problem).toBe("Invalid regex /(a/: missing )");
    expect(found("/(a/")).toEqual(Object.keys(WORLD));
    expect(found("-/(a/")).toEqual(Object.keys(WORLD));
  });

  it("knows that time alone can change what it finds", () => {
    expect(parseFilter("changed:<5s")?.timed).toBe(true);
    expect(parseFilter("rate:>1 x")?.timed).toBe(true);
    expect(parseFilter("avatar")?.timed).toBe(false);
  });
});

describe("a glob", () => {
  it.each([
    ["a*c", "abc", true],
    ["a*c", "ac", true],
    ["a*c", "abcd", false],
    ["*", "", true],
    ["a.b", "axb", false],
    ["**a**", "bab", true],
    ["[x]*", "[x]y", true],
  ])("%s on %s: %s", (pattern, text, expected) => {
    expect(globMatches(pattern, text)).toBe(expected);
  });

  it("comes to an end for text that would take exponential time", () => {
    expect(globMatches("a*".repeat(20).concat("b"), "a".repeat(10_000))).toBe(false);
  });
});

it("finds in an entry what it was searched for before, and in the next one what is new", () => {
  const entry = { key: "note.A", value: { text: "One", at: [0.25] }, changedAt: null, rate: 0 };
  const finds = (query: string, inside: Entry) => parseFilter(query)?.matches(inside, NOW);
  const all = (inside: Entry) =>
    ["note.a", "one", "0.25", "/^at$/", "text:=one", "two"].map((q) => finds(q, inside));
  expect(all(entry)).toEqual([true, true, true, true, true, false]);
  expect(all(entry)).toEqual([true, true, true, true, true, false]);
  const next = { ...entry, value: "two", searchText: undefined };
  expect(all(next)).toEqual([true, false, false, false, false, true]);
});

it("finds no word that begins in one text of a value and ends in the next", () => {
  const entry = { key: "key", value: ["one", "two"], changedAt: null, rate: 0 };
  const finds = (query: string) => parseFilter(query)?.matches(entry, NOW);
  expect(["onetwo", "keyone", "/one.two/"].map(finds)).toEqual([false, false, false]);
});
