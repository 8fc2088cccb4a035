import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../dev/scenes.ts";
import { findCommands } from "../../src/palette/match.ts";

const names = (query: string): readonly string[] =>
  findCommands(COMMANDS, query).flatMap(({ items }) => items.map(({ command }) => command.name));

describe("without a query", () => {
  it("all commands stand in groups by what is before the slash", () => {
    const groups = findCommands(COMMANDS, " ");
    expect(groups.map(({ title }) => title)).toEqual(["playback", "user", "multiuser", ""]);
    expect(groups.flatMap(({ items }) => items).length).toBe(COMMANDS.length);
  });
});

describe("with a query", () => {
  it.each([
    ["lo", "playback/load"],
    ["play", "playback/play"],
    ["colour", "user/colour"],
    ["slow", "user/slow"],
    ["roo", "multiuser/radially-orient-origins"],
    ["pause play", "playback/pause"],
  ])("%s finds %s first", (query, name) => expect(names(query)[0]).toBe(name));

  it("finds by the label as by the name, and marks both", () => {
    const [group] = findCommands(COMMANDS, "load");
    expect(group?.items[0]).toMatchObject({ inName: [[9, 13]], inLabel: [[0, 4]] });
  });

  it("finds nothing without inventing a group", () => {
    expect(findCommands(COMMANDS, "xyzzy")).toEqual([]);
  });
});
