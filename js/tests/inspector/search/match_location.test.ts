import { describe, expect, it } from "vitest";
import { parseFilter } from "../../../src/inspector/search/filter.ts";
import type { PageValue } from "../../../src/protocol/common.ts";
import type { Ranges } from "../../../src/ui/highlight.ts";

/** What a row says of its match when it shows these words, the marked part in brackets. */
function found(query: string, value: PageValue, words = "", key = "key"): string | null {
  const entry = { key, value, changedAt: null, rate: 0 };
  const place = parseFilter(query)?.placeIn(entry, words) ?? null;
  if (place === null) return null;
  const shown = place.place === "" ? "" : `${bracketed(place.place, place.placeRanges)}: `;
  return shown + bracketed(place.text, place.textRanges);
}

function bracketed(whole: string, ranges: Ranges): string {
  let text = whole;
  for (const [start, end] of [...ranges].reverse()) {
    text = `${text.slice(0, start)}[${text.slice(start, end)}]${text.slice(end)}`;
  }
  return text;
}

const AVATAR = {
  name: "Ivan",
  components: [
    { name: "headset", position: [0.123456789, 1, 2] },
    { name: "hand.left", rotation: null },
  ],
};

describe("the place of a match", () => {
  it.each([
    ["left", "components[1].name: hand.[left]"],
    ["0.123456789", "components[0].position[0]: [0.123456789]"],
    ["rotat", "components[1].[rotat]ion: null"],
    ["COMPON", '[compon]ents: [{name: "headset", position: [0.1235, 1, 2]}, … 1 more]'],
    ["/^hand/", "components[1].name: [hand].left"],
    ['"hand.left"', "components[1].name: [hand.left]"],
    ["name:left", "components[1].name: hand.[left]"],
    ["position:>1", "components[0].position[2]: [2]"],
    ["position:>=1", "components[0].position[1]: [1]"],
    ["components.position:=1", "components[0].position[1]: [1]"],
    ["nothing", null],
    ["-left type:object changed:<5s *", null],
  ])("of %j is told as %j", (query, text) => expect(found(query, AVATAR)).toBe(text));

  it("is left out where key or words show the match already", () => {
    expect(found("left", AVATAR, "two hands, left and right")).toBe(null);
    expect(found("left", AVATAR, "", "avatar.left")).toBe(null);
    expect(found("ivan left", AVATAR, "Ivan · headset")).toBe("components[1].name: hand.[left]");
  });

  it("is shown with an excerpt of a long text", () => {
    const text = `${"a".repeat(500)}needle${"b".repeat(500)}`;
    const told = `…${"a".repeat(20)}[needle]${"b".repeat(34)}…`;
    expect(found("needle", text)).toBe(told);
    expect(found("needle", { note: text })).toBe(`note: ${told}`);
  });

  it("is looked for in a value only so far, and only once", () => {
    const far = Array.from({ length: 100_000 }, (_, index) => index);
    expect(found("99999", far)).toBe(null);
    let deep: PageValue = "needle";
    for (let level = 0; level < 100; level += 1) deep = [deep];
    expect(found("needle", deep)).toBe(null);

    const value = { a: ["needle"] };
    const entry = { key: "key", value, changedAt: null, rate: 0 };
    const filter = parseFilter("needle");
    expect(filter?.placeIn(entry, "")).toBe(filter?.placeIn(entry, ""));
  });

  it("holds hostile names", () => {
    const hostile = JSON.parse('{"__proto__": {"a b": "<img src=x>"}}') as PageValue;
    expect(found("img", hostile)).toBe('__proto__["a b"]: <[img] src=x>');
    expect(found("quot", { 'a "quot" b': 1 })).toBe('["a \\"quot\\" b"]: 1');
  });
});
