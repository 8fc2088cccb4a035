/** The controls that edit a value: one line in its row, or JSON in the detail pane. */

import type { PageValue } from "../../../protocol/common.ts";
import { h } from "../../../ui/html.ts";
import { readJson } from "../../../values/json_text.ts";
import { toJsonText } from "../../../values/value_text.ts";
import { lineText, type Reading, readLine, type ScalarKind } from "./scalar.ts";

export type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

export interface Field {
  readonly control: Control;
  readonly textOf: (value: PageValue) => string;
  readonly read: (text: string) => Reading;
}

const PLAIN = {
  spellcheck: "false",
  autocomplete: "off",
  autocapitalize: "off",
} as const;

/** Text is typed without quotes, a number as it is, true and false are chosen. */
export function lineField(kind: ScalarKind, name: string): Field {
  const control =
    kind === "boolean"
      ? h(
          "select",
          { class: "nvj-edit-field", "aria-label": name },
          h("option", { value: "true" }, "true"),
          h("option", { value: "false" }, "false"),
        )
      : h("input", {
          type: "text",
          class: "nvj-edit-field nvj-mono",
          "aria-label": name,
          "data-kind": kind,
          ...PLAIN,
        });
  return {
    control,
    // Somebody else may have put another kind of value there.
    textOf: (value) => lineText(value),
    read: (text) => readLine(kind, text),
  };
}

const CHECKED_AT_ONCE = 100_000;

export function jsonField(name: string): Field {
  const control = h("textarea", {
    class: "nvj-edit-json nvj-mono",
    "aria-label": `${name}, as JSON`,
    rows: 8,
    wrap: "off",
    ...PLAIN,
  });
  return { control, textOf: toJsonText, read: remembering(readJson) };
}

/** The last text is asked about again and again while nothing is typed. */
function remembering(read: (text: string) => Reading): (text: string) => Reading {
  let last: { readonly text: string; readonly reading: Reading } | null = null;
  return (text) => {
    if (last?.text !== text) last = { text, reading: read(text) };
    return last.reading;
  };
}

export const isLong = (text: string): boolean => text.length > CHECKED_AT_ONCE;
