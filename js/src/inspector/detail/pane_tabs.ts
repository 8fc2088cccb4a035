/** The tabs of the detail pane, after the ARIA tabs pattern. */

import type { Entry } from "../../kernel/state_store.ts";
import { randomName } from "../../text/random_name.ts";
import { h, setText } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";
import { addTabKeys } from "../../ui/tab_keys.ts";

export interface Pane {
  readonly label: string;
  readonly element: HTMLElement;
  /** A number beside the label; empty for none. */
  readonly note: () => string;
  show(key: string | null, entry: Entry | undefined): void;
  /** Its tab was chosen. */
  opened(): void;
}

export interface PaneTabs {
  readonly bar: HTMLElement;
  /** Writes the panes' numbers anew. */
  update(): void;
}

export function createPaneTabs(panes: readonly Pane[], signal: AbortSignal): PaneTabs {
  const prefix = `nvj-${randomName().slice(0, 8)}`;
  const bar = h("div", { class: "nvj-pane-tabs", role: "tablist", "aria-label": "Of this key" });
  const tabs = panes.map((pane, index) => {
    const note = h("span", { class: "nvj-count" });
    const button = h(
      "button",
      {
        type: "button",
        class: "nvj-tab",
        role: "tab",
        id: `${prefix}-tab-${index}`,
        "aria-controls": `${prefix}-pane-${index}`,
      },
      pane.label,
      " ",
      note,
    );
    pane.element.id = `${prefix}-pane-${index}`;
    pane.element.setAttribute("role", "tabpanel");
    pane.element.setAttribute("aria-labelledby", button.id);
    bar.append(button);
    return { pane, button, note };
  });

  const choose = (chosen: number) => {
    for (const [index, { pane, button }] of tabs.entries()) {
      const selected = index === chosen;
      button.setAttribute("aria-selected", String(selected));
      button.tabIndex = selected ? 0 : -1;
      pane.element.hidden = !selected;
      if (selected) pane.opened();
    }
  };
  for (const [index, { button }] of tabs.entries()) {
    listen(button, "click", () => choose(index), signal);
  }
  addTabKeys(
    bar,
    tabs.map(({ button }) => button),
    choose,
    signal,
  );
  choose(0);
  return {
    bar,
    update() {
      for (const { pane, note } of tabs) setText(note, pane.note());
    },
  };
}
