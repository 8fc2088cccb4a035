/** The placeholder of an empty tree. */

import { plural } from "../../text/format.ts";
import { type Child, fill, h, setText } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";

/** Why there are no rows: nothing matches, or not yet; nothing has come yet; there is nothing. */
type Reason = "filtered" | "searching" | "waiting" | "bare";

export interface EmptyFacts {
  readonly shown: number;
  /** Keys of the whole state. */
  readonly keys: number;
  /** Whether the state has come once. */
  readonly loaded: boolean;
  /** Whether the filter has looked at all keys. */
  readonly searched: boolean;
}

export interface EmptyState {
  readonly element: HTMLElement;
  /** Shows itself where nothing is shown. */
  draw(facts: EmptyFacts): void;
}

export function createEmptyState(clearFilter: () => void, signal: AbortSignal): EmptyState {
  const element = h("div", { class: "nvj-empty", hidden: true });
  const noMatch = h("p");
  const clear = h("button", { type: "button", class: "nvj-link" }, "Clear the filter");
  listen(clear, "click", clearFilter, signal);
  const texts: Readonly<Record<Reason, readonly Child[]>> = {
    filtered: [noMatch, clear],
    searching: [h("p", {}, "Searching.")],
    waiting: [h("p", {}, "Waiting for the shared state.")],
    bare: [
      h("p", {}, "There are no keys yet."),
      h("p", { class: "nvj-dim" }, "They appear here as soon as any client writes one, as in"),
      h("code", {}, 'client.attempt_update_state(DictionaryChange({"hello": 1}))'),
    ],
  };
  let reason: Reason | null = null;

  return {
    element,
    draw: ({ shown, keys, loaded, searched }) => {
      element.hidden = shown > 0;
      if (shown > 0) return;
      setText(noMatch, `Nothing matches among ${plural(keys, "key")}.`);
      const missed = searched ? "filtered" : "searching";
      const next = keys > 0 ? missed : loaded ? "bare" : "waiting";
      // Drawn only when it means something else: a link that is replaced cannot be clicked.
      if (next !== reason) fill(element, ...texts[next]);
      reason = next;
    },
  };
}
