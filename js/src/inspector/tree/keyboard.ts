/** Keyboard navigation in the tree, after the ARIA treegrid pattern. */

import { listen } from "../../ui/lifetime.ts";
import { isEditable, isPlain } from "../shortcuts.ts";
import type { Row } from "./rows.ts";

export interface TreeKeys {
  readonly tree: HTMLElement;
  readonly count: () => number;
  readonly rowAt: (index: number) => Row | undefined;
  readonly parentOf: (row: Row, index: number) => number;
  readonly currentIndex: () => number;
  readonly pageLength: () => number;
  readonly goTo: (index: number) => void;
  readonly toggle: (row: Row, open: boolean) => void;
  readonly activate: (row: Row) => void;
  readonly signal: AbortSignal;
}

export function addTreeKeys(keys: TreeKeys): void {
  const right = (row: Row, index: number) => {
    if (row.open === false) keys.toggle(row, true);
    else if (row.open === true) keys.goTo(index + 1);
  };
  const left = (row: Row, index: number) => {
    if (row.open === true) keys.toggle(row, false);
    else keys.goTo(keys.parentOf(row, index));
  };

  /** Returns whether the key was handled. */
  const handle = (key: string): boolean => {
    const index = Math.max(0, keys.currentIndex());
    const row = keys.rowAt(index);
    if (row === undefined) return false;
    switch (key) {
      case "ArrowDown":
        keys.goTo(keys.currentIndex() + 1);
        return true;
      case "ArrowUp":
        keys.goTo(index - 1);
        return true;
      case "ArrowRight":
        right(row, index);
        return true;
      case "ArrowLeft":
        left(row, index);
        return true;
      case "Home":
        keys.goTo(0);
        return true;
      case "End":
        keys.goTo(keys.count() - 1);
        return true;
      case "PageDown":
        keys.goTo(index + keys.pageLength());
        return true;
      case "PageUp":
        keys.goTo(index - keys.pageLength());
        return true;
      case "Enter":
      case " ":
        if (row.open !== null) keys.toggle(row, !row.open);
        keys.activate(row);
        return true;
      default:
        return false;
    }
  };

  listen(
    keys.tree,
    "keydown",
    (event) => {
      // Buttons and fields in a row handle their own keys.
      const onRow = event.target instanceof HTMLElement && !event.target.matches("button");
      if (!onRow || isEditable(event.target) || !isPlain(event)) return;
      if (handle(event.key)) event.preventDefault();
    },
    keys.signal,
  );
}
