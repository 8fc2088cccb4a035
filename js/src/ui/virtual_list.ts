/**
 * A list of rows of equal height that creates elements only for the visible rows.
 *
 * A row keeps its element while it is visible, and with it focus, input and animations. A focused row
 * keeps its element even when it is scrolled out of view. The document order is the visual order, for
 * screen readers.
 */

import { h } from "./html.ts";
import { every, listen, observeSize, oncePerFrame } from "./lifetime.ts";
import { reorderChildren } from "./reorder_children.ts";

export interface VirtualList {
  readonly scroller: HTMLElement;
  /** Draw the visible rows in the next animation frame. */
  redraw(): void;
  /** Draw the visible rows now, for callers in an animation frame. */
  draw(): void;
  /** Update the scroll position after rows were added or removed, to keep the top row in place. */
  rowsChanged(): void;
  /** Return the element of a row, if it is drawn. */
  rowOf(id: string): HTMLElement | null;
  /** Return the id of the row that an element was drawn for. */
  idOf(element: Element): string | null;
  /** Scroll the row into view and draw now. */
  reveal(index: number): void;
  /** Return the number of rows that Page Down moves. */
  pageLength(): number;
}

export interface VirtualListOptions {
  readonly scroller: HTMLElement;
  readonly rowHeight: number;
  readonly count: () => number;
  /** Return a stable, unique id. */
  readonly idAt: (index: number) => string;
  /** Return -1 for a removed row. */
  readonly indexOf: (id: string) => number;
  readonly makeRow: () => HTMLElement;
  readonly drawRow: (row: HTMLElement, index: number) => void;
  /** `lostFocus`: the focused row was removed; its hidden element still has the focus. */
  readonly afterDraw: (lostFocus: boolean) => void;
  readonly signal: AbortSignal;
}

interface Drawn {
  readonly element: HTMLElement;
  index: number;
}

const OVERSCAN = 6;
/** Milliseconds between checks whether the list was removed from the page and inserted again. */
const CHECK_PERIOD = 250;
/** Height before the first layout. */
const UNKNOWN_HEIGHT = 480;

const hasFocus = (element: HTMLElement): boolean => element.contains(document.activeElement);

export function createVirtualList(options: VirtualListOptions): VirtualList {
  const { scroller, rowHeight, idAt, indexOf, makeRow, drawRow, afterDraw, signal } = options;
  const canvas = h("div", { class: "nvj-canvas", role: "presentation" });
  scroller.append(canvas);
  const drawn = new Map<string, Drawn>();
  const spare: HTMLElement[] = [];
  let canvasRows = 0;
  let mayBeOutOfOrder = false;
  let topId: string | null = null;
  let drawnTop = 0;

  const height = () => scroller.clientHeight || UNKNOWN_HEIGHT;

  const place = (row: Drawn, index: number) => {
    if (row.index === index) return;
    row.index = index;
    mayBeOutOfOrder = true;
    row.element.style.transform = `translateY(${index * rowHeight}px)`;
  };

  /** Never reuse the focused element for another row. */
  const takeSpare = (): HTMLElement | undefined => {
    const at = spare.findLastIndex((element) => !hasFocus(element));
    return at < 0 ? undefined : spare.splice(at, 1)[0];
  };

  const elementFor = (id: string): Drawn => {
    const known = drawn.get(id);
    if (known !== undefined) return known;
    const element = takeSpare() ?? canvas.appendChild(makeRow());
    element.hidden = false;
    const row = { element, index: -1 };
    drawn.set(id, row);
    return row;
  };

  const release = (first: number, last: number) => {
    const wanted = new Set<string>();
    for (let index = first; index < last; index += 1) wanted.add(idAt(index));
    for (const [id, row] of drawn) {
      if (wanted.has(id)) continue;
      const at = hasFocus(row.element) ? indexOf(id) : -1;
      if (at >= 0) {
        place(row, at);
        drawRow(row.element, at);
        continue;
      }
      drawn.delete(id);
      row.element.hidden = true;
      spare.push(row.element);
    }
  };

  /** Called before scrolling, because the browser cannot scroll beyond the canvas. */
  const resize = (): number => {
    const count = options.count();
    if (count !== canvasRows) canvas.style.height = `${count * rowHeight}px`;
    canvasRows = count;
    return count;
  };

  const draw = () => {
    const count = resize();
    const top = scroller.scrollTop;
    drawnTop = top;
    const first = Math.max(0, Math.min(count, Math.floor(top / rowHeight)) - OVERSCAN);
    const last = Math.min(count, Math.ceil((top + height()) / rowHeight) + OVERSCAN);
    release(first, last);
    for (let index = first; index < last; index += 1) {
      const row = elementFor(idAt(index));
      place(row, index);
      drawRow(row.element, index);
    }
    if (mayBeOutOfOrder) {
      const rows = [...drawn.values()].sort((a, b) => a.index - b.index);
      reorderChildren(
        canvas,
        rows.map(({ element }) => element),
      );
      mayBeOutOfOrder = false;
    }
    topId =
      top > 0 && first < count ? idAt(Math.min(count - 1, Math.floor(top / rowHeight))) : null;
    afterDraw(spare.some(hasFocus));
  };
  const redraw = oncePerFrame(draw, signal);

  listen(scroller, "scroll", redraw, signal, { passive: true });
  observeSize(scroller, redraw, signal);
  // JupyterLab removes cells from the page and inserts them again, which resets the scroll
  // position without an event.
  every(
    CHECK_PERIOD,
    () => {
      if (scroller.isConnected && scroller.scrollTop !== drawnTop) redraw();
    },
    signal,
  );

  return {
    scroller,
    redraw,
    draw,
    rowsChanged: () => {
      if (topId === null) return;
      const index = indexOf(topId);
      const before = Math.floor(scroller.scrollTop / rowHeight);
      if (index < 0 || index === before) return;
      resize();
      scroller.scrollTop += (index - before) * rowHeight;
    },
    rowOf: (id) => drawn.get(id)?.element ?? null,
    idOf: (element) => {
      for (const [id, row] of drawn) if (row.element === element) return id;
      return null;
    },
    reveal: (index) => {
      resize();
      const top = index * rowHeight;
      const bottom = top + rowHeight - height();
      if (scroller.scrollTop > top) scroller.scrollTop = top;
      else if (scroller.scrollTop < bottom) scroller.scrollTop = bottom;
      draw();
    },
    pageLength: () => Math.max(1, Math.floor(height() / rowHeight) - 1),
  };
}
