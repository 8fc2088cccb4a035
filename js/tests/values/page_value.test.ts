import { describe, expect, it } from "vitest";
import type { PageValue } from "../../src/protocol/common.ts";
import {
  glance,
  isCut,
  missing,
  open,
  preview,
  shorten,
  someText,
  toPage,
  typeName,
} from "../../src/values/page_value.ts";

const cutList = { $nvj: "cut", kind: "list", length: 1000, bytes: 588_890, head: [1, 2] };
const cutObject = { $nvj: "cut", kind: "object", length: 90, bytes: 20_000, head: { a: 1 } };
const cutText = { $nvj: "cut", kind: "string", length: 20_000, bytes: 20_002, head: "abc" };

describe("open", () => {
  it.each<[PageValue, string]>([
    [null, "null"],
    [false, "boolean"],
    [0, "number"],
    ["", "text"],
    [[], "list"],
    [{}, "object"],
    [{ $nvj: "nan" }, "number"],
    [{ $nvj: "int", text: "9007199254740993" }, "number"],
    [{ $nvj: "bytes", length: 300, hex: "00ff" }, "bytes"],
    [cutList, "list"],
    [cutObject, "object"],
    [cutText, "text"],
  ])("knows %j as %s", (value, kind) => expect(open(value).kind).toBe(kind));

  it("shows an object with an unknown mark as is", () => {
    for (const value of [
      { $nvj: "unheard of" },
      { $nvj: 5 },
      { $nvj: "int" },
      { $nvj: "cut", kind: "list", length: 3, bytes: 1, head: "no list" },
      { $nvj: "esc", value: 5 },
    ]) {
      expect(open(value)).toMatchObject({ kind: "object", length: Object.keys(value).length });
    }
  });

  it("opens an escaped object", () => {
    expect(open({ $nvj: "esc", value: { $nvj: "nan", other: 1 } })).toMatchObject({
      kind: "object",
      fields: [
        ["$nvj", "nan"],
        ["other", 1],
      ],
    });
    const inCut = { ...cutObject, head: { $nvj: "esc", value: { $nvj: "nan" } } };
    expect(open(inCut)).toMatchObject({ fields: [["$nvj", "nan"]], length: 90 });
  });

  it("keeps fields with hostile names", () => {
    const value = JSON.parse('{"__proto__": 1, "": 2}') as PageValue;
    expect(open(value)).toMatchObject({
      fields: [
        ["__proto__", 1],
        ["", 2],
      ],
    });
  });

  it("keeps minus zero", () => expect(open(-0)).toMatchObject({ text: "-0" }));
});

describe("a truncated value", () => {
  it("has the number of missing parts", () => {
    expect(missing(open(cutList))).toBe(998);
    expect(missing(open(cutObject))).toBe(89);
    expect(missing(open(cutText))).toBe(19_997);
    expect(missing(open({ $nvj: "bytes", length: 300, hex: "00ff" }))).toBe(298);
    expect(missing(open([1]))).toBe(0);
  });

  it("is detected at any depth", () => {
    expect(isCut([{ a: [cutText] }])).toBe(true);
    expect(isCut([{ a: ["whole"] }, null, 1])).toBe(false);
  });

  it("is described with the full size", () => {
    expect(typeName(open(cutList))).toBe("list · 1\u202f000 items, 589 kB");
    expect(typeName(open({ a: 1 }))).toBe("object · 1 field");
  });
});

describe("preview", () => {
  it.each<[PageValue, string]>([
    [[0.89, 0.34, 0.18, 1], "[0.89, 0.34, 0.18, 1]"],
    [{ name: "Anna", n: [1] }, '{name: "Anna", n: [1]}'],
    ["two\nlines", '"two\\nlines"'],
    [cutList, "[1, 2, … 998 more]"],
    [cutText, '"abc…"'],
    [{ $nvj: "-inf" }, "-Infinity"],
    [[0.123456789], "[0.1235]"],
    [[], "[]"],
  ])("says of %j: %s", (value, text) => expect(preview(value)).toBe(text));

  it("stays short for large values", () => {
    const wide = Array.from({ length: 5000 }, (_, index) => ({ index, text: "x".repeat(50) }));
    expect(preview(wide, 120).length).toBeLessThan(260);
    expect(preview("y".repeat(100_000), 120).length).toBeLessThan(140);
  });

  it("stops in deeply nested values", () => {
    let deep: PageValue = 1;
    for (let depth = 0; depth < 2000; depth += 1) deep = [deep];
    expect(preview(deep)).toBe("[[[[…]]]]");
    expect(someText(deep, () => false)).toBe(false);
  });
});

it("never shortens a tiny number to zero", () => {
  expect(["0.00001234", "-0.00098765", "0.00004"].map(glance)).toEqual([
    "1.2e-5",
    "-9.9e-4",
    "4.0e-5",
  ]);
});

it("shortens numbers to five digits, and never to an integer", () => {
  const texts = ["2", "0.25", "1.6499658229696348", "-12.345678", "123456.789", "0.00012345678"];
  expect(texts.map(shorten)).toEqual(["2", "0.25", "1.6500", "-12.346", "123456.8", "1.2e-4"]);
  expect(["NaN", "-0", "1e+300", "1.2345678e-7", "12345678901234567890"].map(shorten)).toEqual([
    "NaN",
    "-0",
    "1e+300",
    "1.2e-7",
    "12345678901234567890",
  ]);
});

it("rounds only long numbers", () => {
  expect(["1", "0.25", "-0.366466", "1e-7", "0.30000000000000004"].map(glance)).toEqual([
    "1",
    "0.25",
    "-0.3665",
    "1e-7",
    "0.3",
  ]);
});

describe("toPage", () => {
  it("marks what JSON cannot represent", () => {
    expect(toPage([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])).toEqual([
      { $nvj: "nan" },
      { $nvj: "inf" },
      { $nvj: "-inf" },
    ]);
    expect(toPage(9007199254740993n)).toEqual({ $nvj: "int", text: "9007199254740993" });
    expect(toPage(2n)).toBe(2);
  });

  it("escapes an object that looks like a mark", () => {
    expect(toPage({ $nvj: "nan" })).toEqual({ $nvj: "esc", value: { $nvj: "nan" } });
    expect(open(toPage({ $nvj: "nan" }))).toMatchObject({ kind: "object", length: 1 });
  });
});

it("finds text anywhere in a value", () => {
  const value = { name: "Anna", at: [1, { deep: true }] };
  const has = (wanted: string) => someText(value, (text) => text === wanted);
  expect([has("Anna"), has("name"), has("1"), has("true"), has("Ivan")]).toEqual([
    true,
    true,
    true,
    true,
    false,
  ]);
});

it("detects a truncated string with surrogate pairs", () => {
  // As value_encoding.py truncates it: 2000 of 2100 code points.
  const head = "🙂".repeat(150) + "a".repeat(1850);
  const cut = { $nvj: "cut", kind: "string", length: 2100, bytes: 2550, head };
  expect(isCut(cut)).toBe(true);
  expect(isCut({ note: cut })).toBe(true);
  expect(missing(open(cut))).toBe(100);
});
