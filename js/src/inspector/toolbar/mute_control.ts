/** The menu that mutes fast-changing branches; the trait `mute` stores the limit, 0 for off. */

import { h } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { every } from "../../ui/lifetime.ts";
import { createMenuButton } from "../../ui/menu.ts";
import type { InspectorContext } from "../context.ts";
import type { InspectorModel } from "../state/model.ts";
import * as strings from "../strings.ts";

const LIMITS = [0, 5, 25, 100] as const;

export function addMuteControl(
  context: InspectorContext,
  model: InspectorModel,
  time: () => number,
): void {
  const { host, signal, toolbar, redraw } = context;
  const limit = () => Math.max(0, host.get("mute") ?? 0);
  const label = (rate: number) =>
    rate === 0 ? strings.toolbarMuteOff : strings.toolbarMuteAbove(rate);

  const apply = () => {
    const rate = limit();
    menu.setLabel(icon("mute"), rate === 0 ? null : h("span", {}, `${rate}/s`));
    const { version } = model;
    model.mute(rate === 0 ? null : rate, time());
    if (model.version !== version) redraw();
  };
  const menu = createMenuButton(
    {
      name: strings.toolbarMute,
      items: () =>
        [...new Set([...LIMITS, limit()])].map((rate) => ({
          label: label(rate),
          checked: rate === limit(),
          run: () => host.set("mute", rate),
        })),
    },
    signal,
  );
  toolbar.add(menu.element);
  context.shortcuts.addEscape("menu", menu.close);
  host.observe("mute", apply, signal);
  apply();
  every(
    1000,
    () => {
      if (limit() > 0 && context.shown.get().at === null && !context.isHidden()) apply();
    },
    signal,
  );
}
