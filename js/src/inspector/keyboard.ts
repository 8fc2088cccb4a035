/** The keys of the tree, after the treegrid pattern, and those that lead to the search box. */

import { listen } from "../shared/lifetime.ts";
import type { Row } from "./rows.ts";
import type { SearchBox } from "./search_box.ts";

export interface TreeKeys {
  readonly root: HTMLElement;
  readonly tree: HTMLElement;
  readonly search: SearchBox;
  readonly rows: () => readonly Row[];
  readonly currentIndex: () => number;
  readonly pageLength: () => number;
  readonly goTo: (index: number) => void;
  readonly toggle: (row: Row, open: boolean) => void;
  readonly activate: (row: Row) => void;
  /** Lets go of the chosen row; false if none was chosen. */
  readonly unselect: () => boolean;
  readonly signal: AbortSignal;
}

const isEditable = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input, textarea, select");

export function addTreeKeys(keys: TreeKeys): void {
  const { root, tree, search, signal } = keys;

  const parentOf = (index: number): number => {
    const rows = keys.rows();
    const depth = rows[index]?.depth ?? 0;
    for (let at = index - 1; at >= 0; at -= 1) {
      if ((rows[at]?.depth ?? 0) < depth) return at;
    }
    return index;
  };

  const right = (row: Row, index: number) => {
    if (row.open === false) keys.toggle(row, true);
    else if (row.open === true) keys.goTo(index + 1);
  };
  const left = (row: Row, index: number) => {
    if (row.open === true) keys.toggle(row, false);
    else keys.goTo(parentOf(index));
  };

  /** Whether the key meant something here. */
  const handle = (key: string): boolean => {
    const rows = keys.rows();
    const index = Math.max(0, keys.currentIndex());
    const row = rows[index];
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
        keys.goTo(rows.length - 1);
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

  const plain = (event: KeyboardEvent) => !event.ctrlKey && !event.metaKey && !event.altKey;

  listen(
    tree,
    "keydown",
    (event) => {
      if (plain(event) && handle(event.key)) event.preventDefault();
    },
    signal,
  );
  listen(
    search.input,
    "keydown",
    (event) => {
      if (event.key !== "ArrowDown" && event.key !== "Enter") return;
      event.preventDefault();
      keys.goTo(Math.max(0, keys.currentIndex()));
    },
    signal,
  );
  listen(
    root,
    "keydown",
    (event) => {
      if (event.key === "/" && plain(event) && !isEditable(event.target)) {
        event.preventDefault();
        search.input.focus();
        search.input.select();
      } else if (event.key === "Escape") {
        // One step back at a time: the choice, then the query.
        if (!isEditable(event.target) && keys.unselect()) event.preventDefault();
        else if (search.input.value !== "") {
          event.preventDefault();
          search.clear();
        }
      }
    },
    signal,
  );
}
