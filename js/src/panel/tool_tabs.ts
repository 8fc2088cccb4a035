/** The tools of a card: tabs if there are several, a title if there is one. */

import type { Host } from "../kernel/host.ts";
import { count } from "../text/format.ts";
import { randomName } from "../text/random_name.ts";
import { append, h, setText } from "../ui/html.ts";
import { listen } from "../ui/lifetime.ts";
import { addTabKeys } from "../ui/tab_keys.ts";
import type { Tool } from "./tool.ts";

interface Places {
  readonly body: HTMLElement;
  readonly footer: HTMLElement;
}

interface Tab {
  readonly tool: Tool;
  readonly button: HTMLElement;
}

export function createToolTabs(
  tools: readonly Tool[],
  host: Host,
  { body, footer }: Places,
  signal: AbortSignal,
): HTMLElement {
  const several = tools.length > 1;
  const bar = h("div", { class: "nvj-tabs", role: several ? "tablist" : null });
  const prefix = `nvj-${randomName().slice(0, 8)}`;

  const tabs: readonly Tab[] = tools.map((tool) => {
    const number = h("span", { class: "nvj-count" });
    const show = (value: number | null) => setText(number, value === null ? "" : count(value));
    show(tool.count.get());
    tool.count.observe(show, signal);
    const button = several
      ? h("button", {
          type: "button",
          class: "nvj-tab",
          role: "tab",
          id: `${prefix}-${tool.name}-tab`,
          "aria-controls": `${prefix}-${tool.name}`,
        })
      : h("span", { class: "nvj-tab nvj-tab-only" });
    append(button, [tool.label, " ", number]);
    tool.element.tabIndex = -1;
    tool.element.id = `${prefix}-${tool.name}`;
    if (several) {
      tool.element.setAttribute("role", "tabpanel");
      tool.element.setAttribute("aria-labelledby", button.id);
    }
    bar.append(button);
    body.append(tool.element);
    footer.append(tool.footer);
    return { tool, button };
  });

  const choose = (name: string): void => {
    const chosen = tabs.some(({ tool }) => tool.name === name) ? name : tabs[0]?.tool.name;
    for (const { tool, button } of tabs) {
      const selected = tool.name === chosen;
      if (several) {
        button.setAttribute("aria-selected", String(selected));
        button.tabIndex = selected ? 0 : -1;
      }
      tool.element.hidden = !selected;
      tool.footer.hidden = !selected;
      if (selected) tool.shown();
    }
  };
  if (!several) {
    choose("");
    return bar;
  }

  const read = () => choose(host.get("tool") ?? "");
  const choosePermanently = (tab: Tab) => {
    choose(tab.tool.name);
    host.set("tool", tab.tool.name);
  };
  for (const tab of tabs) listen(tab.button, "click", () => choosePermanently(tab), signal);
  addTabKeys(
    bar,
    tabs.map(({ button }) => button),
    (index) => {
      const next = tabs[index];
      if (next !== undefined) choosePermanently(next);
    },
    signal,
  );
  host.observe("tool", read, signal);
  read();
  return bar;
}
