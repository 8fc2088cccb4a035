import { describe, expect, it } from "vitest";
import {
  KeyTree,
  nodeRate,
  splitKey,
  type TreeNode,
} from "../../../src/inspector/tree/key_tree.ts";

const paths = (tree: KeyTree, node: TreeNode = tree.root): readonly string[] =>
  tree.childrenOf(node).flatMap((child) => [child.path, ...paths(tree, child)]);

const treeOf = (...keys: readonly string[]): KeyTree => {
  const tree = new KeyTree();
  for (const key of keys) tree.add(key);
  return tree;
};

describe("a key", () => {
  it.each([
    ["a.b/c", ["a", ".b", "/c"]],
    ["scene", ["scene"]],
    ["", [""]],
    [".", ["", "."]],
    ["a..b", ["a", ".", ".b"]],
    ["__proto__.x", ["__proto__", ".x"]],
  ])("%j splits into %j", (key, parts) => expect(splitKey(key)).toEqual(parts));

  it("of ten thousand dots is not ten thousand levels", () => {
    const key = ".".repeat(10_000);
    expect(splitKey(key).length).toBeLessThan(30);
    expect(treeOf(key).get(key)?.path).toBe(key);
  });
});

describe("the tree", () => {
  it("sorts as people count", () => {
    expect(paths(treeOf("a.10", "a.9", "b", "A"))).toEqual(["a", "a.9", "a.10", "A", "b"]);
  });

  it("keeps keys apart that differ by the sign only", () => {
    expect([...paths(treeOf("a.b", "a/b"))].sort()).toEqual(["a", "a.b", "a/b"]);
  });

  it("lets one path be a key and a branch", () => {
    const tree = treeOf("a.b", "a");
    expect(tree.get("a")).toMatchObject({ hasKey: true, keys: 2 });
    tree.remove("a");
    expect(paths(tree)).toEqual(["a", "a.b"]);
    expect(tree.root.keys).toBe(1);
  });

  it("drops branches that hold nothing any more", () => {
    const tree = treeOf("a.b.c", "a.d");
    tree.remove("a.b.c");
    expect(paths(tree)).toEqual(["a", "a.d"]);
    tree.remove("a.d");
    expect(paths(tree)).toEqual([]);
    tree.remove("never there");
    expect(tree.root.keys).toBe(0);
  });

  it("holds hostile keys", () => {
    const keys = ["__proto__", "constructor", "", "hasOwnProperty.x", "a\nb"];
    const tree = treeOf(...keys);
    expect(tree.size).toBe(keys.length);
    for (const key of keys) expect(tree.get(key)?.path).toBe(key);
  });

  it("puts new keys in their place among the sorted", () => {
    const tree = treeOf("b", "d");
    tree.childrenOf(tree.root);
    tree.add("c");
    tree.add("a");
    tree.add("gone");
    tree.remove("gone");
    tree.remove("d");
    expect(tree.childrenOf(tree.root).map(({ path }) => path)).toEqual(["a", "b", "c"]);
  });

  it("puts the locks of clients last, where they move no other rows", () => {
    for (const keys of [
      ["lock.b", "a", "z", "lock.a", "locks"],
      ["z", "locks", "a"],
    ]) {
      const tree = new KeyTree();
      for (const key of keys) tree.add(key);
      const names = () => tree.childrenOf(tree.root).map(({ segment }) => segment);
      names();
      tree.add("lock.c");
      expect(names()).toEqual(["a", "locks", "z", "lock"]);
      tree.add("zz");
      expect(names()).toEqual(["a", "locks", "z", "zz", "lock"]);
    }
  });

  it("does not rebuild anything for a change of a value", () => {
    const tree = treeOf("a.b.c", "a.x");
    const node = tree.get("a.b.c");
    const children = tree.childrenOf(tree.root);
    tree.touch("a.b.c", 5);
    expect(tree.get("a.b.c")).toBe(node);
    expect(tree.childrenOf(tree.root)).toBe(children);
    expect(children[0]?.changedAt).toBe(5);
    expect(tree.get("a.x")?.changedAt).toBeNull();
  });

  it("adds up the rates of what is inside", () => {
    const tree = treeOf("a.b", "a.c");
    for (let time = 0; time < 10; time += 0.1) {
      tree.touch("a.b", time);
      tree.touch("a.c", time);
    }
    const [branch] = tree.childrenOf(tree.root);
    if (branch === undefined) throw new Error("no branch");
    expect(nodeRate(branch, 10)).toBeGreaterThan(17);
    expect(nodeRate(branch, 10)).toBeLessThan(22);
    expect(nodeRate(branch, 40)).toBeLessThan(0.1);
  });

  it("counts matches in its branches", () => {
    const tree = treeOf("a", "a.b", "c");
    for (const key of ["a", "a.b", "c"]) {
      const node = tree.get(key);
      if (node !== undefined) tree.setMatched(node, true);
    }
    expect(tree.root.matched).toBe(3);
    const a = tree.get("a");
    if (a === undefined) throw new Error("gone");
    tree.setMatched(a, false);
    tree.setMatched(a, false);
    expect([tree.root.matched, a.matched]).toEqual([2, 1]);
    tree.remove("a.b");
    expect(tree.root.matched).toBe(1);
  });
});

describe("times and rates taken anew", () => {
  it("reach the branches, also of changes that are older than the page", () => {
    const tree = new KeyTree();
    for (const key of ["a.b", "a.c", "d"]) tree.add(key);
    const told = new Map([
      ["a.b", { at: -5, rate: 2 }],
      ["a.c", { at: -9, rate: 1 }],
    ]);

    tree.retouch((key) => told.get(key) ?? null, 0);

    const branch = tree.find("a");
    expect(branch?.changedAt).toBe(-5);
    expect(branch === null ? 0 : nodeRate(branch, 0)).toBeCloseTo(3);
    expect(tree.get("d")?.changedAt).toBeNull();
  });
});

it("a branch that rested for long has no rate after another state was put in place", () => {
  const tree = treeOf("a.b", "a.c");
  tree.retouch(() => ({ at: 0, rate: 0 }), 3600);
  const branch = tree.find("a") ?? tree.root;
  expect(nodeRate(branch, 3600)).toBe(0);
  tree.touch("a.b", 3601);
  expect(nodeRate(branch, 3601)).toBe(0.5);
});
