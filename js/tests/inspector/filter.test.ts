import { describe, expect, it } from "vitest";
import { globMatches, parseFilter } from "../../src/inspector/filter.ts";
import type { PageValue } from "../../src/shared/protocol.ts";

const WORLD: Readonly<Record<string, PageValue>> = {
  "avatar.1": { name: "Anna", components: [{ name: "headset" }] },
  "avatar.2": { name: "Ivan", components: [] },
  scene: [0.19, 0.98],
  "suggested.interaction.scale": 100,
  "selection.root": { name: "Root", selected: null },
};

const found = (query: string): readonly string[] => {
  const filter = parseFilter(query);
  return Object.keys(WORLD).filter((key) => filter?.matches(key, WORLD[key] ?? null) ?? true);
};

describe("the filter", () => {
  it.each([
    ["avatar", ["avatar.1", "avatar.2"]],
    ["AVATAR", ["avatar.1", "avatar.2"]],
    ["avatar.*", ["avatar.1", "avatar.2"]],
    ["*.root", ["selection.root"]],
    ["avatar.* anna", ["avatar.1"]],
    ["an", ["avatar.1", "avatar.2"]],
    ["0.98", ["scene"]],
    ["headset", ["avatar.1"]],
    ["name:an", ["avatar.1", "avatar.2"]],
    ["name:root", ["selection.root"]],
    ["sis", ["suggested.interaction.scale"]],
    ["100", ["suggested.interaction.scale"]],
    ["null", ["selection.root"]],
    ["nothing at all", []],
  ])("%j finds %j", (query, keys) => expect(found(query)).toEqual(keys));

  it("asks nothing when it is empty", () => {
    expect(parseFilter("   ")).toBeNull();
    expect(parseFilter("")).toBeNull();
  });

  it("says what to mark", () => {
    expect(parseFilter("avatar.* name:an")).toMatchObject({
      keyWords: ["avatar", "name:an"],
      valueWords: ["an"],
    });
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

  it("takes no long time for text made to take long", () => {
    const before = performance.now();
    expect(globMatches("a*".repeat(20).concat("b"), "a".repeat(10_000))).toBe(false);
    expect(performance.now() - before).toBeLessThan(500);
  });
});
