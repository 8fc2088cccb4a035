/** The panes of the detail pane's tabs; those that are loaded when first opened. */

import { createLazyPart } from "../../kernel/lazy_part.ts";
import type { Entry } from "../../kernel/state_store.ts";
import { h } from "../../ui/html.ts";
import type { InspectorContext } from "../context.ts";

export interface Pane {
  readonly label: string;
  readonly element: HTMLElement;
  /** Returns a number for the tab; empty for none. */
  readonly note: () => string;
  show(key: string | null, entry: Entry | undefined): void;
  /** Called when the tab is selected. */
  opened(): void;
}

/** Exports of widgets/history_chunk.ts. */
type Maker = "createHistoryPane" | "createPlotPane";

export function createLazyPane(context: InspectorContext, label: string, maker: Maker): Pane {
  let shown: readonly [key: string | null, entry: Entry | undefined] = [null, undefined];
  const part = createLazyPart<Pane>({
    host: context.host,
    module: "history",
    what: label,
    make: (module) => {
      const create = module[maker];
      if (typeof create !== "function") throw new Error("incompatible module; reload the page");
      const pane = create(context) as Pane;
      // The tab list has set these on the placeholder.
      for (const name of ["id", "role", "aria-labelledby"]) {
        pane.element.setAttribute(name, place.getAttribute(name) ?? "");
      }
      pane.element.hidden = place.hidden;
      place.replaceWith(pane.element);
      pane.show(...shown);
      return pane;
    },
    signal: context.signal,
  });
  const place = h("div", { class: "nvj-pane" }, part.note);

  return {
    label,
    get element() {
      return part.get()?.element ?? place;
    },
    note: () => part.get()?.note() ?? "",
    opened() {
      const pane = part.get();
      if (pane === null) part.load();
      else pane.opened();
    },
    show(key, entry) {
      shown = [key, entry];
      part.get()?.show(key, entry);
    },
  };
}
