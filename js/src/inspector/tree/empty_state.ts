/** The placeholder of an empty tree. */

import { type Child, fill, h, setText } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";
import { SEARCH, TREE } from "../strings.ts";

/** Why there are no rows. */
type Reason = "noMatch" | "searching" | "loading" | "noKeys";

export interface EmptyFacts {
  readonly shown: number;
  /** Keys of the state, whether shown or not. */
  readonly keys: number;
  readonly loaded: boolean;
  /** Whether the filter has checked all keys. */
  readonly searched: boolean;
}

export interface EmptyState {
  readonly element: HTMLElement;
  /** Shows the placeholder if there are no rows. */
  draw(facts: EmptyFacts): void;
}

export function createEmptyState(clearFilter: () => void, signal: AbortSignal): EmptyState {
  const element = h("div", { class: "nvj-empty", hidden: true });
  const noMatch = h("p");
  const clear = h("button", { type: "button", class: "nvj-link" }, SEARCH.clear);
  listen(clear, "click", clearFilter, signal);
  const texts: Readonly<Record<Reason, readonly Child[]>> = {
    noMatch: [noMatch, clear],
    searching: [h("p", {}, TREE.searching)],
    loading: [h("p", {}, TREE.loading)],
    noKeys: [
      h("p", {}, TREE.noKeys),
      h("p", { class: "nvj-dim" }, TREE.noKeysHint),
      h("code", {}, TREE.noKeysExample),
    ],
  };
  let reason: Reason | null = null;

  return {
    element,
    draw: ({ shown, keys, loaded, searched }) => {
      element.hidden = shown > 0;
      if (shown > 0) return;
      setText(noMatch, TREE.noMatch(keys));
      const unmatched = searched ? "noMatch" : "searching";
      const next = keys > 0 ? unmatched : loaded ? "noKeys" : "loading";
      // Replacing the link while it is clicked would lose the click.
      if (next !== reason) fill(element, ...texts[next]);
      reason = next;
    },
  };
}
