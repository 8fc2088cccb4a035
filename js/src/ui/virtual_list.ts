/**
 * A list of rows of equal height that creates elements only for the visible rows.
 * Equal heights need no measuring, which is most of the code of list libraries.
 *
 * An element belongs to its row while the row is visible, so focus, field text and animations stay
 * with it. A focused row keeps its element even when it is scrolled out of view. The document order
 * is the visual order, as screen readers need it.
 */

import { h } from "./html.ts";
import { every, listen, observeSize, oncePerFrame } from "./lifetime.ts";
import { reorderChildren } from "./reorder_children.ts";

export interface VirtualList {
  readonly scroller: HTMLElement;
  /** Draws the rows in view in the next animation frame. */
  redraw(): void;
  /** Draws them at once: for who is called in an animation frame already. */
  draw(): void;
  /** Says that there are other rows now: the one at the top of the view stays there. */
  rowsChanged(): void;
  /** The element of a row that is drawn now. */
  rowOf(id: string): HTMLElement | null;
  /** The row that an element was drawn for, wherever that row belongs by now. */
  idOf(element: Element): string | null;
  /** Scrolls as little as needed for the row to be seen, and draws at once. */
  reveal(index: number): void;
  /** How many rows fit: a page of the keyboard. */
  pageLength(): number;
}

export interface VirtualListOptions {
  readonly scroller: HTMLElement;
  readonly rowHeight: number;
  readonly count: () => number;
  /** Stable as long as the row means the same, and unique. */
  readonly idAt: (index: number) => string;
  /** -1 for a row that is gone. */
  readonly indexOf: (id: string) => number;
  readonly makeRow: () => HTMLElement;
  readonly drawRow: (row: HTMLElement, index: number) => void;
  /** Says whether the row with the focus has gone; its element is hidden, and still has it. */
  readonly afterDraw: (lostFocus: boolean) => void;
  readonly signal: AbortSignal;
}

interface Drawn {
  readonly element: HTMLElement;
  index: number;
}

const OVERSCAN = 6;
/** Milliseconds until a list that was taken out of the page and put back is drawn anew. */
const PUT_BACK = 250;
/** Where nothing has been laid out yet, about a panel's height. */
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

  /** One that has the focus stands for no other row, to which nobody went. */
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

  /** The canvas must be long enough before anything scrolls, or the browser stops short. */
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
  // JupyterLab takes cells out of the page and puts them back: what was scrolled is then at
  // its top again, and no event tells it.
  every(
    PUT_BACK,
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
