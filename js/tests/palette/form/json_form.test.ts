import { describe, expect, it } from "vitest";
import { command } from "../../../dev/scenes.ts";
import {
  extraField,
  fieldsOf,
  NOTHING_REMEMBERED,
  readForm,
} from "../../../src/palette/form/form.ts";
import { fieldsFrom, jsonOf } from "../../../src/palette/form/json_form.ts";
import type { PageRecord } from "../../../src/protocol/common.ts";

const fields = (args: PageRecord) => fieldsOf(command("x", args), NOTHING_REMEMBERED);
const parsed = (text: string, args: PageRecord = {}) => {
  const read = fieldsFrom(text, fields(args));
  if (!read.ok) throw new Error(read.problem);
  return read.fields;
};

describe("the form as JSON", () => {
  it("and back is the same form", () => {
    const args = { on: true, n: 2, list: [1, { a: null }], text: "5", __proto__x: null };
    expect(parsed(jsonOf(fields(args)), args)).toEqual(fields(args));
  });

  it("shows invalid input as a string and omits unnamed arguments", () => {
    const broken = fields({ n: 1 }).map((field) => ({ ...field, text: "two" }));
    expect(JSON.parse(jsonOf([...broken, extraField()]))).toEqual({ n: "two" });
  });

  it("keeps the spelling of numbers", () => {
    const [field] = parsed('{"n": 1.0}', { n: 3 });
    expect(field?.text).toMatch(/^1(\.0)?$/);
    expect(parsed('{"n": 9007199254740993}', { n: 3 })[0]?.text).toMatch(/^900719925474099[23]$/);
  });
});

describe("JSON as a form", () => {
  it("omits fields that the object does not have", () => {
    const made = parsed('{"m": 2}', { n: 1, m: 1 });
    expect(made.map(({ name, omitted, text }) => [name, omitted, text])).toEqual([
      ["n", true, "1"],
      ["m", false, "2"],
    ]);
    expect(readForm("x", made)).toMatchObject({ arguments: { m: 2 } });
  });

  it("adds new fields, also strings that look like numbers", () => {
    const made = parsed('{"a": "5", "b": [1], "c": "plain", "": 0}');
    expect(readForm("x", made.slice(0, 3))).toMatchObject({
      arguments: { a: "5", b: [1], c: "plain" },
    });
    expect(readForm("x", made).ok).toBe(false);
  });

  it("accepts another kind of value than the form declares", () => {
    expect(readForm("x", parsed('{"n": "text"}', { n: 1 }))).toMatchObject({
      arguments: { n: "text" },
    });
  });

  it("has to be an object", () => {
    for (const text of ["[1]", "3", "null", "{", '"x"']) {
      expect(fieldsFrom(text, fields({})).ok).toBe(false);
    }
    expect(fieldsFrom("  ", fields({})).ok).toBe(true);
  });

  it("keeps hostile names as names", () => {
    const made = parsed('{"__proto__": {"x": 1}, "$nvj": "nan"}');
    const read = readForm("x", made);
    expect(read.ok && Object.keys(read.arguments)).toEqual(["__proto__", "$nvj"]);
  });
});

it.each([
  [".5", 0.5],
  ["5.", 5],
  ["+1.5", 1.5],
  ["00.5", 0.5],
  ["-.5e3", -500],
])("a number typed as %s is one in JSON, too", (text, number) => {
  const typed = fields({ n: 1 }).map((field) => ({ ...field, text }));
  expect(JSON.parse(jsonOf(typed))).toEqual({ n: number });
});

it("accepts infinite numbers", () => {
  const typed = fields({ n: 1 }).map((field) => ({ ...field, text: "-inf" }));
  expect(fieldsFrom(jsonOf(typed), typed)).toMatchObject({
    ok: true,
    fields: [{ text: "-Infinity" }],
  });
});
