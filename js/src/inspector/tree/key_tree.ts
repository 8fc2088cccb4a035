/**
 * The keys as a tree, split at "." and "/". Pure. A changed value touches only its node and the
 * branches above it.
 */

import { compareNames, type Sort, sortByName } from "./sort_order.ts";

/** A key of ten thousand dots is still one row, and not ten thousand levels. */
const DEEPEST = 24;
/** As in kernel/state_store.ts: the rate forgets with this time, in seconds. */
const MEMORY = 2;

const NONE: ReadonlyMap<string, TreeNode> = new Map();
/** Shared by all nodes to which nobody came; never added to. */
const NO_NODES: TreeNode[] = [];

export class TreeNode {
  /** Whether there is a key of exactly this path. */
  hasKey = false;
  /** Keys here and below. */
  keys = 0;
  /** Keys here and below that the filter lets through. */
  matched = 0;
  /** Whether the key here is among them. */
  isMatch = false;
  changedAt: number | null = null;
  rate = 0;
  /** Rows of this node and what is open in it; negative until somebody counts them. */
  rows = -1;
  /** Where the rows of each shown child begin, while the node is open. */
  layout: Layout | null = null;
  /** Leaves, which most nodes are, have no map of their own. */
  #children: Map<string, TreeNode> | null = null;
  /** The children in order; null until somebody looks. */
  sorted: TreeNode[] | null = null;
  /** Children that came since, and whether any left: put right when somebody looks again. */
  arrived: TreeNode[] = NO_NODES;
  haveLeft = false;

  constructor(
    /** The key up to here; of a node with a key, the key itself. */
    readonly path: string,
    /** The last segment, without the sign before it. */
    readonly segment: string,
    /** The sign before the segment, empty at the top. */
    readonly separator: string,
    readonly parent: TreeNode | null,
  ) {}

  get children(): ReadonlyMap<string, TreeNode> {
    return this.#children ?? NONE;
  }

  addChild(part: string, child: TreeNode): void {
    this.#children ??= new Map();
    this.#children.set(part, child);
  }

  removeChild(part: string): void {
    this.#children?.delete(part);
    if (this.#children?.size === 0) this.#children = null;
  }
}

/** The children that are shown, and how many rows stand before each. */
export interface Layout {
  /** The children in the order it was made from. */
  readonly of: readonly TreeNode[];
  readonly nodes: readonly TreeNode[];
  readonly starts: Uint32Array;
  readonly count: number;
}

/** "a.b/c" -> ["a", ".b", "/c"]: the sign stays, as "a.b" and "a/b" are two keys. */
export function splitKey(key: string): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < key.length && parts.length < DEEPEST - 1; at += 1) {
    const code = key.charCodeAt(at);
    if (code !== 46 && code !== 47) continue;
    parts.push(key.slice(from, at));
    from = at;
  }
  parts.push(key.slice(from));
  return parts;
}

type Compare = (a: TreeNode, b: TreeNode) => number;

const byName: Compare = (a, b) =>
  compareNames(a.segment, b.segment) || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

/** Two sorted lists as one. */
function merge(a: readonly TreeNode[], b: readonly TreeNode[], compare: Compare): TreeNode[] {
  const merged: TreeNode[] = [];
  let i = 0;
  for (const node of b) {
    for (let next = a[i]; next !== undefined && compare(next, node) < 0; next = a[i]) {
      merged.push(next);
      i += 1;
    }
    merged.push(node);
  }
  for (; i < a.length; i += 1) {
    const next = a[i];
    if (next !== undefined) merged.push(next);
  }
  return merged;
}

export class KeyTree {
  readonly root = new TreeNode("", "", "", null);
  readonly #nodes = new Map<string, TreeNode>();
  #sort: Sort = "name";
  #sortTime = 0;

  get size(): number {
    return this.#nodes.size;
  }

  get(key: string): TreeNode | undefined {
    return this.#nodes.get(key);
  }

  /** The nodes of all keys, in the order in which these came. */
  nodes(): Iterator<TreeNode, undefined> {
    return this.#nodes.values();
  }

  /** The node of a path, be it a key or a branch. */
  find(path: string): TreeNode | null {
    let node: TreeNode | undefined = this.root;
    for (const part of splitKey(path)) node = node?.children.get(part);
    return node ?? null;
  }

  /** Puts all branches in another order, as things stand at `time`. */
  setSort(sort: Sort, time: number): void {
    this.#sort = sort;
    this.#sortTime = time;
    const forget = (node: TreeNode) => {
      node.sorted = null;
      node.layout = null;
      node.rows = -1;
      for (const child of node.children.values()) if (child.children.size > 0) forget(child);
    };
    forget(this.root);
  }

  childrenOf(node: TreeNode): readonly TreeNode[] {
    const { arrived, haveLeft } = node;
    node.arrived = NO_NODES;
    node.haveLeft = false;
    if (node.sorted === null) node.sorted = this.#inOrder([...node.children.values()]);
    else {
      if (haveLeft) node.sorted = node.sorted.filter(({ keys }) => keys > 0);
      const others = arrived.filter(({ keys }) => keys > 0);
      if (others.length > 0) node.sorted = this.#join(node.sorted, others);
    }
    return node.sorted;
  }

