import { expect, it } from "vitest";
import { pretty } from "../../src/shared/pretty.ts";
import type { PageValue } from "../../src/shared/protocol.ts";

const text = (value: PageValue, limit?: number): readonly string[] =>
  pretty(value, limit).lines.map(
    ({ indent, tokens }) => "  ".repeat(indent) + tokens.map((token) => token.text).join(""),
  );

it("keeps short values on a line and opens long ones", () => {
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

it("sets a long list of numbers as a paragraph", () => {
  const lines = text(Array.from({ length: 100 }, (_, index) => index));
  expect(lines.length).toBeLessThan(12);
  expect(lines[1]).toMatch(/^ {2}0, 1, 2, /);
  expect(lines.at(-2)).toMatch(/99$/);
});

it("says how much was cut", () => {
  const cut = { $nvj: "cut", kind: "list", length: 1000, bytes: 1, head: [1, 2] };
  expect(text(cut)).toEqual(["[", "  1, 2", "  … 998 more", "]"]);
});

it("stops at its limit of lines and says so", () => {
  const value = Array.from({ length: 5000 }, () => ({ text: "x".repeat(60) }));
  const layout = pretty(value, 50);
  expect(layout.lines.length).toBe(50);
  expect(layout.complete).toBe(false);
  expect(pretty([1]).complete).toBe(true);
});

it("ends in a value that is nested very deep", () => {
  let deep: PageValue = "x".repeat(100);
  for (let depth = 0; depth < 500; depth += 1) deep = [deep];
  expect(text(deep).some((line) => line.includes("… deeper"))).toBe(true);
});
