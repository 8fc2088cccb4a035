/** Convert values to JSON and Python text. */

import type { PageValue } from "../protocol/common.ts";
import { NON_FINITE } from "./non_finite.ts";
import { type Opened, open } from "./page_value.ts";

interface Words {
  readonly null: string;
  readonly true: string;
  readonly false: string;
  number(text: string): string;
  bytes(hex: string): string;
}

/** As Python reads a number, and JSON does not: "+1", ".5", "5." or "00.5". */
const TYPED = /^\+|^-?(?:\.|0\d)|\.(?!\d)/;

const jsonNumber = (text: string): string =>
  TYPED.test(text)
    ? text
        .replace(/^\+/, "")
        .replace(/^(-?)(?=\.)/, (sign) => `${sign}0`)
        .replace(/^(-?)0+(?=\d)/, "$1")
        .replace(/\.(?!\d)/, ".0")
    : text;

/** JSON has no word for NaN; these are the ones that Python's json module writes and reads. */
const JSON_WORDS: Words = {
  null: "null",
  true: "true",
  false: "false",
  number: jsonNumber,
  bytes: (hex) => JSON.stringify(hex),
};

const PYTHON_WORDS: Words = {
  null: "None",
  true: "True",
  false: "False",
  number: (text) => {
    const mark = NON_FINITE.find(({ json }) => json === text)?.mark;
    return mark === undefined ? text : `float("${mark}")`;
  },
  bytes: (hex) => `bytes.fromhex(${JSON.stringify(hex)})`,
};

function write(value: PageValue, words: Words, indent: string | null, margin: string): string {
  const opened: Opened = open(value);
  switch (opened.kind) {
    case "null":
      return words.null;
    case "boolean":
      return opened.value ? words.true : words.false;
    case "number":
      return words.number(opened.text);
    case "text":
      // JSON's escapes are also Python's, lone surrogates included.
      return JSON.stringify(opened.text);
    case "bytes":
      return words.bytes(opened.hex.replace(/…$/, ""));
    case "list":
      return enclose(
        ["[", "]"],
        opened.items.map((item) => write(item, words, indent, margin + (indent ?? ""))),
        indent,
        margin,
      );
    case "object":
      return enclose(
        ["{", "}"],
        opened.fields.map(
          ([name, inner]) =>
            `${JSON.stringify(name)}: ${write(inner, words, indent, margin + (indent ?? ""))}`,
        ),
        indent,
        margin,
      );
  }
}

/** Short parts stay on one line, so that a position reads as one. */
function enclose(
  [before, after]: readonly [string, string],
  parts: readonly string[],
  indent: string | null,
  margin: string,
): string {
  const flat = `${before}${parts.join(", ")}${after}`;
  const simple = flat.length <= 72 && !parts.some((part) => part.includes("\n"));
  if (indent === null || parts.length === 0 || simple) return flat;
  const inner = margin + indent;
  return `${before}\n${parts.map((part) => inner + part).join(",\n")}\n${margin}${after}`;
}

export const toJsonText = (value: PageValue): string => write(value, JSON_WORDS, "  ", "");
export const toJsonLine = (value: PageValue): string => write(value, JSON_WORDS, null, "");
export const toPythonText = (value: PageValue): string => write(value, PYTHON_WORDS, "    ", "");
export const toPythonLine = (value: PageValue): string => write(value, PYTHON_WORDS, null, "");

/** The line that reads a key in Python. */
export const readLine = (key: string): string => `client.copy_state()[${JSON.stringify(key)}]`;

const KEYWORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except " +
    "finally for from global if import in is lambda nonlocal not or pass raise return try while " +
    "with yield"
  ).split(" "),
);
const isName = (text: string): boolean => /^[A-Za-z_]\w*$/.test(text) && !KEYWORDS.has(text);

/** The line that runs a command in Python; `argumentTexts` are Python already. */
export function runLine(
  name: string,
  argumentTexts: readonly (readonly [name: string, python: string])[],
): string {
  const named = argumentTexts.filter(([key]) => isName(key));
  // Names that Python cannot write as keywords travel in a dict.
  const others = argumentTexts.filter(([key]) => !isName(key));
  const parts = [JSON.stringify(name), ...named.map(([key, text]) => `${key}=${text}`)];
  if (others.length > 0) {
    const fields = others.map(([key, text]) => `${JSON.stringify(key)}: ${text}`);
    parts.push(`**{${fields.join(", ")}}`);
  }
  return `client.run_command(${parts.join(", ")})`;
}
