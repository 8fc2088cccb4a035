/** Convert values to JSON and Python text. */

import type { PageValue } from "../protocol/common.ts";
import { NON_FINITE } from "./non_finite.ts";
import { type Opened, open } from "./page_value.ts";

interface Notation {
  readonly null: string;
  readonly true: string;
  readonly false: string;
  number(text: string): string;
  bytes(hex: string): string;
}

/** Numbers that are valid in Python but not in JSON: "+1", ".5", "5." or "00.5". */
const PYTHON_ONLY = /^\+|^-?(?:\.|0\d)|\.(?!\d)/;

const jsonNumber = (text: string): string =>
  PYTHON_ONLY.test(text)
    ? text
        .replace(/^\+/, "")
        .replace(/^(-?)(?=\.)/, (sign) => `${sign}0`)
        .replace(/^(-?)0+(?=\d)/, "$1")
        .replace(/\.(?!\d)/, ".0")
    : text;

/** NaN and infinities as Python's json module writes and reads them. */
const JSON_NOTATION: Notation = {
  null: "null",
  true: "true",
  false: "false",
  number: jsonNumber,
  bytes: (hex) => JSON.stringify(hex),
};

const PYTHON_NOTATION: Notation = {
  null: "None",
  true: "True",
  false: "False",
  number: (text) => {
    const mark = NON_FINITE.find(({ json }) => json === text)?.mark;
    return mark === undefined ? text : `float("${mark}")`;
  },
  bytes: (hex) => `bytes.fromhex(${JSON.stringify(hex)})`,
};

function write(
  value: PageValue,
  notation: Notation,
  indent: string | null,
  margin: string,
): string {
  const opened: Opened = open(value);
  switch (opened.kind) {
    case "null":
      return notation.null;
    case "boolean":
      return opened.value ? notation.true : notation.false;
    case "number":
      return notation.number(opened.text);
    case "text":
      // JSON escapes, including lone surrogates, are valid in Python.
      return JSON.stringify(opened.text);
    case "bytes":
      return notation.bytes(opened.hex.replace(/…$/, ""));
    case "list":
      return enclose(
        ["[", "]"],
        opened.items.map((item) => write(item, notation, indent, margin + (indent ?? ""))),
        indent,
        margin,
      );
    case "object":
      return enclose(
        ["{", "}"],
        opened.fields.map(
          ([name, inner]) =>
            `${JSON.stringify(name)}: ${write(inner, notation, indent, margin + (indent ?? ""))}`,
        ),
        indent,
        margin,
      );
  }
}

/** Join parts on one line if they are short, such as a position. */
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

export const toJsonText = (value: PageValue): string => write(value, JSON_NOTATION, "  ", "");
export const toJsonLine = (value: PageValue): string => write(value, JSON_NOTATION, null, "");
export const toPythonText = (value: PageValue): string => write(value, PYTHON_NOTATION, "    ", "");
export const toPythonLine = (value: PageValue): string => write(value, PYTHON_NOTATION, null, "");

/** Return Python code that reads a key. */
export const readLine = (key: string): string => `client.copy_state()[${JSON.stringify(key)}]`;

const KEYWORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except " +
    "finally for from global if import in is lambda nonlocal not or pass raise return try while " +
    "with yield"
  ).split(" "),
);
const isName = (text: string): boolean => /^[A-Za-z_]\w*$/.test(text) && !KEYWORDS.has(text);

/** Return Python code that runs a command. `argumentTexts` are Python expressions. */
export function runLine(
  name: string,
  argumentTexts: readonly (readonly [name: string, python: string])[],
): string {
  const named = argumentTexts.filter(([key]) => isName(key));
  // Names that are not valid keyword arguments are passed in a dict.
  const others = argumentTexts.filter(([key]) => !isName(key));
  const parts = [JSON.stringify(name), ...named.map(([key, text]) => `${key}=${text}`)];
  if (others.length > 0) {
    const fields = others.map(([key, text]) => `${JSON.stringify(key)}: ${text}`);
    parts.push(`**{${fields.join(", ")}}`);
  }
  return `client.run_command(${parts.join(", ")})`;
}
