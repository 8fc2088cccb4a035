import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../../dev/scenes.ts";
import { CommandFinder, RECENT } from "../../../src/palette/list/ranking.ts";

const findCommands = (query: string, recent: readonly string[] = []) => {
  const finder = new CommandFinder();
  finder.setCommands(COMMANDS);
  finder.setRecent(recent);
  return finder.find(query);
};
const names = (query: string, recent: readonly string[] = []): readonly string[] =>
  findCommands(query, recent).flatMap(({ items }) => items.map(({ command }) => command.name));

describe("without a query", () => {
  it("all commands are grouped by the part before the slash", () => {
    const groups = findCommands(" ");
    expect(groups.map(({ title }) => title)).toEqual(["playback", "user", "multiuser", ""]);
    expect(groups.flatMap(({ items }) => items).length).toBe(COMMANDS.length);
  });

  it("recent commands are listed first, once, and without removed ones", () => {
    const recent = ["user/slow", "user/gone", "playback/step"];
    const groups = findCommands("", recent);
    expect(groups[0]?.title).toBe(RECENT);
    expect(names("", recent).slice(0, 2)).toEqual(["user/slow", "playback/step"]);
    expect(names("", recent).length).toBe(COMMANDS.length);
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

  it("matches label and name and highlights both", () => {
    const [group] = findCommands("load");
    expect(group?.items[0]).toMatchObject({ inName: [[9, 13]], inLabel: [[0, 4]] });
  });

  it("of two equal matches, the recent one comes first", () => {
    expect(names("p")[0]).toBe("playback/pause");
    expect(names("p", ["playback/step"])[0]).toBe("playback/step");
  });

  it("a recent command does not come before a much better match", () => {
    expect(names("play", ["multiuser/radially-orient-origins", "playback/pause"])[0]).toBe(
      "playback/play",
    );
  });

  it("an extended query finds the same as a new one", () => {
    const finder = new CommandFinder();
    finder.setCommands(COMMANDS);
    for (const query of ["p", "pl", "pla", "play s", "pl", "l", "lo", "load x"]) {
      expect(finder.find(query)).toEqual(findCommands(query));
    }
  });

  it("finds nothing without inventing a group", () => {
    expect(findCommands("xyzzy")).toEqual([]);
  });
});
