/** A value as a tree of lines that can be folded with the mouse and the keyboard. */

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
/** What is nested deeper, or has more parts, is opened by whoever wants to see it. */
const DEPTH = 3;
const LENGTH = 50;

const isOpenAtFirst = ({ depth, length }: FoldablePart): boolean =>
  depth === 0 || (depth < DEPTH && length <= LENGTH);

export function createFoldingView(signal: AbortSignal): FoldingView {
  let value: PageValue = null;
  let lines = LINES;
  /** What somebody folded or opened, by the path of the part. */
  const chosen = new Map<string, boolean>();

  const isOpen = (part: FoldablePart) => chosen.get(part.path) ?? isOpenAtFirst(part);
  const pretty = createPrettyView(() => {
    lines += MORE_LINES;
    draw();
  }, signal);
  const element = h("div", { class: "nvj-folding" }, pretty.element);

  const buttons = () => [...element.querySelectorAll<HTMLElement>(".nvj-fold")];
  /** One of them is in the order of the Tab key; the arrows go to the others. */
  const enter = (button: HTMLElement | undefined) => {
    if (button === undefined) return;
    for (const other of buttons()) other.tabIndex = -1;
    button.tabIndex = 0;
  };
  const focus = (button: HTMLElement | undefined) => {
    enter(button);
    button?.focus();
  };
  const draw = () => {
    const path = element.querySelector<HTMLElement>(".nvj-fold[tabindex='0']")?.dataset.path;
    pretty.show(value, { lines, isOpen });
    enter(buttons().find((button) => button.dataset.path === path) ?? buttons()[0]);
  };
  const fold = (path: string, open: boolean) => {
    chosen.set(path, open);
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
      // A folded line opens wherever it is pressed; text of an open one is there to be marked.
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
