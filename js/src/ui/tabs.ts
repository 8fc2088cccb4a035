/** A tab list, following the ARIA tabs pattern with automatic activation. */

import { randomName } from "../text/random_name.ts";
import { type Child, h } from "./html.ts";
import { listen } from "./lifetime.ts";

export interface Tab {
  readonly label: readonly Child[];
  readonly panel: HTMLElement;
}

export interface TabList {
  readonly bar: HTMLElement;
  /** Show one panel and hide the others. */
  select(index: number): void;
}

/** `onSelect` is called for every selection, `onChoose` only for those by the user. */
export function createTabList(
  tabs: readonly Tab[],
  attributes: { readonly class: string; readonly "aria-label"?: string },
  onSelect: (index: number) => void,
  signal: AbortSignal,
  onChoose: (index: number) => void = () => {},
): TabList {
  const prefix = `nvj-${randomName().slice(0, 8)}`;
  const buttons = tabs.map(({ label, panel }, index) => {
    const button = h(
      "button",
      {
        type: "button",
        class: "nvj-tab",
        role: "tab",
        id: `${prefix}-tab-${index}`,
        "aria-controls": `${prefix}-panel-${index}`,
      },
      ...label,
    );
    panel.id = `${prefix}-panel-${index}`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", button.id);
    return button;
  });
  const bar = h("div", { ...attributes, role: "tablist" }, ...buttons);

  const select = (chosen: number) => {
    for (const [index, { panel }] of tabs.entries()) {
      const selected = index === chosen;
      const button = buttons[index];
      button?.setAttribute("aria-selected", String(selected));
      if (button !== undefined) button.tabIndex = selected ? 0 : -1;
      panel.hidden = !selected;
    }
    onSelect(chosen);
  };
  const choose = (index: number) => {
    select(index);
    onChoose(index);
  };

  for (const [index, button] of buttons.entries()) {
    listen(button, "click", () => choose(index), signal);
  }
  listen(
    bar,
    "keydown",
    (event) => {
      const from = buttons.findIndex((button) => button.matches(":focus"));
      const last = buttons.length - 1;
      const next = {
        ArrowLeft: from > 0 ? from - 1 : last,
        ArrowRight: from < last ? from + 1 : 0,
        Home: 0,
        End: last,
      }[event.key];
      if (next === undefined || from < 0) return;
      event.preventDefault();
      choose(next);
      buttons[next]?.focus();
    },
    signal,
  );
  return { bar, select };
}
