/** The text box that edits all arguments as one JSON object. */

import { h, setAttribute, setText } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";
import type { Field } from "./form.ts";
import { fieldsFrom, jsonOf } from "./json_form.ts";

export interface JsonBox {
  readonly element: HTMLElement;
  /** Why the text is no object of arguments, or null. */
  problem(): string | null;
  /** Writes the fields into the box, and lets go of what could not be read. */
  write(fields: readonly Field[]): void;
  /** Says what is wrong; empty for nothing. */
  complain(text: string): void;
  focus(): void;
}

const LINES = { least: 4, most: 16 } as const;

export function createJsonBox(
  fields: () => readonly Field[],
  onRead: (fields: readonly Field[]) => void,
  onProblem: () => void,
  signal: AbortSignal,
): JsonBox {
  let problem: string | null = null;
  const box = h("textarea", {
    class: "nvj-input nvj-mono",
    "aria-label": "All arguments as JSON",
    spellcheck: "false",
  });
  const wrong = h("div", { class: "nvj-problem", role: "alert", hidden: true });
  listen(
    box,
    "input",
    () => {
      const read = fieldsFrom(box.value, fields());
      problem = read.ok ? null : read.problem;
      if (read.ok) onRead(read.fields);
      else onProblem();
    },
    signal,
  );
  return {
    element: h("div", { class: "nvj-json", hidden: true }, box, wrong),
    problem: () => problem,
    write(next) {
      box.value = jsonOf(next);
      const lines = box.value.split("\n").length + 1;
      box.rows = Math.min(LINES.most, Math.max(LINES.least, lines));
      problem = null;
    },
    complain(text) {
      setText(wrong, text);
      wrong.hidden = text === "";
      setAttribute(box, "aria-invalid", text === "" ? null : "true");
    },
    focus: () => box.focus(),
  };
}
