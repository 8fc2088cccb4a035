/** A pane whose code is loaded when its tab is first opened; until then it says so. */

import { h, setText } from "../shared/dom.ts";
import { loadModule } from "../shared/lazy_module.ts";
import type { Entry } from "../shared/page_mirror.ts";
import { reasonOf } from "../shared/words.ts";
import type { Bench } from "./bench.ts";
import type { Pane } from "./pane_tabs.ts";

/** What follow.ts exports. */
type Maker = "createHistoryPane" | "createPlotPane";

export function createLazyPane(bench: Bench, label: string, maker: Maker): Pane {
  const note = h("p", { class: "nvj-dim" });
  let element: HTMLElement = h("div", { class: "nvj-pane" }, note);
  let pane: Pane | null = null;
  let loading = false;
  let shown: readonly [key: string | null, entry: Entry | undefined] = [null, undefined];

  const load = async () => {
    if (loading) return;
    loading = true;
    setText(note, "Loading.");
    try {
      const create = (await loadModule(bench.host, "follow"))[maker];
      if (bench.signal.aborted) return;
      if (typeof create !== "function") throw new Error("the module has no such pane");
      pane = create(bench) as Pane;
      // The tabs know the pane by these.
      for (const name of ["id", "role", "aria-labelledby"]) {
        pane.element.setAttribute(name, element.getAttribute(name) ?? "");
      }
      pane.element.hidden = element.hidden;
      element.replaceWith(pane.element);
      element = pane.element;
      pane.show(...shown);
    } catch (error) {
      const reason = reasonOf(error);
      setText(note, `It could not be loaded: ${reason}. Open it again to try once more.`);
    } finally {
      loading = false;
    }
  };

  return {
    label,
    get element() {
      return element;
    },
    note: () => pane?.note() ?? "",
    opened() {
      if (pane === null) void load();
      else pane.opened();
    },
    show(key, entry) {
      shown = [key, entry];
      pane?.show(key, entry);
    },
  };
}
