/**
 * The toolbar above the tree: the search box, then the controls added by the inspector's parts.
 * In narrow views the controls move to a drawer below.
 */

import { h, setAttribute } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";
import * as strings from "../strings.ts";

export interface Toolbar {
  readonly element: HTMLElement;
  /** Appends a control. */
  add(element: HTMLElement): void;
}

export function createToolbar(search: HTMLElement, signal: AbortSignal): Toolbar {
  const actions = h("div", { class: "nvj-actions" });
  const drawer = h(
    "button",
    {
      type: "button",
      class: "nvj-quiet nvj-drawer",
      "aria-label": strings.toolbarMore,
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
