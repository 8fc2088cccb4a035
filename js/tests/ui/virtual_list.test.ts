// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { createVirtualList } from "../../src/ui/virtual_list.ts";

const HEIGHT = 24;

/** Return a list of these ids with `rows` visible rows. */
function listOf(ids: readonly string[], rows = 4) {
  const scroller = document.createElement("div");
  Object.defineProperty(scroller, "clientHeight", { value: rows * HEIGHT });
  document.body.append(scroller);
  let shown = ids;
  let hasLost = false;
  const list = createVirtualList({
    scroller,
    rowHeight: HEIGHT,
    count: () => shown.length,
    idAt: (index) => shown[index] ?? "",
    indexOf: (id) => shown.indexOf(id),
    makeRow: () => {
      const row = document.createElement("div");
      row.tabIndex = -1;
      return row;
    },
    drawRow: (row, index) => {
      row.textContent = shown[index] ?? "";
    },
    afterDraw: (lostFocus) => {
      hasLost = lostFocus;
    },
    signal: new AbortController().signal,
  });
  list.draw();
  const rowsInDocument = () =>
    [...scroller.querySelectorAll<HTMLElement>("div > div > div")].filter((row) => !row.hidden);
  return {
    list,
    scroller,
    lost: () => hasLost,
    /** The rows as a screen reader comes to them. */
    read: () => rowsInDocument().map((row) => row.textContent),
    show: (next: readonly string[]) => {
      shown = next;
      list.draw();
    },
    scrollTo: (index: number) => {
      scroller.scrollTop = index * HEIGHT;
      list.draw();
    },
  };
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `r${index}`);

it("does not reuse the focused element of a removed row and reports it", () => {
  const { list, read, show, lost } = listOf(["a", "b", "c"]);
  const b = list.rowOf("b");
  b?.focus();
  show(["a", "c", "d"]);
  expect(read()).toEqual(["a", "c", "d"]);
  expect([b?.hidden, lost()]).toEqual([true, true]);

  list.rowOf("c")?.focus();
  show(["a", "c", "d", "e"]);
  expect([list.rowOf("e"), lost()]).toEqual([b, false]);
});

describe("rows in the document", () => {
  it("are in visual order after sorting", () => {
    const { read, show } = listOf(["a", "b", "c", "d"]);
    show(["d", "b", "e", "a", "c"]);
    expect(read()).toEqual(["d", "b", "e", "a", "c"]);
    show(["c", "d"]);
    expect(read()).toEqual(["c", "d"]);
    show(["a", "c", "b", "d"]);
    expect(read()).toEqual(["a", "c", "b", "d"]);
  });

  it("are in visual order after scrolling", () => {
    const { read, scrollTo } = listOf(numbered(200));
    for (const top of [50, 53, 20, 199, 0, 7]) {
      scrollTo(top);
      const order = read().map((text) => Number(text?.slice(1)));
      expect(order).toEqual([...order].sort((a, b) => a - b));
      expect(order).toContain(Math.min(top, 199));
    }
  });

  it("are in visual order around the focused row, which keeps the focus", () => {
    const { list, read, show, scrollTo } = listOf(numbered(60));
    list.rowOf("r2")?.focus();
    scrollTo(40);
    expect(document.activeElement?.textContent).toBe("r2");
    expect(read()[0]).toBe("r2");
    show([...numbered(60)].reverse());
    expect(document.activeElement?.textContent).toBe("r2");
    expect(read().at(-1)).toBe("r2");
  });
});
