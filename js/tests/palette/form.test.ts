import { describe, expect, it } from "vitest";
import { extraField, type Field, fieldsOf, readField, readForm } from "../../src/palette/form.ts";
import type { PageRecord } from "../../src/shared/protocol.ts";

const fields = (args: PageRecord) =>
  fieldsOf({ name: "x", arguments: args, label: null, icon: null });
const field = (kind: Field["kind"], text: string, name = "a"): Field => ({
  name,
  kind,
  text,
  extra: kind === "any",
});
const value = (kind: Field["kind"], text: string) => {
  const read = readField(field(kind, text));
  return read.ok ? read.value : read.problem;
};

describe("a form", () => {
  it("is made from the types of the defaults", () => {
    expect(
      fields({
        on: true,
        n: 1,
        big: { $nvj: "int", text: "9007199254740993" },
        inf: { $nvj: "inf" },
        text: "x",
        list: [1, 2],
        object: { a: 1 },
        nothing: null,
      }).map(({ kind, text }) => [kind, text]),
    ).toEqual([
      ["boolean", "true"],
      ["number", "1"],
      ["number", "9007199254740993"],
      ["number", "Infinity"],
      ["text", "x"],
      ["json", "[1, 2]"],
      ["json", '{"a": 1}'],
      ["json", "null"],
    ]);
  });

  it("gives back its defaults untouched", () => {
    const args = { on: false, n: 0, inf: { $nvj: "-inf" }, text: "", list: [], nothing: null };
    expect(readForm("x", fields(args))).toMatchObject({ ok: true, arguments: args });
  });
});

describe("a number", () => {
  it.each([
    ["2", 2],
    [" -0.5 ", -0.5],
    [".5", 0.5],
    ["1e3", 1000],
    ["9007199254740993", { $nvj: "int", text: "9007199254740993" }],
    ["nan", { $nvj: "nan" }],
    ["-inf", { $nvj: "-inf" }],
    ["Infinity", { $nvj: "inf" }],
  ])("%j is %j", (text, expected) => expect(value("number", text)).toEqual(expected));

  it.each(["", "two", "1,5", "0x10", "1 2"])("%j is none", (text) => {
    expect(readField(field("number", text)).ok).toBe(false);
  });

  it("stays as it was typed in the line of Python", () => {
    expect(readForm("x", [field("number", "1.0")])).toMatchObject({
      line: 'client.run_command("x", a=1.0)',
      arguments: { a: 1 },
    });
    expect(readForm("x", [field("number", "1")])).toMatchObject({
      line: 'client.run_command("x", a=1)',
    });
  });
});

describe("JSON", () => {
  it("is checked", () => {
    expect(value("json", "[1, {}]")).toEqual([1, {}]);
    expect(readField(field("json", "[1,")).ok).toBe(false);
    expect(readField(field("json", "")).ok).toBe(false);
  });

  it("is never run, and never looks like a mark by accident", () => {
    expect(value("json", '{"$nvj": "nan"}')).toEqual({ $nvj: "esc", value: { $nvj: "nan" } });
    expect(readField(field("json", "alert(1)")).ok).toBe(false);
  });
});

describe("an added argument", () => {
  it.each([
    ["2", 2],
    ["true", true],
    ["[1]", [1]],
    ["plain text", "plain text"],
    ["", ""],
  ])("%j is %j", (text, expected) => expect(value("any", text)).toEqual(expected));

  it("needs a name, and one of its own", () => {
    expect(readForm("x", [extraField()]).ok).toBe(false);
    const twice = readForm("x", [field("number", "1"), field("any", "2")]);
    expect(twice.ok).toBe(false);
  });

  it("may have a hostile name", () => {
    const read = readForm("x", [field("any", "1", "__proto__")]);
    expect(read.ok && Object.keys(read.arguments)).toEqual(["__proto__"]);
    expect(read.ok && read.line).toBe('client.run_command("x", __proto__=1)');
  });
});
