import { describe, expect, it } from "vitest";
import type { PageValue } from "../../src/protocol/common.ts";
import {
  readLine,
  runLine,
  toJsonLine,
  toJsonText,
  toPythonLine,
  toPythonText,
} from "../../src/values/value_text.ts";

describe("a value as Python", () => {
  it.each<[PageValue, string]>([
    [null, "None"],
    [[true, false], "[True, False]"],
    [{ $nvj: "nan" }, 'float("nan")'],
    [{ $nvj: "-inf" }, 'float("-inf")'],
    [{ $nvj: "int", text: "9007199254740993" }, "9007199254740993"],
    [{ $nvj: "bytes", length: 2, hex: "00ff" }, 'bytes.fromhex("00ff")'],
    [{ 'a"b': "c\nd" }, '{"a\\"b": "c\\nd"}'],
    [{ $nvj: "esc", value: { $nvj: "nan" } }, '{"$nvj": "nan"}'],
    ["\ud800", '"\\ud800"'],
  ])("%j is %s", (value, text) => expect(toPythonLine(value)).toBe(text));
});

it("writes JSON that parses to the same value", () => {
  const value = { a: [1, 2.5, null, true], b: { c: "x" }, d: Array(40).fill(1.25) };
  expect(JSON.parse(toJsonText(value))).toEqual(value);
  expect(JSON.parse(toJsonLine(value))).toEqual(value);
});

it("keeps short parts on one line", () => {
  const value = { name: "Anna", playerid: "6f1c09b2-51d7-4f0e-9a51-0b2f7d8c11e2", at: [1, 2, 3] };
  expect(toPythonText(value)).toBe(
    '{\n    "name": "Anna",\n    "playerid": "6f1c09b2-51d7-4f0e-9a51-0b2f7d8c11e2",\n    "at": [1, 2, 3]\n}',
  );
});

describe("Python code", () => {
  it("reads any key", () => {
    expect(readLine("scene")).toBe('client.copy_state()["scene"]');
    expect(readLine('"]; import os #\n')).toBe('client.copy_state()["\\"]; import os #\\n"]');
  });

  it("runs a command", () => {
    expect(runLine("playback/load", [["index", "2"]])).toBe(
      'client.run_command("playback/load", index=2)',
    );
    expect(runLine("playback/play", [])).toBe('client.run_command("playback/play")');
  });

  it("passes names that are not identifiers in a dict", () => {
    expect(
      runLine("x", [
        ["my-arg", "1"],
        ["class", "2"],
        ["good", "3"],
      ]),
    ).toBe('client.run_command("x", good=3, **{"my-arg": 1, "class": 2})');
  });
});
