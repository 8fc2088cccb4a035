/** A box that asks for confirmation, or holds a small form, next to what it is about. */

import { type Child, h } from "./html.ts";
import { icon } from "./icons.ts";
import { listen } from "./lifetime.ts";
import { CONFIRM } from "./strings.ts";

export interface Choice {
  readonly label: string;
  readonly danger?: boolean;
  readonly run: () => void;
}

export interface ConfirmBox {
  readonly element: HTMLElement;
  /** Shows the text, a button for each choice, and Cancel; replaces what was shown. */
  ask(text: readonly Child[], choices: readonly Choice[]): void;
  /** Shows other content and moves the focus to a part of it. */
  show(content: HTMLElement, focus: HTMLElement): void;
  /** Returns false if nothing was shown. */
  close(): boolean;
}

/** `onLeave` moves the focus after a box that had it was closed. */
export function createConfirmBox(onLeave: () => void, signal: AbortSignal): ConfirmBox {
  const element = h("div", { hidden: true });
  let shown: readonly Choice[] = [];

  const close = (): boolean => {
    if (element.hidden) return false;
    const hadFocus = element.contains(document.activeElement);
    element.hidden = true;
    element.replaceChildren();
    shown = [];
    if (hadFocus) onLeave();
    return true;
  };
  const show = (content: HTMLElement, focus: HTMLElement) => {
    element.replaceChildren(content);
    element.hidden = false;
    focus.focus();
  };

  // One listener for every box: a view may be open for days.
  listen(
    element,
    "click",
    (event) => {
      if (!(event.target instanceof Element)) return;
      const index = event.target.closest<HTMLElement>("[data-choice]")?.dataset.choice;
      if (index === undefined) return;
      const chosen = shown[Number(index)];
      close();
      chosen?.run();
    },
    signal,
  );
  listen(
    element,
    "keydown",
    (event) => {
      // Ctrl+Enter would also run the form around the box.
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
    show,
    ask(text, choices) {
      const buttons = choices.map(({ label, danger = false }, index) =>
        h(
          "button",
          { type: "button", class: danger ? "nvj-danger" : null, "data-choice": index },
          label,
        ),
      );
      const cancel = h("button", { type: "button", "data-choice": -1 }, CONFIRM.cancel);
      const box = h(
        "div",
        { class: "nvj-confirm", role: "alertdialog", "aria-label": CONFIRM.label },
        icon("warning"),
        h("p", {}, ...text),
        ...buttons,
        cancel,
      );
      show(box, buttons[0] ?? cancel);
      shown = choices;
    },
  };
}
