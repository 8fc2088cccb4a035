/** One confirmation or small form at a time, in the detail pane. */

import type { Child } from "../../ui/html.ts";
import { h } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";

export interface Choice {
  readonly label: string;
  readonly danger?: boolean;
  readonly run: () => void;
}

export interface Card {
  readonly element: HTMLElement;
  /** Shows something else; `focus` is where typing begins. */
  show(content: HTMLElement, focus: HTMLElement): void;
  ask(question: readonly Child[], choices: readonly Choice[]): void;
  /** False where nothing was shown. */
  close(): boolean;
}

/** `leave` is called after it was closed while it had the focus. */
export function createCard(leave: () => void, signal: AbortSignal): Card {
  const element = h("div", { hidden: true });

  const close = (): boolean => {
    if (element.hidden) return false;
    const had = element.contains(document.activeElement);
    element.hidden = true;
    element.replaceChildren();
    if (had) leave();
    return true;
  };
  const show = (content: HTMLElement, focus: HTMLElement) => {
    element.replaceChildren(content);
    element.hidden = false;
    focus.focus();
  };
  // One listener for whatever is asked: a view may be open for days.
  let pending: readonly Choice[] = [];
  listen(
    element,
    "click",
    (event) => {
      if (!(event.target instanceof Element)) return;
      const index = event.target.closest<HTMLElement>("[data-choice]")?.dataset.choice;
      if (index === undefined) return;
      const chosen = pending[Number(index)];
      close();
      chosen?.run();
    },
    signal,
  );

  return {
    element,
    close,
    show,
    ask: (question, choices) => {
      pending = choices;
      const made = choices.map(({ label, danger = false }, index) =>
        h(
          "button",
          { type: "button", class: danger ? "nvj-danger" : null, "data-choice": index },
          label,
        ),
      );
      const cancel = h("button", { type: "button", "data-choice": -1 }, "Cancel");
      const box = h(
        "div",
        { class: "nvj-confirm", role: "alertdialog", "aria-label": "Are you sure?" },
        icon("warning"),
        h("p", {}, ...question),
        ...made,
        cancel,
      );
      show(box, made[0] ?? cancel);
    },
  };
}
