/** The tool of the MoleculeView widget. Its view is loaded when it is first visible. */

import { createLazyPart } from "../kernel/lazy_part.ts";
import type { Tool, ToolContext } from "../panel/tool.ts";
import { trackVisibility } from "../panel/tool_visibility.ts";
import { h } from "../ui/html.ts";
import { Signal } from "../ui/signal.ts";
import { createViewOf } from "./molecule_module.ts";

export function createMolecule(context: ToolContext): Tool {
  const { host, session, signal } = context;
  const element = h("div", { class: "nvj-tool nvj-molecule" });
  const part = createLazyPart({
    host,
    module: "molecule_view",
    what: "the molecule",
    make: (module) => {
      const visible = trackVisibility(session, [element], signal);
      createViewOf(module)(context, element, { visible, hasInspector: false });
    },
    signal,
  });
  element.append(part.note);
  return {
    name: "molecule",
    // Not in strings.ts, which belongs to the module that is loaded on demand.
    label: "Molecule",
    element,
    count: new Signal<number | null>(null),
    footer: h("span"),
    shown: part.load,
  };
}
