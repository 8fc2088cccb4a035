/** The bar over the tree: the search box, then whatever the parts of the inspector put there. */

import { h } from "../shared/dom.ts";

export interface Toolbar {
  readonly element: HTMLElement;
  /** Puts a button or a group at the end of the bar. */
  add(element: HTMLElement): void;
}

export function createToolbar(search: HTMLElement): Toolbar {
  const actions = h("div", { class: "nvj-actions" });
  return {
    element: h("div", { class: "nvj-toolbar" }, search, actions),
    add: (element) => actions.append(element),
  };
}
