/** Keyboard control of a tab list after the ARIA tabs pattern, with automatic activation. */

import { listen } from "./lifetime.ts";

export function addTabKeys(
  bar: HTMLElement,
  buttons: readonly HTMLElement[],
  choose: (index: number) => void,
  signal: AbortSignal,
): void {
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
}
