/** A button that inserts Python code as a new notebook cell. Hidden if there is no notebook. */

import type { Host } from "../kernel/host.ts";
import { h, setText } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import { debounced, listen } from "../ui/lifetime.ts";
import { CELL } from "./strings.ts";

export function cellButton(host: Host, code: () => string, signal: AbortSignal): HTMLElement {
  const label = h("span", { "aria-live": "polite" }, CELL.insert);
  const button = h(
    "button",
    { type: "button", class: "nvj-quiet", title: CELL.insertTitle, hidden: !host.hasCells },
    icon("cell"),
    label,
  );
  const restore = debounced(1500, () => setText(label, CELL.insert), signal);
  listen(
    button,
    "click",
    () => {
      setText(label, host.insertCell(code(), button) ? CELL.inserted : CELL.failed);
      restore();
    },
    signal,
  );
  return button;
}
