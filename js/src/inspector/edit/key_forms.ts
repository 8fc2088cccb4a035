/** The forms that add a key and rename a key. */

import { visible } from "../../text/visible_text.ts";
import { h, setText } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";
import { readJson } from "../../values/json_text.ts";
import { keyText } from "../state/place.ts";

export interface NewKey {
  readonly name: string;
  /** JSON. */
  readonly text: string;
}

export interface KeyForm {
  readonly element: HTMLElement;
  readonly first: HTMLTextAreaElement;
  /** Begins anew with these texts. */
  open(name: string): void;
  /** Why it was not done. */
  fail(why: string): void;
  /** Whether it is shown and anything was typed in it. */
  isTyped(): boolean;
}

interface KeyFormOptions {
  readonly title: string;
  readonly action: string;
  /** Whether a value is asked for too. */
  readonly valued: boolean;
  readonly has: (key: string) => boolean;
  readonly submit: (key: NewKey) => Promise<void>;
  readonly cancel: () => void;
}

/** Of a name nothing is lost: also line ends are kept, so it is no field of one line. */
const nameField = () =>
  h("textarea", { class: "nvj-mono", rows: 1, spellcheck: "false", autocomplete: "off" });

function nameHint(name: string): string {
  if (name === "") return "An empty name is a name, too.";
  const shown = visible(name, 200);
  return shown === name ? "" : `Signs that do not show: ${shown}`;
}

export function createKeyForm(options: KeyFormOptions, signal: AbortSignal): KeyForm {
  const { title, action, valued, has, submit, cancel } = options;
  /** The name that it was opened with. */
  let begun = "";
  let sending = false;
  let touched = false;
  const heading = h("strong");
  const first = nameField();
  const value = h("textarea", {
    class: "nvj-mono",
    rows: 3,
    spellcheck: "false",
    placeholder: '1.5, "text", [1, 2] or {"a": true}',
  });
  const hint = h("p", { class: "nvj-dim" });
  const problem = h("p", { class: "nvj-problem", role: "status" });
  const go = h("button", { type: "submit", class: "nvj-primary" }, action);
  const back = h("button", { type: "button" }, "Cancel");
  const element = h(
    "form",
    { class: "nvj-edit", "aria-label": title },
    h("div", { class: "nvj-edit-head" }, heading),
    h("label", { class: "nvj-edit-label" }, "Name", first),
    valued ? h("label", { class: "nvj-edit-label" }, "Value, as JSON", value) : null,
    hint,
    problem,
    h("div", { class: "nvj-edit-buttons" }, go, back),
  );

  /** Why it cannot be done as it stands; empty if it can. */
  const trouble = (): string => {
    if (!valued && first.value === begun) return "That is its name already.";
    if (has(first.value)) return "There is such a key already.";
    const read = valued ? readJson(value.value) : null;
    return read === null || read.ok ? "" : `The value: ${read.problem}.`;
  };
  const draw = () => {
    setText(hint, nameHint(first.value));
    setText(problem, touched ? trouble() : "");
    go.disabled = sending;
  };
  const send = async () => {
    touched = true;
    draw();
    const wrong = trouble();
    if (wrong !== "" || sending) return;
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
      // A new line in a name or in JSON is Shift+Enter.
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
      begun = name;
      touched = false;
      first.value = name;
      value.value = "";
      setText(heading, valued ? title : `${title} ${keyText(name)}`);
      draw();
    },
    fail: (why) => setText(problem, why),
    isTyped: () => element.isConnected && (first.value !== begun || value.value !== ""),
  };
}
