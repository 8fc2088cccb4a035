/** The detail pane of the selected key: value, history and plot. */

import type { Entry } from "../../kernel/state_store.ts";
import { keyText, visible } from "../../text/visible_text.ts";
import { h, setText } from "../../ui/html.ts";
import { createTabList } from "../../ui/tabs.ts";
import type { InspectorContext } from "../context.ts";
import * as strings from "../strings.ts";
import { createLazyPane, type Pane } from "./pane.ts";
import { createValuePane } from "./value_pane.ts";

export interface Detail {
  readonly element: HTMLElement;
  /** The place for buttons that act on the selected key. */
  readonly actions: HTMLElement;
  /** The place above the panes for confirmations and the edit box. */
  readonly notices: HTMLElement;
  /** Shows a key, or no selection for null; a removed key has no entry. */
  show(key: string | null, entry: Entry | undefined): void;
}

const TAIL = 6;

/** Split a key so that the middle is cut where room is short: keys often differ at their end. */
function headAndTail(text: string): readonly [head: string, tail: string] {
  const characters = [...text];
  if (characters.length < 4 * TAIL) return [text, ""];
  return [characters.slice(0, -TAIL).join(""), characters.slice(-TAIL).join("")];
}

interface PaneTabs {
  readonly bar: HTMLElement;
  /** Updates the numbers beside the labels. */
  update(): void;
}

function createPaneTabs(panes: readonly Pane[], signal: AbortSignal): PaneTabs {
  const notes = panes.map(() => h("span", { class: "nvj-count" }));
  const { bar, select } = createTabList(
    panes.map((pane, index) => ({
      label: [pane.label, " ", notes[index] ?? ""],
      // A pane that is loaded on demand replaces its element.
      get panel() {
        return pane.element;
      },
    })),
    { class: "nvj-pane-tabs", "aria-label": strings.detailTabs },
    (index) => panes[index]?.opened(),
    signal,
  );
  select(0);
  return {
    bar,
    update() {
      for (const [index, pane] of panes.entries()) {
        const note = notes[index];
        if (note !== undefined) setText(note, pane.note());
      }
    },
  };
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
    createLazyPane(context, strings.detailHistory, "createHistoryPane"),
    createLazyPane(context, strings.detailPlot, "createPlotPane"),
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
  const empty = h("div", { class: "nvj-empty" }, h("p", {}, strings.detailNoSelection));
  const element = h(
    "section",
    { class: "nvj-detail", "aria-label": strings.detailLabel },
    notices,
    empty,
    content,
  );

  return {
    element,
    actions,
    notices,
    show(nextKey, entry) {
      if (nextKey !== key) {
        key = nextKey;
        const [head, tail] = headAndTail(key === null ? "" : keyText(key, 200));
        setText(titleHead, head);
        setText(titleTail, tail);
        title.title = key === null ? "" : visible(key, 2000);
      }
      // A removed key still has a history.
      content.hidden = key === null;
      empty.hidden = key !== null;
      for (const pane of panes) pane.show(key, entry);
      tabs.update();
    },
  };
}
