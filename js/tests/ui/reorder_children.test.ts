// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { longestIncreasingSubsequence, reorderChildren } from "../../src/ui/reorder_children.ts";

/** A parent of these children, and what of it was moved. */
function family(names: string) {
  const parent = document.createElement("div");
  document.body.append(parent);
  const children = new Map(
    [...names].map((name) => {
      const child = document.createElement("button");
      child.textContent = name;
      parent.append(child);
      return [name, child];
    }),
  );
  const moved: string[] = [];
  const insert = parent.insertBefore.bind(parent);
  parent.insertBefore = (node, next) => {
    moved.push(node.textContent ?? "");
    return insert(node, next);
  };
  const listed = (order: string) =>
    [...order].map((name) => children.get(name) ?? expect.unreachable());
  return {
    parent,
    moved,
    child: (name: string) => listed(name)[0],
    order: (order: string) => {
      moved.length = 0;
      reorderChildren(parent, listed(order));
      return parent.textContent;
    },
  };
}

describe("children in order", () => {
  it("touches nothing that is in order already", () => {
    const { order, moved } = family("abcdef");
    expect(order("acf")).toBe("abcdef");
    expect(moved).toEqual([]);
  });

  it("moves only what scrolled from one end to the other", () => {
    const { order, moved } = family("abcdef");
    expect(order("cdefab")).toBe("cdefab");
    expect(moved.sort()).toEqual(["a", "b"]);
    expect(order("abcdef")).toBe("abcdef");
    expect(moved.sort()).toEqual(["a", "b"]);
  });

  it("leaves those alone that are not listed", () => {
    const { order } = family("abcd");
    expect(order("db").replace(/[ac]/g, "")).toBe("db");
  });

  it("never moves the one that has the focus", () => {
    const { order, moved, child } = family("abcde");
    child("a")?.focus();
    expect(order("bcdea")).toBe("bcdea");
    expect(moved).not.toContain("a");
    expect(document.activeElement?.textContent).toBe("a");
  });
});

describe("the longest rise", () => {
  const rise = (ranks: readonly number[], held?: number) =>
    [...longestIncreasingSubsequence(ranks, held)].sort();

  it("is the least that has to stay", () => {
    expect(rise([3, 0, 1, 4, 2])).toEqual([1, 2, 4]);
    expect(rise([])).toEqual([]);
    expect(rise([5])).toEqual([0]);
  });

  it("goes through what is held, however much else moves for it", () => {
    expect(rise([4, 0, 1, 2, 3], 0)).toEqual([0]);
    expect(rise([1, 4, 0, 2, 3], 2)).toEqual([2, 3, 4]);
  });
});
