/** The tools of a card: tabs for several, a title for one. */

import type { Host } from "../kernel/host.ts";
import { count } from "../text/format.ts";
import { h, setText } from "../ui/html.ts";
import { createTabList } from "../ui/tabs.ts";
import type { Tool } from "./tool.ts";

interface Places {
  readonly body: HTMLElement;
  readonly footer: HTMLElement;
}

export function createToolTabs(
  tools: readonly Tool[],
  host: Host,
  { body, footer }: Places,
  signal: AbortSignal,
): HTMLElement {
  const labels = tools.map((tool) => {
    const number = h("span", { class: "nvj-count" });
    const show = (value: number | null) => setText(number, value === null ? "" : count(value));
    show(tool.count.get());
    tool.count.observe(show, signal);
    tool.element.tabIndex = -1;
    body.append(tool.element);
    footer.append(tool.footer);
    return [tool.label, " ", number];
  });
  const onSelect = (chosen: number) => {
    for (const [index, tool] of tools.entries()) tool.footer.hidden = index !== chosen;
    tools[chosen]?.shown();
  };

  if (tools.length < 2) {
    onSelect(0);
    const title = h("span", { class: "nvj-tab nvj-tab-only" }, ...(labels[0] ?? []));
    return h("div", { class: "nvj-tabs" }, title);
  }
  const tabs = createTabList(
    tools.map(({ element }, index) => ({ label: labels[index] ?? [], panel: element })),
    { class: "nvj-tabs" },
    onSelect,
    signal,
    (index) => host.set("tool", tools[index]?.name ?? ""),
  );
  const read = () => {
    const index = tools.findIndex(({ name }) => name === host.get("tool"));
    tabs.select(Math.max(0, index));
  };
  host.observe("tool", read, signal);
  read();
  return tabs.bar;
}
