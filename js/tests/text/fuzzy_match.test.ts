import { describe, expect, it } from "vitest";
import { hasInitials, match, matchWords } from "../../src/text/fuzzy_match.ts";

const marked = (query: string, text: string): string | null => {
  const found = match(query, text);
  if (found === null) return null;
  let result = text;
  for (const [start, end] of [...found.ranges].reverse()) {
    result = `${result.slice(0, start)}[${result.slice(start, end)}]${result.slice(end)}`;
  }
  return result;
};

const ranking = (query: string, texts: readonly string[]): readonly string[] =>
  texts
    .map((text) => ({ text, score: match(query, text)?.score ?? null }))
    .filter((scored): scored is { text: string; score: number } => scored.score !== null)
    .sort((a, b) => b.score - a.score)
    .map(({ text }) => text);

describe("a match", () => {
  it.each([
    ["lo", "playback/load", "playback/[lo]ad"],
    ["PLAY", "playback/play", "playback/[play]"],
    ["pl", "playback/load", "[pl]ayback/load"],
    ["pblo", "playback/load", null],
    ["plo", "playback/load", "[p]layback/[lo]ad"],
    ["roo", "radially-orient-origins", "[r]adially-[o]rient-[o]rigins"],
    ["cc", "colourByCharge", "[c]olourBy[C]harge"],
    ["cbc", "colourByCharge", "[c]olour[B]y[C]harge"],
    ["xyz", "playback/load", null],
    ["", "anything", "anything"],
  ])("%s in %s", (query, text, expected) => expect(marked(query, text)).toBe(expected));

  it("does not match letters in the middle of words", () => {
    expect(match("abk", "playback/load")).toBeNull();
  });
});

describe("the best match", () => {
  it("lo: the start of a word above its middle", () => {
    expect(ranking("lo", ["user/colour", "playback/load"])[0]).toBe("playback/load");
  });
  it("play: the full word above a longer one", () => {
    expect(ranking("play", ["playback/stop", "playback/play"])[0]).toBe("playback/play");
  });
  it("pl: adjacent letters above initials", () => {
    expect(ranking("pl", ["playback", "pause/last"])[0]).toBe("playback");
  });
  it("step: the shorter of two equals", () => {
    expect(ranking("step", ["playback/step_back", "playback/step"])[0]).toBe("playback/step");
  });
});

it("requires each word, in any order", () => {
  expect(matchWords("load play", "playback/load")?.ranges).toEqual([
    [0, 4],
    [9, 13],
  ]);
  expect(matchWords("load stop", "playback/load")).toBeNull();
});

it("does not take exponential time", () => {
  expect(match(`${"a".repeat(39)}b`, "aa.".repeat(130))).toBeNull();
});

it("has correct ranges if lower case is longer", () => {
  expect(marked("load", "İİ/load")).toBe("İİ/[load]");
});

it.each(["plo", "pblo", "roo", "CBC", "load", "aab", "xyz"])(
  "has initials of %s where it is found by them",
  (word) => {
    for (const text of [
      "playback/load",
      "radially-orient-origins",
      "colourByCharge",
      "aa.ab",
      "a.a.b",
    ]) {
      if (text.toLowerCase().includes(word.toLowerCase())) continue;
      expect([text, hasInitials(word.toLowerCase(), text)]).toEqual([
        text,
        match(word, text) !== null,
      ]);
    }
  },
);

it("is fast for a text with many partial matches", () => {
  expect(hasInitials("aaaaaaaaaaaaaaab", "a.".repeat(200))).toBe(false);
  expect(hasInitials(`${"a".repeat(60)}b`, "aa.".repeat(130))).toBe(false);
});
