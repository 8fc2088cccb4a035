/** The filter box, with what it found and a way back. */

import { h, setText } from "../shared/dom.ts";
import { icon } from "../shared/icons.ts";
import { debounced, listen } from "../shared/lifetime.ts";

export interface SearchBox {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  setResult(text: string): void;
  setQuery(query: string): void;
  clear(): void;
}

/** Long enough to type on, short enough to seem at once. */
const PAUSE = 80;

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
  const clearButton = h(
    "button",
    { type: "button", class: "nvj-quiet", "aria-label": "Clear the filter", hidden: true },
    icon("close"),
  );
  const element = h("label", { class: "nvj-search" }, icon("search"), input, result, clearButton);

  const tell = () => {
    clearButton.hidden = input.value === "";
    onQuery(input.value);
  };
  const tellSoon = debounced(PAUSE, tell, signal);
  const setQuery = (query: string) => {
    if (input.value === query) return;
    input.value = query;
    tell();
  };
  const clear = () => setQuery("");
  listen(input, "input", tellSoon, signal);
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
    setResult: (text) => {
      setText(result, text);
      result.hidden = text === "";
    },
  };
}
