/** The rows as an ARIA treegrid: drawing, clicks and keyboard navigation. */

import { h, setAttribute } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";
import { createVirtualList } from "../../ui/virtual_list.ts";
import type { RowPart } from "../context.ts";
import { isEditable } from "../shortcuts.ts";
import type { InspectorModel } from "../state/model.ts";
import type { Place } from "../state/place.ts";
import type { Selection } from "../state/selection.ts";
import * as strings from "../strings.ts";
import { addTreeKeys } from "./keyboard.ts";
import { createRowView, type RowView } from "./row_view.ts";
import { keyId, keyOf, type Row, valueId } from "./rows.ts";

const ROW_HEIGHT = 24;

export interface TreeView {
  readonly element: HTMLElement;
  /** Draws at once; ages are relative to `time`. */
  draw(time: number): void;
  /** Makes the next drawing include unchanged rows. */
  refresh(): void;
  /** Focuses the current row. */
  focus(): void;
  reveal(place: Place): void;
  toTop(): void;
}

export interface TreeViewOptions {
  readonly model: InspectorModel;
  readonly selection: Selection;
  readonly parts: readonly RowPart[];
  readonly edited: () => Place | null;
  /** Called when a row was expanded, collapsed or selected. */
  readonly onUpdate: () => void;
  readonly signal: AbortSignal;
}

export function createTreeView(options: TreeViewOptions): TreeView {
  const { model, selection, parts, edited, onUpdate, signal } = options;
  const views = new WeakMap<HTMLElement, RowView>();
  let time = 0;
  let stamp = 0;
  let drawnVersion = -1;
  /** The last index of the current row, which may have been removed. */
  let lastIndex = 0;
  const tree = h("div", {
    class: "nvj-tree",
    role: "treegrid",
    "aria-label": strings.treeLabel,
    tabindex: -1,
  });

  /** The row that replaces a removed current row; -1 if it was not removed. */
  let replacement = -1;

  const currentIndex = (): number => {
    const { currentId } = selection;
    if (currentId === null) return 0;
    const index = model.indexOf(currentId);
    return index < 0 ? Math.max(0, Math.min(lastIndex, model.rowCount - 1)) : index;
  };

  const list = createVirtualList({
    scroller: tree,
    rowHeight: ROW_HEIGHT,
    signal,
    count: () => model.rowCount,
    idAt: (index) => model.rowAt(index)?.id ?? "",
    indexOf: (id) => model.indexOf(id),
    makeRow: () => {
      const view = createRowView(parts.map((part) => ({ at: part.at, view: part.make() })));
      views.set(view.element, view);
      return view.element;
    },
    drawRow: (element, index) => {
      const row = model.rowAt(index);
      if (row === undefined) return;
      const { currentId } = selection;
      const state = {
        selected: row.id === selection.selected.get()?.id,
        current: currentId === null ? index === 0 : row.id === currentId || index === replacement,
        edited: edited(),
        stamp,
      };
      if (row.id === currentId) lastIndex = index;
      element.dataset.index = String(index);
      views.get(element)?.draw(row, index, state, model, time);
    },
    afterDraw: (lostFocus) => {
      // A field moves to the detail pane with its focus when its row is removed.
      if (!lostFocus || isEditable(document.activeElement)) return;
      const row = model.rowAt(currentIndex());
      const element = row === undefined ? null : list.rowOf(row.id);
      (element ?? tree).focus({ preventScroll: true });
    },
  });

  const toggle = (row: Row, open: boolean) => {
    model.setOpen(row, open);
    onUpdate();
  };
  const activate = (row: Row) => {
    if (row.kind === "more" && row.awaited === null && !row.full) {
      model.showMore(row.key, row.path);
    }
    selection.select(row);
    onUpdate();
  };
  const goTo = (index: number) => {
    const row = model.rowAt(Math.min(Math.max(index, 0), model.rowCount - 1));
    if (row === undefined) return;
    selection.select(row);
    onUpdate();
    list.reveal(model.indexOf(row.id));
    list.rowOf(row.id)?.focus({ preventScroll: true });
  };
  const rowOf = (target: EventTarget | null): Row | null => {
    if (!(target instanceof Element)) return null;
    const element = target.closest(".nvj-row");
    // By id: the index may belong to another row since the last drawing.
    const id = element === null ? null : list.idOf(element);
    return id === null ? null : (model.rowAt(model.indexOf(id)) ?? null);
  };
  /** Controls in a row handle their own clicks. */
  const isInPart = (target: EventTarget | null): boolean =>
    target instanceof Element && target.closest("button, input, textarea, select") !== null;

  listen(
    tree,
    "click",
    (event) => {
      const row = rowOf(event.target);
      if (row === null || isInPart(event.target)) return;
      const onTwisty = event.target instanceof Element && event.target.closest(".nvj-twisty");
      // A branch has no value to show, so a click anywhere expands it.
      if (row.open !== null && (onTwisty || keyOf(row) === null)) toggle(row, !row.open);
      activate(row);
    },
    signal,
  );
  listen(
    tree,
    "dblclick",
    (event) => {
      if (event.target instanceof Element && event.target.closest(".nvj-twisty")) return;
      const row = isInPart(event.target) ? null : rowOf(event.target);
      if (row !== null && row.open !== null && keyOf(row) !== null) toggle(row, !row.open);
    },
    signal,
  );
  addTreeKeys({
    tree,
    count: () => model.rowCount,
    rowAt: (index) => model.rowAt(index),
    parentOf: (row, index) => model.parentOf(row, index),
    currentIndex: () => (selection.currentId === null ? -1 : currentIndex()),
    pageLength: () => list.pageLength(),
    goTo,
    toggle,
    activate,
    signal,
  });

  return {
    element: tree,
    draw: (next) => {
      time = next;
      const { version } = model;
      if (version !== drawnVersion) list.rowsChanged();
      drawnVersion = version;
      const index = currentIndex();
      replacement = model.rowAt(index)?.id === selection.currentId ? -1 : index;
      setAttribute(tree, "aria-rowcount", model.rowCount);
      list.draw();
    },
    refresh: () => {
      stamp += 1;
    },
    focus: () => goTo(currentIndex()),
    reveal: ({ key, path }) => {
      model.reveal(key, path);
      const node = model.tree.get(key);
      const id = path.length > 0 ? valueId(key, path) : keyId(key);
      selection.selectPlace(id, { key, path }, path.length > 0 ? null : (node ?? null));
      const index = model.indexOf(id);
      if (index >= 0) list.reveal(index);
      onUpdate();
    },
    toTop: () => {
      tree.scrollTop = 0;
    },
  };
}
