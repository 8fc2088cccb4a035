import { expect, it } from "vitest";
import { label } from "../../src/text/visible_text.ts";

it.each([
  ["", "(empty)"],
  ["   ", "␣␣␣"],
  [" a b ", "␣a b␣"],
  ["a\nb", "a⏎b"],
  ["\u202egnp.exe", "\\u202egnp.exe"],
  ["6f1c09b2-51d7-4f0e-9a51-0b2f7d8c11e2", "6f1c…e2"],
])("the name %j is labelled %j", (segment, text) => expect(label(segment)).toBe(text));
