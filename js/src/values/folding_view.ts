/** A value as lines that can be expanded and collapsed with the mouse and the keyboard. */

import type { PageValue } from "../protocol/common.ts";
import { h } from "../ui/html.ts";
import { listen } from "../ui/lifetime.ts";
import type { FoldablePart } from "./pretty.ts";
import { createPrettyView } from "./pretty_view.ts";

export interface FoldingView {
  readonly element: HTMLElement;
  show(value: PageValue): void;
}

const LINES = 200;
const MORE_LINES = 600;
/** Deeper or longer parts are collapsed at first. */
const MAX_DEPTH = 3;
const MAX_LENGTH = 50;

const isOpenAtFirst = ({ depth, length }: FoldablePart): boolean =>
  depth === 0 || (depth < MAX_DEPTH && length <= MAX_LENGTH);

export function createFoldingView(signal: AbortSignal): FoldingView {
  let value: PageValue = null;
  let lines = LINES;
  /** Parts that the user expanded (true) or collapsed, by path. */
  const expanded = new Map<string, boolean>();

  const isOpen = (part: FoldablePart) => expanded.get(part.path) ?? isOpenAtFirst(part);
  const pretty = createPrettyView(() => {
    lines += MORE_LINES;
    draw();
  }, signal);
  const element = h("div", { class: "nvj-folding" }, pretty.element);

  const buttons = () => [...element.querySelectorAll<HTMLElement>(".nvj-fold")];
  /** One button is in the tab order; the arrow keys reach the others. */
  const makeTabbable = (button: HTMLElement | undefined) => {
    if (button === undefined) return;
    for (const other of buttons()) other.tabIndex = -1;
    button.tabIndex = 0;
  };
  const focus = (button: HTMLElement | undefined) => {
    makeTabbable(button);
    button?.focus();
  };
  const draw = () => {
    const path = element.querySelector<HTMLElement>(".nvj-fold[tabindex='0']")?.dataset.path;
    pretty.show(value, { lines, isOpen });
    makeTabbable(buttons().find((button) => button.dataset.path === path) ?? buttons()[0]);
  };
  const fold = (path: string, open: boolean) => {
    expanded.set(path, open);
    draw();
    focus(buttons().find((button) => button.dataset.path === path));
  };
  const isUnfolded = (button: HTMLElement) => button.getAttribute("aria-expanded") === "true";

  listen(
    element,
    "click",
    ({ target }) => {
      const line = target instanceof Element ? target.closest(".nvj-pretty-line") : null;
      const button = line?.querySelector<HTMLElement>(".nvj-fold");
      if (button === null || button === undefined) return;
      // A click anywhere expands a collapsed line; text of an expanded one can be selected.
      const pressed = target instanceof Element && button.contains(target);
      if (pressed || !isUnfolded(button)) fold(button.dataset.path ?? "", !isUnfolded(button));
    },
    signal,
  );
  listen(
    element,
    "keydown",
    (event) => {
      const all = buttons();
      const button = all.find((each) => each === event.target);
      if (button === undefined) return;
      const at = all.indexOf(button);
      const path = button.dataset.path ?? "";
      if (event.key === "ArrowDown") focus(all[at + 1]);
      else if (event.key === "ArrowUp") focus(all[at - 1]);
      else if (event.key === "ArrowRight") fold(path, true);
      else if (event.key === "ArrowLeft") fold(path, false);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    signal,
  );

  return {
    element,
    show(next) {
      value = next;
      draw();
    },
  };
}
