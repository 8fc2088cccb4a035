/** Pin keys and branches to the top; the trait `pins` stores them. */

import { h, setAttribute } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";
import type { InspectorContext, RowPartView } from "../context.ts";
import type { InspectorModel } from "../state/model.ts";
import * as strings from "../strings.ts";
import type { Row } from "../tree/rows.ts";

export function addPins(context: InspectorContext, model: InspectorModel): void {
  const { host, signal, selected, announce } = context;
  const pins = (): readonly string[] => host.get("pins") ?? [];

  const toggle = (path: string) => {
    const had = pins().includes(path);
    host.set("pins", had ? pins().filter((each) => each !== path) : [...pins(), path]);
    announce(had ? strings.toolbarUnpinned : strings.toolbarPinned);
  };
  const apply = () => {
    model.setPins(pins());
    context.redraw();
  };

  context.addRowPart({
    at: "end",
    make: (): RowPartView => {
      let path: string | null = null;
      const button = h(
        "button",
        // Not a Tab stop: there is one per row, and the keyboard has a shortcut.
        { type: "button", class: "nvj-quiet nvj-row-star", tabindex: -1 },
        icon("star"),
      );
      listen(button, "click", () => path !== null && toggle(path), signal);
      return {
        element: button,
        draw: (row: Row) => {
          path = row.kind === "node" ? row.node.path : null;
          button.hidden = path === null;
          const pinned = row.kind === "node" && row.pinned;
          setAttribute(button, "aria-pressed", String(pinned));
          setAttribute(button, "aria-label", pinned ? strings.toolbarUnpin : strings.toolbarPin);
        },
      };
    },
  });
  context.shortcuts.add({
    key: "t",
    does: strings.shortcutPin,
    run: () => {
      const node = selected.get()?.node;
      if (node === null || node === undefined) return false;
      toggle(node.path);
      return true;
    },
  });
  host.observe("pins", apply, signal);
  apply();
}
