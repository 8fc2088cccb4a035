/** The search box, with the number of matches and a button to clear it. */

import { h, setAttribute, setText } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";

export interface SearchBox {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  /** What was found, and what of the query cannot be understood. */
  setResult(text: string, problem: string): void;
  setQuery(query: string): void;
  clear(): void;
  /** Puts a button at the end of the box. */
  add(element: HTMLElement): void;
}

export function createSearchBox(
  { placeholder, onQuery }: { placeholder: string; onQuery: (query: string) => void },
  signal: AbortSignal,
): SearchBox {
  const input = h("input", {
    class: "nvj-search-input",
    type: "text",
    placeholder,
    "aria-label": placeholder,
    spellcheck: "false",
    autocomplete: "off",
  });
  const result = h("span", { class: "nvj-pill", "aria-live": "polite", hidden: true });
  const trouble = h("span", { class: "nvj-search-problem nvj-error", role: "alert", hidden: true });
  const clearButton = h(
    "button",
    { type: "button", class: "nvj-quiet", "aria-label": "Clear the filter", hidden: true },
    icon("close"),
  );
  const element = h(
    "label",
    { class: "nvj-search" },
    icon("search"),
    input,
    trouble,
    result,
    clearButton,
  );

  const tell = () => {
    clearButton.hidden = input.value === "";
    onQuery(input.value);
  };
  const setQuery = (query: string) => {
    if (input.value === query) return;
    input.value = query;
    tell();
  };
  const clear = () => setQuery("");
  listen(input, "input", tell, signal);
  listen(
    clearButton,
    "click",
    () => {
      clear();
      input.focus();
    },
    signal,
  );

  return {
    element,
    input,
    clear,
    setQuery,
    add: (extra) => element.append(extra),
    setResult: (text, problem) => {
      setText(result, text);
      result.hidden = text === "" || problem !== "";
      setText(trouble, problem);
      trouble.hidden = problem === "";
      setAttribute(input, "aria-invalid", problem === "" ? null : "true");
    },
  };
}
