/** The Simulation tool. Its view is loaded when it is first visible. */

import { createLazyPart } from "../kernel/lazy_part.ts";
import type { Tool, ToolContext } from "../panel/tool.ts";
import { h } from "../ui/html.ts";
import { Signal } from "../ui/signal.ts";
import { createViewOf } from "./simulation_module.ts";

export function createSimulation(context: ToolContext): Tool {
  const { host, signal } = context;
  const element = h("div", { class: "nvj-tool nvj-simulation" });
  const footer = h("span");
  const part = createLazyPart({
    host,
    module: "simulation_view",
    what: "the simulation",
    make: (module) => createViewOf(module)(context, element, footer),
    signal,
  });
  element.append(part.note);
  return {
    name: "simulation",
    // Not in strings.ts, which belongs to the module that is loaded on demand.
    label: "Simulation",
    element,
    count: new Signal<number | null>(null),
    footer,
    shown: part.load,
  };
}
