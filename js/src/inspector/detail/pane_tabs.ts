/** The tabs of the detail pane. */

import { h, setText } from "../../ui/html.ts";
import { createTabList } from "../../ui/tabs.ts";
import * as strings from "../strings.ts";
import type { Pane } from "./pane.ts";

export interface PaneTabs {
  readonly bar: HTMLElement;
  /** Updates the numbers beside the labels. */
  update(): void;
}

export function createPaneTabs(panes: readonly Pane[], signal: AbortSignal): PaneTabs {
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
