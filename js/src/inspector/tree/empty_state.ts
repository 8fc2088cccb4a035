/** The placeholder of an empty tree. */

import { type Child, fill, h, setText } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";
import * as strings from "../strings.ts";

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
  const clear = h("button", { type: "button", class: "nvj-link" }, strings.searchClear);
  listen(clear, "click", clearFilter, signal);
  const texts: Readonly<Record<Reason, readonly Child[]>> = {
    noMatch: [noMatch, clear],
    searching: [h("p", {}, strings.treeSearching)],
    loading: [h("p", {}, strings.treeLoading)],
    noKeys: [
      h("p", {}, strings.treeNoKeys),
      h("p", { class: "nvj-dim" }, strings.treeNoKeysHint),
      h("code", {}, strings.treeNoKeysExample),
    ],
  };
  let reason: Reason | null = null;

  return {
    element,
    draw: ({ shown, keys, loaded, searched }) => {
      element.hidden = shown > 0;
      if (shown > 0) return;
      setText(noMatch, strings.treeNoMatch(keys));
      const unmatched = searched ? "noMatch" : "searching";
      const next = keys > 0 ? unmatched : loaded ? "noKeys" : "loading";
      // Replacing the link while it is clicked would lose the click.
      if (next !== reason) fill(element, ...texts[next]);
      reason = next;
    },
  };
}
