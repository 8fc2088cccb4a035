/** The search box, with the number of matches and a button to clear it. */

import { h, setAttribute, setText } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";
import * as strings from "../strings.ts";

export interface SearchBox {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  /** Shows the number of matches, or the problem with the query. */
  setResult(text: string, problem: string): void;
  setQuery(query: string): void;
  clear(): void;
  /** Appends a button. */
  add(element: HTMLElement): void;
}

export function createSearchBox(onQuery: (query: string) => void, signal: AbortSignal): SearchBox {
  const input = h("input", {
    class: "nvj-search-input",
    type: "text",
    placeholder: strings.searchPlaceholder,
    "aria-label": strings.searchPlaceholder,
    spellcheck: "false",
    autocomplete: "off",
  });
  const result = h("span", { class: "nvj-pill", "aria-live": "polite", hidden: true });
  const problemText = h("span", {
    class: "nvj-search-problem nvj-error",
    role: "alert",
    hidden: true,
  });
  const clearButton = h(
    "button",
    { type: "button", class: "nvj-quiet", "aria-label": strings.searchClear, hidden: true },
    icon("close"),
  );
  const element = h(
    "label",
    { class: "nvj-search" },
    icon("search"),
    input,
    problemText,
    result,
    clearButton,
  );

  const update = () => {
    clearButton.hidden = input.value === "";
    onQuery(input.value);
  };
  const setQuery = (query: string) => {
    if (input.value === query) return;
    input.value = query;
    update();
  };
  const clear = () => setQuery("");
  listen(input, "input", update, signal);
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
      setText(problemText, problem);
      problemText.hidden = problem === "";
      setAttribute(input, "aria-invalid", problem === "" ? null : "true");
    },
  };
}
