/** Ask for confirmation of a dangerous action, next to the control that started it. */

import { h, setText } from "./html.ts";
import { icon } from "./icons.ts";
import { listen } from "./lifetime.ts";

export interface ConfirmBox {
  readonly element: HTMLElement;
  /** Calls `yes` if the answer is that; the focus goes back to `from`. */
  ask(text: string, yes: () => void, from: HTMLElement): void;
  close(): void;
}

export function createConfirmBox(signal: AbortSignal): ConfirmBox {
  const words = h("p");
  const yes = h("button", { type: "button", class: "nvj-danger" }, "Yes, run it");
  const no = h("button", { type: "button" }, "No");
  const element = h(
    "div",
    { class: "nvj-confirm", role: "alertdialog", "aria-label": "Are you sure?", hidden: true },
    icon("warning"),
    words,
    yes,
    no,
  );
  let pending: { readonly yes: () => void; readonly from: HTMLElement } | null = null;

  const close = () => {
    const had = element.contains(document.activeElement) ? pending : null;
    pending = null;
    element.hidden = true;
    had?.from.focus();
  };
  listen(
    yes,
    "click",
    () => {
      const answered = pending;
      close();
      answered?.yes();
    },
    signal,
  );
  listen(no, "click", close, signal);
  listen(
    element,
    "keydown",
    (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.stopPropagation();
      if (event.key !== "Escape") return;
      event.stopPropagation();
      event.preventDefault();
      close();
    },
    signal,
  );
  return {
    element,
    close,
    ask(text, then, from) {
      setText(words, text);
      pending = { yes: then, from };
      element.hidden = false;
      yes.focus();
    },
  };
}
