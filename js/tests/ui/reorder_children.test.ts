// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { longestIncreasingSubsequence, reorderChildren } from "../../src/ui/reorder_children.ts";

/** Return a parent of these children, and a list of moved ones. */
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

describe("reorderChildren", () => {
  it("moves nothing that is in order", () => {
    const { order, moved } = family("abcdef");
    expect(order("acf")).toBe("abcdef");
    expect(moved).toEqual([]);
  });

  it("moves only children that scrolled from one end to the other", () => {
    const { order, moved } = family("abcdef");
    expect(order("cdefab")).toBe("cdefab");
    expect(moved.sort()).toEqual(["a", "b"]);
    expect(order("abcdef")).toBe("abcdef");
    expect(moved.sort()).toEqual(["a", "b"]);
  });

  it("ignores children that are not listed", () => {
    const { order } = family("abcd");
    expect(order("db").replace(/[ac]/g, "")).toBe("db");
  });

  it("never moves the focused child", () => {
    const { order, moved, child } = family("abcde");
    child("a")?.focus();
    expect(order("bcdea")).toBe("bcdea");
    expect(moved).not.toContain("a");
    expect(document.activeElement?.textContent).toBe("a");
  });
});

describe("longestIncreasingSubsequence", () => {
  const rise = (ranks: readonly number[], held?: number) =>
    [...longestIncreasingSubsequence(ranks, held)].sort();

  it("is the longest", () => {
    expect(rise([3, 0, 1, 4, 2])).toEqual([1, 2, 4]);
    expect(rise([])).toEqual([]);
    expect(rise([5])).toEqual([0]);
  });

  it("contains the fixed index", () => {
    expect(rise([4, 0, 1, 2, 3], 0)).toEqual([0]);
    expect(rise([1, 4, 0, 2, 3], 2)).toEqual([2, 3, 4]);
  });
});
