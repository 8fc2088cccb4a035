/** The forms to add and to rename a key. */

import { keyText, visible } from "../../text/visible_text.ts";
import { h, setText } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";
import { readJson } from "../../values/json_text.ts";
import * as strings from "../strings.ts";

export interface NewKey {
  readonly name: string;
  /** JSON. */
  readonly text: string;
}

export interface KeyForm {
  readonly element: HTMLElement;
  readonly first: HTMLTextAreaElement;
  /** Resets the form to this name. */
  open(name: string): void;
  fail(problem: string): void;
  /** Whether the form is shown and has unsaved text. */
  isTyped(): boolean;
}

interface KeyFormOptions {
  readonly title: string;
  readonly action: string;
  readonly hasValue: boolean;
  readonly has: (key: string) => boolean;
  readonly submit: (key: NewKey) => Promise<void>;
  readonly cancel: () => void;
}

/** A name may contain line breaks, which an input of one line would remove. */
const nameField = () =>
  h("textarea", { class: "nvj-mono", rows: 1, spellcheck: "false", autocomplete: "off" });

function nameHint(name: string): string {
  if (name === "") return strings.keysEmptyName;
  const shown = visible(name, 200);
  return shown === name ? "" : strings.keysInvisible(shown);
}

export function createKeyForm(options: KeyFormOptions, signal: AbortSignal): KeyForm {
  const { title, action, hasValue, has, submit, cancel } = options;
  let initialName = "";
  let sending = false;
  let touched = false;
  const heading = h("strong");
  const first = nameField();
  const value = h("textarea", {
    class: "nvj-mono",
    rows: 3,
    spellcheck: "false",
    placeholder: strings.keysValueExample,
  });
  const hint = h("p", { class: "nvj-dim" });
  const problem = h("p", { class: "nvj-problem", role: "status" });
  const go = h("button", { type: "submit", class: "nvj-primary" }, action);
  const back = h("button", { type: "button" }, strings.keysCancel);
  const element = h(
    "form",
    { class: "nvj-edit", "aria-label": title },
    h("div", { class: "nvj-edit-head" }, heading),
    h("label", { class: "nvj-edit-label" }, strings.keysName, first),
    hasValue ? h("label", { class: "nvj-edit-label" }, strings.keysValue, value) : null,
    hint,
    problem,
    h("div", { class: "nvj-edit-buttons" }, go, back),
  );

  /** Returns why the form cannot be submitted; empty if it can. */
  const problemOf = (): string => {
    if (!hasValue && first.value === initialName) return strings.keysSameName;
    if (has(first.value)) return strings.keysExists;
    const read = hasValue ? readJson(value.value) : null;
    return read === null || read.ok ? "" : strings.keysBadValue(read.problem);
  };
  const draw = () => {
    setText(hint, nameHint(first.value));
    setText(problem, touched ? problemOf() : "");
    go.disabled = sending;
  };
  const send = async () => {
    touched = true;
    draw();
    if (problemOf() !== "" || sending) return;
    const read = readJson(value.value);
    sending = true;
    draw();
    try {
      await submit({ name: first.value, text: read.ok ? read.text : "null" });
    } finally {
      sending = false;
      go.disabled = false;
    }
  };
  listen(
    element,
    "submit",
    (event) => {
      event.preventDefault();
      void send();
    },
    signal,
  );
  listen(
    element,
    "keydown",
    (event) => {
      if (event.key !== "Enter" || event.isComposing || event.target instanceof HTMLButtonElement) {
        return;
      }
      // Shift+Enter inserts a line break.
      if (event.shiftKey) return;
      event.preventDefault();
      void send();
    },
    signal,
  );
  listen(
    element,
    "input",
    () => {
      if (value.value !== "") touched = true;
      draw();
    },
    signal,
  );
  listen(back, "click", cancel, signal);

  return {
    element,
    first,
    open: (name) => {
      initialName = name;
      touched = false;
      first.value = name;
      value.value = "";
      setText(heading, hasValue ? title : `${title} ${keyText(name)}`);
      draw();
    },
    fail: (text) => setText(problem, text),
    isTyped: () => element.isConnected && (first.value !== initialName || value.value !== ""),
  };
}
