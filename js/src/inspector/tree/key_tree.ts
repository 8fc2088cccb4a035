/**
 * The keys as a tree, split at "." and "/". Pure. A changed value touches only its node and the
 * branches above it.
 */

import { compareNames, type Sort, sortByName } from "./sort_order.ts";

/** Further segments of a key stay one level, so that keys with many dots stay shallow. */
const MAX_DEPTH = 24;
/** Time constant of the rate in seconds, as in kernel/state_store.ts. */
const MEMORY = 2;

const NONE: ReadonlyMap<string, TreeNode> = new Map();
/** Shared by all nodes without new children; never modified. */
const NO_NODES: TreeNode[] = [];

export class TreeNode {
  /** Whether the path is a key, not just a branch. */
  hasKey = false;
  /** Keys here and below. */
  keys = 0;
  /** Keys here and below that match the filter. */
  matched = 0;
  /** Whether the key of this node matches. */
  isMatch = false;
  changedAt: number | null = null;
  rate = 0;
  /** Rows of this node and of what is expanded in it; negative if not counted yet. */
  rows = -1;
  /** The first row of each shown child, while the node is expanded. */
  layout: Layout | null = null;
  /** Null for leaves, which are most of the nodes. */
  #children: Map<string, TreeNode> | null = null;
  /** The sorted children, created on first use. */
  sorted: TreeNode[] | null = null;
  /** Children added since they were sorted, and whether any were removed. */
  added: TreeNode[] = NO_NODES;
  hasRemoved = false;

  constructor(
    /** The key up to this segment. */
    readonly path: string,
    /** The last segment, without its separator. */
    readonly segment: string,
    /** The separator before the segment; empty at the top. */
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

/** The shown children, and the number of rows before each. */
export interface Layout {
  /** The sorted children that the layout was made from. */
  readonly of: readonly TreeNode[];
  readonly nodes: readonly TreeNode[];
  readonly starts: Uint32Array;
  readonly count: number;
}

/** Split "a.b/c" into ["a", ".b", "/c"]. Separators stay, because "a.b" and "a/b" differ. */
export function splitKey(key: string): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < key.length && parts.length < MAX_DEPTH - 1; at += 1) {
    const code = key.charCodeAt(at);
    if (code !== 46 && code !== 47) continue;
    parts.push(key.slice(from, at));
    from = at;
  }
  parts.push(key.slice(from));
  return parts;
}

/**
 * The branch of the locks of clients, `lock.ID`. These keys come and go while a user edits, so they
 * are the last by name: above other rows, they would move these under the pointer.
 */
const isLocks = ({ path }: TreeNode): boolean => path === "lock";

type Compare = (a: TreeNode, b: TreeNode) => number;

const byName: Compare = (a, b) =>
  Number(isLocks(a)) - Number(isLocks(b)) ||
  compareNames(a.segment, b.segment) ||
  (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

/** Merge two sorted lists. */
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

  /** Returns the nodes of all keys in order of insertion. */
  nodes(): Iterator<TreeNode, undefined> {
    return this.#nodes.values();
  }

  /** Returns the node of a key or branch. */
  find(path: string): TreeNode | null {
    let node: TreeNode | undefined = this.root;
    for (const part of splitKey(path)) node = node?.children.get(part);
    return node ?? null;
  }

  /** Sorts all branches by the values at `time`. */
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
    const { added, hasRemoved } = node;
    node.added = NO_NODES;
    node.hasRemoved = false;
    if (node.sorted === null) node.sorted = this.#inOrder([...node.children.values()]);
    else {
      if (hasRemoved) node.sorted = node.sorted.filter(({ keys }) => keys > 0);
      const others = added.filter(({ keys }) => keys > 0);
      if (others.length > 0) node.sorted = this.#join(node.sorted, others);
    }
    return node.sorted;
  }

  /** New nodes have no rate yet: unless sorted by name, they stay last until the next sort. */
  #join(sorted: readonly TreeNode[], others: TreeNode[]): TreeNode[] {
    const inOrder = this.#inOrder(others);
    return this.#sort === "name" ? merge(sorted, inOrder, byName) : [...sorted, ...inOrder];
  }

  #inOrder(children: readonly TreeNode[]): TreeNode[] {
    if (this.#sort === "name") {
      const sorted = sortByName(children, ({ segment }) => segment);
      const locks = sorted.findIndex(isLocks);
      if (locks >= 0) sorted.push(...sorted.splice(locks, 1));
      return sorted;
    }
    const time = this.#sortTime;
    const weigh =
      this.#sort === "rate"
        ? (child: TreeNode) => nodeRate(child, time)
        : (child: TreeNode) => child.changedAt ?? Number.NEGATIVE_INFINITY;
    const weighed = children.map((child) => ({ child, weight: weigh(child) }));
    // Ties are sorted by name, so that unchanged rows keep their places.
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
        // Reuse the key for the last path instead of building an equal string.
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
      if (parent.added === NO_NODES) parent.added = [];
      parent.added.push(child);
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
      parent.hasRemoved = true;
      empty = parent;
    }
  }

  /** Records a change of a key in its node and in the branches above. */
  touch(key: string, time: number): void {
    for (let up = this.#nodes.get(key) ?? null; up !== null; up = up.parent) {
      up.rate = nodeRate(up, time) + 1 / MEMORY;
      up.changedAt = time;
    }
  }

  /** Recomputes times and rates after the state was replaced. */
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
      // `nodeRate` decays the rate from the last change on.
      const then = node.changedAt === null ? 0 : rate * Math.exp((time - node.changedAt) / MEMORY);
      // After half an hour this is 0 times infinity.
      node.rate = Number.isFinite(then) ? then : 0;
      return rate;
    };
    visit(this.root);
  }

  /** Returns whether the node changed. */
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

  /** Clears the number of rows of a node and of those above it. */
  clearRowCount(node: TreeNode | null): void {
    for (let up = node; up !== null; up = up.parent) up.rows = -1;
  }
}

export function nodeRate(node: TreeNode, time: number): number {
  if (node.changedAt === null || node.rate === 0) return 0;
  // If the clock was set back, the rate must not grow.
  return node.rate * Math.exp(Math.min(0, node.changedAt - time) / MEMORY);
}
