import { describe, expect, it } from "vitest";
import { BadPattern, compile } from "../../../src/inspector/search/regex.ts";

describe("a pattern", () => {
  it.each([
    ["^avatar\\.", "avatar.1", true],
    ["^avatar\\.", "an avatar.1", false],
    ["a|b|", "", true],
    ["^(ab|cd)+$", "abcdab", true],
    ["^(ab|cd)+$", "abca", false],
    ["^a{2,3}$", "aaaa", false],
    ["^a{2,3}$", "aaa", true],
    ["^a{2,}$", "aaaaa", true],
    ["a{,2}", "a{,2}", true],
    ["^[a-f0-9]{4}-", "6f1c-x", true],
    ["[^a-z]", "abc", false],
    ["[]x]", "]", true],
    ["[a\\]]", "]", true],
    ["[-a]", "-", true],
    ["\\d+\\.\\d+", "at 0.98", true],
    ["\\bhand\\b", "left hand.", true],
    ["\\bhand\\b", "handle", false],
    ["\\Band", "hand", true],
    ["(?:x|y)z", "yz", true],
    ["(?<name>x)z", "xz", true],
    ["\\x41", "a", true],
    ["\\u0041b", "AB", true],
    ["HAND", "hand", true],
    ["[A-Z]", "q", true],
    ["a$|b", "xa", true],
    ["a$|b", "ax", false],
    ["x*", "", true],
    [".", "\n", false],
    ["a.c", "abc", true],
  ])("%s on %j: %s", (pattern, text, fits) => {
    expect(compile(pattern).test(text)).toBe(fits);
    expect(compile(pattern).find(text) !== null).toBe(fits);
  });

  it("finds the first and longest part", () => {
    expect(compile("an+").find("xannan")).toEqual([1, 4]);
    expect(compile("a|ab").find("ab")).toEqual([0, 2]);
  });

  it.each([
    ["(a", "missing )"],
    ["a)", "unmatched )"],
    ["[a", "missing ]"],
    ["*a", "nothing to repeat before *"],
    ["a\\", "trailing \\"],
    ["(a)\\1", "backreferences such as \\1 are not supported"],
    ["(?=a)", "lookaround such as (?= is not supported"],
    ["a{3,1}", "numbers out of order in {3,1}"],
    ["[b-a]", "invalid range in [ ]"],
    ["a{999}", "more than 200 repetitions"],
    ["(((a{99}){99}){99})", "pattern is too large"],
  ])("%s is refused: %s", (pattern, words) => {
    expect(() => compile(pattern)).toThrow(BadPattern);
    expect(() => compile(pattern)).toThrow(words);
  });

  it.each([
    ["^(a+)+$", false],
    ["(a|a)*b", false],
    ["(.*)*(.*)*x", false],
    ["(a|aa)+$", false],
    ["\\b(a+)+\\b!", true],
    ["a{0,200}a{200}", true],
  ])("%s comes to an end with text made to take for ever: %s", (pattern, fits) => {
    expect(compile(pattern).test(`${"a".repeat(4000)}!`)).toBe(fits);
  });

  it.each([
    ["^b$", "a\0b\0c", true],
    ["^b$", "a\0bb\0c", false],
    ["a.b", "a\0b", false],
    ["a[^x]b", "a\0b", false],
    ["c$", "c\0d", true],
    ["^$", "a\0\0b", true],
    ["\\bb\\b", "a\0b\0c", true],
    ["\\Bb", "a\0b", false],
  ])("%s looks at each of several texts in %j: %s", (pattern, texts, fits) => {
    expect(compile(pattern).test(texts)).toBe(fits);
  });

  it("agrees with JavaScript's own engine", () => {
    let seed = 11;
    const pick = <T>(items: readonly T[]): T => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      const item = items[(seed >> 8) % items.length];
      if (item === undefined) throw new Error("nothing to pick from");
      return item;
    };
    const atom = (depth: number): string =>
      depth > 2
        ? pick(["a", "b", ".", "[ab]", "[^a]", "\\d", "^", "$", "\\b"])
        : pick([
            () => atom(3),
            () => `(${atom(depth + 1)}${atom(depth + 1)})`,
            () => `(${atom(depth + 1)}|${atom(depth + 1)})`,
            () => `(${atom(depth + 1)}${atom(depth + 1)})${pick(["*", "+", "?", "{1,2}"])}`,
          ])();
    for (let round = 0; round < 3000; round += 1) {
      const pattern = Array.from({ length: 3 }, () => atom(0)).join("");
      const texts = Array.from({ length: pick([1, 1, 2, 3]) }, () =>
        Array.from({ length: pick([0, 1, 3, 6]) }, () => pick(["a", "b", "1", " ", "\n"])).join(""),
      );
      expect([pattern, texts, compile(pattern).test(texts.join("\0"))]).toEqual([
        pattern,
        texts,
        texts.some((text) => new RegExp(pattern, "i").test(text)),
      ]);
    }
  });
});

it.each([
  ["[A-Z]", "ß"],
  ["[A-Z]", "ı"],
  ["^[^A-Z]$", "ß"],
  ["[À-Þ]", "é"],
  ["a\\sb", "a\u202fb"],
  ["a\\sb", "a\u2003b"],
  ["a\\Sb", "a\u3000b"],
])("/%s/ means in %j what JavaScript means by it", (pattern, text) => {
  expect(compile(pattern).test(text)).toBe(new RegExp(pattern, "i").test(text));
});
