// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { hasCells, insertCell } from "../../src/kernel/notebook_cells.ts";

interface Inserted {
  readonly index: number;
  readonly source: string;
}

function fakeManager(length: number) {
  const inserted: Inserted[] = [];
  const sharedModel = {
    cells: { length },
    insertCell: (index: number, { source }: { source: string }) => inserted.push({ index, source }),
  };
  return { manager: { context: { model: { sharedModel } } }, inserted };
}

afterEach(() => document.body.replaceChildren());

function cell(index: number | null): HTMLElement {
  const outer = document.createElement("div");
  outer.className = "jp-Cell";
  if (index !== null) outer.dataset.windowedListIndex = String(index);
  document.body.append(outer);
  return outer.appendChild(document.createElement("span"));
}

describe("a new cell", () => {
  it("is inserted below the one that contains the element", () => {
    const { manager, inserted } = fakeManager(5);
    expect(hasCells(manager)).toBe(true);
    expect(insertCell(manager, "x = 1", cell(2))).toBe(true);
    expect(inserted).toEqual([{ index: 3, source: "x = 1" }]);
  });

  it("is inserted at the end if the cell is unknown", () => {
    const { manager, inserted } = fakeManager(5);
    insertCell(manager, "x", cell(null));
    insertCell(manager, "y", document.createElement("span"));
    insertCell(manager, "z", cell(99));
    expect(inserted.map(({ index }) => index)).toEqual([5, 5, 5]);
  });

  it.each([
    undefined,
    null,
    {},
    { context: null },
    { context: { model: { sharedModel: {} } } },
    { context: { model: { sharedModel: { cells: [], insertCell: 3 } } } },
    {
      get context(): unknown {
        throw new Error("disposed");
      },
    },
  ])("is not offered by another frontend (%#)", (manager) => {
    expect(hasCells(manager)).toBe(false);
    expect(insertCell(manager, "x", cell(0))).toBe(false);
  });

  it("that cannot be inserted is reported", () => {
    const sharedModel = {
      cells: [],
      insertCell: () => {
        throw new Error("read only");
      },
    };
    expect(insertCell({ context: { model: { sharedModel } } }, "x", cell(0))).toBe(false);
  });
});
