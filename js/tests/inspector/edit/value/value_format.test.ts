import { describe, expect, it } from "vitest";
import {
  readScalar,
  scalarKind,
  scalarText,
} from "../../../../src/inspector/edit/value/value_format.ts";
import type { PageValue } from "../../../../src/protocol/common.ts";

describe("a scalar in one line", () => {
  it.each<[PageValue, string | null, string]>([
    [1, "number", "1"],
    [-0, "number", "-0"],
    [{ $nvj: "nan" }, "number", "NaN"],
    [{ $nvj: "-inf" }, "number", "-Infinity"],
    [{ $nvj: "int", text: "9007199254740993" }, "number", "9007199254740993"],
    [true, "boolean", "true"],
    [null, "null", "null"],
    ["<b>\u202ea", "text", "<b>\u202ea"],
  ])("writes %j", (value, kind, text) => {
    expect([scalarKind(value), scalarText(value)]).toEqual([kind, text]);
  });

  it.each<[PageValue]>([
    [[1]],
    [{ a: 1 }],
    ["two\nlines"],
    ["x".repeat(501)],
    [{ $nvj: "cut", kind: "string", length: 5_000_000, bytes: 5_000_002, head: "x" }],
    [{ $nvj: "bytes", length: 2, hex: "00ff" }],
  ])("leaves %j to the pane", (value) => {
    expect(scalarKind(value)).toBeNull();
  });

  it.each([
    ["number", "1", "1"],
    ["number", " 1.50 ", "1.50"],
    ["number", "-0", "-0.0"],
    ["number", "+2e3", "2e3"],
    ["number", "−2", "-2"],
    ["number", "nan", "NaN"],
    ["number", "-inf", "-Infinity"],
    ["number", "-Infinity", "-Infinity"],
    ["number", "∞", "Infinity"],
    ["boolean", "false", "false"],
    ["text", 'a "b" \\', '"a \\"b\\" \\\\"'],
    ["text", "", '""'],
    ["text", "1", '"1"'],
    ["null", "null", "null"],
    ["null", '"x"', '"x"'],
    ["null", "-0", "-0.0"],
  ] as const)("reads a %s of %j", (kind, typed, text) => {
    expect(readScalar(kind, typed)).toMatchObject({ ok: true, text });
  });

  it.each([
    ["number", ""],
    ["number", "1,5"],
    ["number", "true"],
    ["number", "0x10"],
    ["number", "1e999"],
    ["boolean", "yes"],
    ["null", "[1]"],
    ["null", "abc"],
  ] as const)("says what is needed in place of the %s %j", (kind, typed) => {
    expect(readScalar(kind, typed)).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/\w/),
    });
  });
});
