/**
 * A long list of rows of one height, of which only those in view are elements.
 * Rows of one height need no measuring, which is what list libraries are large for.
 */

import { h } from "./dom.ts";
import { listen, observeSize, oncePerFrame } from "./lifetime.ts";

export interface WindowList {
  readonly scroller: HTMLElement;
  setCount(count: number): void;
  /** Draws the rows in view in the next animation frame. */
  redraw(): void;
  /** The element of a row that is drawn now. */
  rowAt(index: number): HTMLElement | null;
  /** Scrolls as little as needed for the row to be seen, and draws at once. */
  reveal(index: number): void;
  /** How many rows fit: a page of the keyboard. */
  pageLength(): number;
}

export interface WindowListOptions {
  readonly scroller: HTMLElement;
  readonly rowHeight: number;
  readonly makeRow: () => HTMLElement;
  readonly drawRow: (row: HTMLElement, index: number) => void;
  readonly afterDraw: () => void;
  readonly signal: AbortSignal;
}

const OVERSCAN = 6;
/** Where nothing has been laid out yet, about a panel's height. */
const UNKNOWN_HEIGHT = 480;

export function createWindowList(options: WindowListOptions): WindowList {
  const { scroller, rowHeight, makeRow, drawRow, afterDraw, signal } = options;
  const canvas = h("div", { class: "nvj-canvas", role: "presentation" });
  scroller.append(canvas);
  const drawn = new Map<number, HTMLElement>();
  const spare: HTMLElement[] = [];
  let count = 0;

  const height = () => scroller.clientHeight || UNKNOWN_HEIGHT;

  const draw = () => {
    const first = Math.max(0, Math.floor(scroller.scrollTop / rowHeight) - OVERSCAN);
    const last = Math.min(count, Math.ceil((scroller.scrollTop + height()) / rowHeight) + OVERSCAN);
    for (const [index, row] of drawn) {
      if (index >= first && index < last) continue;
      drawn.delete(index);
      row.hidden = true;
      spare.push(row);
    }
    for (let index = first; index < last; index += 1) {
      let row = drawn.get(index);
      if (row === undefined) {
        row = spare.pop() ?? canvas.appendChild(makeRow());
        row.hidden = false;
        row.style.transform = `translateY(${index * rowHeight}px)`;
        drawn.set(index, row);
      }
      drawRow(row, index);
    }
    afterDraw();
  };
  const redraw = oncePerFrame(draw, signal);

  listen(scroller, "scroll", redraw, signal, { passive: true });
  observeSize(scroller, redraw, signal);

  return {
    scroller,
    redraw,
    setCount: (next) => {
      if (next !== count) {
        count = next;
        canvas.style.height = `${count * rowHeight}px`;
      }
      redraw();
    },
    rowAt: (index) => drawn.get(index) ?? null,
    reveal: (index) => {
      const top = index * rowHeight;
      const bottom = top + rowHeight - height();
      if (scroller.scrollTop > top) scroller.scrollTop = top;
      else if (scroller.scrollTop < bottom) scroller.scrollTop = bottom;
      draw();
    },
    pageLength: () => Math.max(1, Math.floor(height() / rowHeight) - 1),
  };
}
