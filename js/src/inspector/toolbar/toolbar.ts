/**
 * The toolbar over the tree: the search box, then the controls added by the inspector's parts.
 * In narrow views everything but the search box wraps into a drawer below.
 */

import { h, setAttribute } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";

export interface Toolbar {
  readonly element: HTMLElement;
  /** Puts a button or a group at the end of the bar. */
  add(element: HTMLElement): void;
}

export function createToolbar(search: HTMLElement, signal: AbortSignal): Toolbar {
  const actions = h("div", { class: "nvj-actions" });
  const drawer = h(
    "button",
    {
      type: "button",
      class: "nvj-quiet nvj-drawer",
      "aria-label": "More",
      "aria-expanded": "false",
    },
    icon("more"),
  );
  listen(
    drawer,
    "click",
    () => {
      const open = actions.classList.toggle("nvj-open");
      setAttribute(drawer, "aria-expanded", String(open));
    },
    signal,
  );
  return {
    element: h("div", { class: "nvj-toolbar" }, search, drawer, actions),
    add: (element) => actions.append(element),
  };
}
