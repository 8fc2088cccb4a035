import { describe, expect, it } from "vitest";
import { locatedProblem, readJson } from "../../src/values/json_text.ts";

/** Return "line:column problem" of an invalid text. */
const fault = (text: string): string => {
  const read = readJson(text);
  if (read.ok) throw new Error(`${text} was read`);
  const [, line, column, problem] =
    /^Line (\d+), column (\d+): (.*)$/s.exec(locatedProblem(text, read)) ?? [];
  return `${line}:${column} ${problem}`;
};

describe("typed JSON", () => {
  it.each([
    ["null", "null"],
    [" true ", "boolean"],
    ["-1.5e-3", "number"],
    ["NaN", "number"],
    ["[Infinity, -Infinity]", "list"],
    ['{"__proto__": {"a": []}, "": "\\u00e9\\n"}', "object"],
    ['"\u202eabc<img src=x onerror=alert(1)>"', "text"],
  ])("reads %s", (text, kind) => {
    expect(readJson(text)).toEqual({ ok: true, kind, text });
  });

  it("keeps the sign of zero, which Python would read as an integer", () => {
    expect(readJson('[-0, -0.0, "-0", -0e1, {"-0": -0}]')).toMatchObject({
      text: '[-0.0, -0.0, "-0", -0e1, {"-0": -0.0}]',
    });
  });

  it.each([
    ["", "1:1 Value expected"],
    ["[1,\n 2 3]", "2:4 Comma or ] expected"],
    ["[1,\n2,\n]", "2:2 Trailing comma before ]"],
    ['{"a": 1\n  "b": 2}', "2:3 Comma or } expected"],
    ['{"a" 1}', "1:6 Colon expected"],
    ["{a: 1}", '1:2 Name in double quotes expected: "…"'],
    ['{"a": 1, "\\u0061": 2}', "1:10 Duplicate name"],
    ["[True]", "1:2 Write true instead of True"],
    ["nan", "1:1 Write NaN instead of nan"],
    ["-inf", "1:1 Write -Infinity instead of -inf"],
    ["None", "1:1 Write null instead of None"],
    ["'a'", '1:1 Put text in straight double quotes: "…"'],
    ["abc", '1:1 Put text in straight double quotes: "…"'],
    ["01", "1:1 01 is not a number"],
    ["1.2.3", "1:1 1.2.3 is not a number"],
    ["+1", "1:1 +1 is not a number"],
    [".5", "1:1 .5 is not a number"],
    ["1e999", "1:1 Number too large: write Infinity or -Infinity"],
    ['"abc', '1:1 Closing " expected; write a line break as \\n'],
    ['"a\nb"', '1:1 Closing " expected; write a line break as \\n'],
    ['"a\tb"', "1:3 Escape control characters as \\uXXXX"],
    ['"\\x"', "1:2 Invalid escape; write a backslash as \\\\"],
    ["1 2", "1:3 Unexpected text after the value"],
    [`${"[".repeat(300)}`, "1:202 Nested too deeply"],
  ])("says where %j is wrong", (text, expected) => {
    expect(fault(text)).toBe(expected);
  });

  it("agrees with JSON.parse about what is valid", () => {
    const parts = ["{", "}", "[", "]", ",", ":", '"a"', '"b"', "1", "-", "null", " ", "\n", "e5"];
    let state = 1;
    const random = (below: number) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    let read = 0;
    for (let round = 0; round < 20_000; round += 1) {
      let text = "";
      for (let length = random(9); length >= 0; length -= 1) text += parts[random(parts.length)];
      let theirs: unknown;
      try {
        theirs = JSON.parse(text);
      } catch {
        theirs = undefined;
      }
      const ours = readJson(text);
      const twice = !ours.ok && ours.problem.includes("twice");
      if (!twice) expect([text, ours.ok]).toEqual([text, theirs !== undefined]);
      if (ours.ok) read += 1;
    }
    expect(read).toBeGreaterThan(300);
  });

  it("reads megabytes of text", () => {
    const text = JSON.stringify(["x".repeat(3_000_000), '\\"'.repeat(300_000)]);
    expect(readJson(text).ok).toBe(true);
  });
});
