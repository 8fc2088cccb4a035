/** The detail pane of the selected key: value, history and plot. */

import type { Entry } from "../../kernel/state_store.ts";
import { visible } from "../../text/visible_text.ts";
import { fill, h, setText } from "../../ui/html.ts";
import type { InspectorContext } from "../context.ts";
import { createLazyPane, type Pane } from "./pane.ts";
import { createPaneTabs } from "./pane_tabs.ts";
import { createValuePane } from "./value_pane.ts";

export interface Detail {
  readonly element: HTMLElement;
  /** Where buttons that do something with the chosen key stand. */
  readonly actions: HTMLElement;
  /** What stands above the panes while there is something to say or to type. */
  readonly notices: HTMLElement;
  /** `null` for nothing chosen; an entry of undefined for a key that is gone. */
  show(key: string | null, entry: Entry | undefined): void;
}

const TAIL = 6;

/** Where there is no room the middle goes: keys often differ in their last letters only. */
function headAndTail(text: string): readonly [head: string, tail: string] {
  const signs = [...text];
  if (signs.length < 4 * TAIL) return [text, ""];
  return [signs.slice(0, -TAIL).join(""), signs.slice(-TAIL).join("")];
}

export function createDetail(context: InspectorContext): Detail {
  const { signal } = context;
  let key: string | null = null;

  const titleHead = h("span", { class: "nvj-detail-key-head" });
  const titleTail = h("span");
  const title = h("strong", { class: "nvj-detail-key" }, titleHead, titleTail);
  const actions = h("span", { class: "nvj-detail-actions" });
  const notices = h("div", { class: "nvj-detail-notices" });
  const panes: readonly Pane[] = [
    createValuePane(context),
    createLazyPane(context, "History", "createHistoryPane"),
    createLazyPane(context, "Plot", "createPlotPane"),
  ];
  const tabs = createPaneTabs(panes, signal);
  const head = h(
    "div",
    { class: "nvj-detail-head" },
    title,
    h("span", { class: "nvj-space" }),
    actions,
  );
  const content = h(
    "div",
    { class: "nvj-detail-content" },
    head,
    tabs.bar,
    ...panes.map((pane) => pane.element),
  );
  const empty = h("div", { class: "nvj-empty" });
  const element = h(
    "section",
    { class: "nvj-detail", "aria-label": "Value" },
    notices,
    empty,
    content,
  );

  const drawEmpty = (entry: Entry | undefined) => {
    // A key that is gone still has a history.
    const nothing = key === null;
    content.hidden = nothing;
    empty.hidden = !nothing;
    content.dataset.gone = String(entry === undefined);
    if (nothing && empty.childElementCount === 0) {
      fill(empty, h("p", {}, "Choose a key to see its whole value, live."));
    }
  };

  return {
    element,
    actions,
    notices,
    show(nextKey, entry) {
      if (nextKey !== key) {
        key = nextKey;
        const [head, tail] = headAndTail(key === "" ? "(empty)" : visible(key ?? "", 200));
        setText(titleHead, head);
        setText(titleTail, tail);
        title.title = key === null ? "" : visible(key, 2000);
      }
      drawEmpty(entry);
      for (const pane of panes) pane.show(key, entry);
      tabs.update();
    },
  };
}