  /** New ones have no rate yet: in the other orders they wait at the end for the next sort. */
  #join(sorted: readonly TreeNode[], others: TreeNode[]): TreeNode[] {
    const inOrder = this.#inOrder(others);
    return this.#sort === "name" ? merge(sorted, inOrder, byName) : [...sorted, ...inOrder];
  }

  #inOrder(children: readonly TreeNode[]): TreeNode[] {
    if (this.#sort === "name") return sortByName(children, ({ segment }) => segment);
    const time = this.#sortTime;
    const weigh =
      this.#sort === "rate"
        ? (child: TreeNode) => nodeRate(child, time)
        : (child: TreeNode) => child.changedAt ?? Number.NEGATIVE_INFINITY;
    const weighed = children.map((child) => ({ child, weight: weigh(child) }));
    // Equal ones stand by name, so that what rests keeps its place.
    weighed.sort((a, b) =>
      a.weight === b.weight ? byName(a.child, b.child) : b.weight - a.weight,
    );
    return weighed.map(({ child }) => child);
  }

  add(key: string): TreeNode {
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const parts = splitKey(key);
    let node = this.root;
    for (let index = 0; index < parts.length; index += 1) {
      const part = parts[index] ?? "";
      const child = node.children.get(part);
      if (child !== undefined) node = child;
      else {
        const top = index === 0;
        // The root is no part of any path; the last path is the key, which is there already.
        const path = index === parts.length - 1 ? key : top ? part : node.path + part;
        node = this.#addChild(node, part, path, top);
      }
    }
    node.hasKey = true;
    this.#nodes.set(key, node);
    for (let up: TreeNode | null = node; up !== null; up = up.parent) {
      up.keys += 1;
      up.rows = -1;
    }
    return node;
  }

  #addChild(parent: TreeNode, part: string, path: string, top: boolean): TreeNode {
    const separator = top ? "" : part.slice(0, 1);
    const child = new TreeNode(path, top ? part : part.slice(1), separator, parent);
    parent.addChild(part, child);
    if (parent.sorted !== null) {
      if (parent.arrived === NO_NODES) parent.arrived = [];
      parent.arrived.push(child);
    }
    return child;
  }

  remove(key: string): void {
    const node = this.#nodes.get(key);
    if (node === undefined) return;
    this.setMatched(node, false);
    this.#nodes.delete(key);
    node.hasKey = false;
    for (let up: TreeNode | null = node; up !== null; up = up.parent) {
      up.keys -= 1;
      up.rows = -1;
    }
    let empty = node;
    while (empty.keys === 0 && empty.parent !== null) {
      const { parent } = empty;
      parent.removeChild(`${empty.separator}${empty.segment}`);
      parent.haveLeft = true;
      empty = parent;
    }
  }

  /** A key's value has changed: the branches above it have changed too. */
  touch(key: string, time: number): void {
    for (let up = this.#nodes.get(key) ?? null; up !== null; up = up.parent) {
      up.rate = nodeRate(up, time) + 1 / MEMORY;
      up.changedAt = time;
    }
  }

  /** Takes times and rates anew from the keys, after another state was put in place. */
  retouch(
    find: (key: string) => { readonly at: number | null; readonly rate: number } | null,
    time: number,
  ): void {
    const visit = (node: TreeNode): number => {
      const own = node.hasKey ? find(node.path) : null;
      let rate = own?.rate ?? 0;
      node.changedAt = own?.at ?? null;
      for (const child of node.children.values()) {
        rate += visit(child);
        if (
          child.changedAt !== null &&
          child.changedAt > (node.changedAt ?? Number.NEGATIVE_INFINITY)
        ) {
          node.changedAt = child.changedAt;
        }
      }
      // `nodeRate` counts on from the last change.
      const then = node.changedAt === null ? 0 : rate * Math.exp((time - node.changedAt) / MEMORY);
      // After half an hour the one factor is 0 and the other endless.
      node.rate = Number.isFinite(then) ? then : 0;
      return rate;
    };
    visit(this.root);
  }

  /** Whether this made a difference. */
  setMatched(node: TreeNode, matched: boolean): boolean {
    if (!node.hasKey || node.isMatch === matched) return false;
    node.isMatch = matched;
    const step = matched ? 1 : -1;
    for (let up: TreeNode | null = node; up !== null; up = up.parent) {
      up.matched += step;
      up.rows = -1;
    }
    return true;
  }

  /** Forgets how many rows a node has, and so those above it. */
  uncount(node: TreeNode | null): void {
    for (let up = node; up !== null; up = up.parent) up.rows = -1;
  }
}

export function nodeRate(node: TreeNode, time: number): number {
  if (node.changedAt === null || node.rate === 0) return 0;
  // A clock that was set back must not let rates grow.
  return node.rate * Math.exp(Math.min(0, node.changedAt - time) / MEMORY);
}
