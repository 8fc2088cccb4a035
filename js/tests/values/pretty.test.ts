import { expect, it } from "vitest";
import type { PageValue } from "../../src/protocol/common.ts";
import { type PrettyOptions, pretty } from "../../src/values/pretty.ts";

const text = (value: PageValue, options?: PrettyOptions): readonly string[] =>
  pretty(value, options).lines.map(
    ({ indent, tokens }) => "  ".repeat(indent) + tokens.map((token) => token.text).join(""),
  );

it("keeps short values on one line and splits long ones", () => {
  expect(
    text({ name: "Anna", color: [0.89, 0.34, 0.18, 1], parts: [{ a: 1 }, { b: "x".repeat(50) }] }),
  ).toEqual([
    "{",
    '  "name": "Anna",',
    '  "color": [0.89, 0.34, 0.18, 1],',
    '  "parts": [',
    '    {"a": 1},',
    "    {",
    `      "b": "${"x".repeat(50)}"`,
    "    }",
    "  ]",
    "}",
  ]);
});

it("formats a long list of numbers as a paragraph", () => {
  const lines = text(Array.from({ length: 100 }, (_, index) => index));
  expect(lines.length).toBeLessThan(12);
  expect(lines[1]).toMatch(/^ {2}0, 1, 2, /);
  expect(lines.at(-2)).toMatch(/99$/);
});

it("shows how much was truncated", () => {
  const cut = { $nvj: "cut", kind: "list", length: 1000, bytes: 1, head: [1, 2] };
  expect(text(cut)).toEqual(["[", "  1, 2", "  … 998 more", "]"]);
});

it("stops at the line limit and reports it", () => {
  const value = Array.from({ length: 5000 }, () => ({ text: "x".repeat(60) }));
  const layout = pretty(value, { lines: 50 });
  expect(layout.lines.length).toBe(50);
  expect(layout.complete).toBe(false);
  expect(pretty([1]).complete).toBe(true);
});

it("shortens numbers, keeps their exact text and a stable layout", () => {
  const short = (numbers: readonly number[]) =>
    pretty(numbers, { columns: 26, short: true }).lines.map(({ tokens }) =>
      tokens.map((token) => token.text).join(""),
    );
  expect(short([1.270889125348325, 1.6499658229696348, -0.11885388136423738])).toEqual([
    "[",
    "1.2709, 1.6500, -0.1189",
    "]",
  ]);
  expect(short([-1.270889125348325, -1.6499658229696348, -0.11885388136423738]).length).toBe(3);
  const { lines } = pretty([0.25, 1.6499658229696348], { short: true });
  expect(lines[0]?.tokens.map(({ exact }) => exact)).toEqual([
    undefined,
    undefined,
    undefined,
    "1.6499658229696348",
    undefined,
  ]);
});

it("fills lines at any depth", () => {
  const numbers = Array.from({ length: 40 }, (_, index) => index * 1.25);
  for (const columns of [24, 40, 90]) {
    const lines = text({ a: { b: { c: numbers } } }, { columns });
    expect(Math.max(...lines.map((line) => line.trim().length))).toBeLessThanOrEqual(columns);
    expect(lines.length).toBeLessThan(8 + 40 / Math.floor((columns - 4) / 8));
  }
});

it("shows how much of a long string is omitted", () => {
  expect(text("x".repeat(50_000)).join("")).toContain('…" (30\u202f000 more)');
});

it("stops in deeply nested values", () => {
  let deep: PageValue = "x".repeat(100);
  for (let depth = 0; depth < 500; depth += 1) deep = [deep];
  expect(text(deep).some((line) => line.includes("… deeper"))).toBe(true);
});
