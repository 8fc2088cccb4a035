import { describe, expect, it } from "vitest";
import { argument, command } from "../../../dev/scenes.ts";
import {
  extraField,
  type Field,
  fieldsOf,
  NOTHING_REMEMBERED,
  readField,
  readForm,
} from "../../../src/palette/form/form.ts";
import type { PageRecord } from "../../../src/protocol/common.ts";

const fields = (args: PageRecord, remembered = NOTHING_REMEMBERED) =>
  fieldsOf(command("x", args), remembered);
const field = (kind: Field["kind"], text: string, name = "a"): Field => ({
  name,
  kind,
  text,
  extra: kind === "any",
  integer: false,
  omitted: false,
  known: null,
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

  it("returns unchanged defaults", () => {
    const args = { on: false, n: 0, inf: { $nvj: "-inf" }, text: "", list: [], nothing: null };
    expect(readForm("x", fields(args))).toMatchObject({ ok: true, arguments: args });
  });
});

describe("a number", () => {
  it.each([
    ["2", 2],
    [" -0.5 ", -0.5],
    [".5", { $nvj: "float", text: ".5" }],
    ["1e3", { $nvj: "float", text: "1e3" }],
    ["9007199254740993", { $nvj: "int", text: "9007199254740993" }],
    ["nan", { $nvj: "nan" }],
    ["-inf", { $nvj: "-inf" }],
    ["Infinity", { $nvj: "inf" }],
  ])("%j is %j", (text, expected) => expect(value("number", text)).toEqual(expected));

  it.each(["", "two", "1,5", "0x10", "1 2"])("%j is none", (text) => {
    expect(readField(field("number", text)).ok).toBe(false);
  });

  it("keeps its spelling in the Python code", () => {
    expect(readForm("x", [field("number", "1.0")])).toMatchObject({
      line: 'client.run_command("x", a=1.0)',
      arguments: { a: { $nvj: "float", text: "1.0" } },
    });
    expect(readForm("x", [field("number", "1")])).toMatchObject({
      arguments: { a: 1 },
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

  it("is never executed nor taken for a mark", () => {
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

  it("needs a unique name", () => {
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

describe("a described argument", () => {
  const read = (text: string, more: Parameters<typeof argument>[2]) => {
    const known = argument("a", "float", more);
    const found = readField({ ...field("number", text), known });
    return found.ok ? found.value : found.problem;
  };

  it("checks the range and shows its unit", () => {
    expect(read("-1", { min: 0, unit: "m" })).toBe("Must be at least 0 m.");
    expect(read("4", { max: 3 })).toBe("Must be at most 3.");
    expect(read("3", { min: 3, max: 3 })).toBe(3);
    expect(read("nan", { min: 0 })).toEqual({ $nvj: "nan" });
  });

  it("has kind, default and required", () => {
    const known = [
      argument("n", "int", { required: true }),
      argument("on", "bool", { default: true }),
      argument("text", "text", { required: true }),
      argument("which", "choice", { required: true, options: [{ label: "two", value: 2 }] }),
    ];
    const made = fieldsOf(command("x", {}, null, null, { known }), NOTHING_REMEMBERED);
    expect(made.map(({ kind, text, integer }) => [kind, text, integer])).toEqual([
      ["number", "", true],
      ["boolean", "true", false],
      ["text", "", false],
      ["choice", "", false],
    ]);
    const form = readForm("x", made);
    expect(form.ok ? [] : [...form.problems.values()]).toEqual([
      "Enter an integer.",
      "Required.",
      "Select a value.",
    ]);
  });
});

describe("an integer", () => {
  const whole = (text: string) => {
    const found = readField({ ...field("number", text), integer: true });
    return found.ok ? found.value : found.problem;
  };

  it("is sent without a decimal point", () => {
    expect(whole("2")).toBe(2);
    expect(whole("2.0")).toBe(2);
    expect(whole("1e3")).toBe(1000);
    expect(whole("2.5")).toBe("Enter an integer.");
    expect(whole("inf")).toBe("Enter an integer.");
  });

  it("is remembered by argument name", () => {
    const made = fields({ n: 1, m: 1 }, { last: null, integers: ["n"] });
    expect(made.map(({ integer: only }) => only)).toEqual([true, false]);
  });
});

describe("the last arguments", () => {
  it("replace the defaults, with added arguments", () => {
    const last = { n: { $nvj: "float", text: "1.0" }, more: "5" };
    const made = fields({ n: 3, m: 4 }, { last, integers: [] });
    expect(made.map(({ name, text }) => [name, text])).toEqual([
      ["n", "1.0"],
      ["m", "4"],
      ["more", '"5"'],
    ]);
    expect(readForm("x", made)).toMatchObject({ arguments: { ...last, m: 4 } });
  });

  it("are ignored if they are of another kind", () => {
    expect(fields({ n: 3 }, { last: { n: "text" }, integers: [] })[0]?.text).toBe("3");
  });
});

describe("NaN and infinity", () => {
  const odd = [{ $nvj: "nan" }, { $nvj: "-inf" }, "NaN"];

  it("in a default, an added argument and a choice are numbers", () => {
    expect(readForm("x", fields({ a: odd }))).toMatchObject({ ok: true, arguments: { a: odd } });
    expect(readField(extraField("a", odd))).toMatchObject({ ok: true, value: odd });
    expect(value("choice", "[NaN, -Infinity]")).toEqual(odd.slice(0, 2));
  });

  it("are neither names nor numbers that are too large", () => {
    expect(value("json", "{NaN: 1}")).toBe('Name in double quotes expected: "…"');
    expect(value("json", "[NaN, x]")).toBe('Put text in straight double quotes: "…"');
    expect(value("json", "[1e400]")).toBe("Number too large: write Infinity or -Infinity");
  });

  it("are subject to limits", () => {
    const limits = { ...command("x", {}), known: [argument("n", "float", { min: 0, max: 9 })] };
    const typed = (text: string) =>
      fieldsOf(limits, NOTHING_REMEMBERED).map((each) => ({ ...each, text }));
    expect(["inf", "-inf", "9"].map((text) => readForm("x", typed(text)).ok)).toEqual([
      false,
      false,
      true,
    ]);
  });
});
