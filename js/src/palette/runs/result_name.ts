/** The notebook variable that receives each result. */

import type { Host } from "../../kernel/host.ts";
import { visible } from "../../text/visible_text.ts";
import { h, setText } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";
import { RESULT_NAME } from "../strings.ts";

export interface ResultName {
  readonly element: HTMLElement;
  show(name: string): void;
}

export function createResultName(host: Host, signal: AbortSignal): ResultName {
  let saved = "";
  const input = h("input", {
    type: "text",
    class: "nvj-input nvj-mono",
    placeholder: RESULT_NAME.placeholder,
    spellcheck: "false",
    autocomplete: "off",
  });
  const problem = h("span", { class: "nvj-problem", role: "alert" });
  const label = h("label", {}, h("span", { class: "nvj-dim" }, RESULT_NAME.label), input);
  const element = h("div", { class: "nvj-result-name" }, label, problem);
  const save = () => {
    const name = input.value.trim();
    if (name === saved) return;
    host.request("name_result", { name }).then(
      () => setText(problem, ""),
      (error: unknown) =>
        setText(problem, error instanceof Error ? visible(error.message, 200) : ""),
    );
  };
  listen(input, "change", save, signal);
  listen(
    input,
    "keydown",
    (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      save();
    },
    signal,
  );
  return {
    element,
    show(name) {
      saved = name;
      if (document.activeElement !== input) input.value = name;
    },
  };
}
