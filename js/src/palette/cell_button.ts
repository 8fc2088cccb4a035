/** A button that inserts Python code as a new cell, where the frontend has cells. */

import type { Host } from "../kernel/host.ts";
import { h, setText } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import { debounced, listen } from "../ui/lifetime.ts";

export function cellButton(host: Host, line: () => string, signal: AbortSignal): HTMLElement {
  const word = h("span", { "aria-live": "polite" }, "As cell");
  const button = h(
    "button",
    {
      type: "button",
      class: "nvj-quiet",
      title: "Insert the line of Python as a new cell below this one",
      hidden: !host.hasCells,
    },
    icon("cell"),
    word,
  );
  const restore = debounced(1500, () => setText(word, "As cell"), signal);
  listen(
    button,
    "click",
    () => {
      setText(word, host.insertCell(line(), button) ? "Inserted" : "Not possible here");
      restore();
    },
    signal,
  );
  return button;
}
