/**
 * The keys as a tree, split at "." and "/". Pure. A changed value touches its node
 * and the branches above it, and never rebuilds anything.
 */

export interface TreeNode {
  /** The key up to here; of a node with a key, the key itself. */
  readonly path: string;
  /** The last segment, without the sign before it. */
  readonly segment: string;
  /** The sign before the segment, empty at the top. */
  readonly separator: string;
  readonly parent: TreeNode | null;
  /** Whether there is a key of exactly this path. */
  hasKey: boolean;
  /** Keys here and below. */
  keys: number;
  /** Keys here and below that the filter lets through. */
  matched: number;
  readonly children: Map<string, TreeNode>;
  /** The children in order; null until somebody looks. */
  sorted: TreeNode[] | null;
  changedAt: number | null;
  rate: number;
}

/** A key of ten thousand dots is still one row, and not ten thousand levels. */
const DEEPEST = 24;
/** As in page_mirror.ts: the rate forgets with this time, in seconds. */
const MEMORY = 2;

const makeNode = (parent: TreeNode | null, separator: string, segment: string): TreeNode => ({
  path: parent === null ? segment : `${parent.path}${separator}${segment}`,
  segment,
  separator,
  parent,
  hasKey: false,
  keys: 0,
  matched: 0,
  children: new Map(),
  sorted: null,
  changedAt: null,
  rate: 0,
});

/** "a.b/c" -> ["a", ".b", "/c"]: the sign stays, as "a.b" and "a/b" are two keys. */
export function splitKey(key: string): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < key.length && parts.length < DEEPEST - 1; at += 1) {
    const character = key[at];
    if (character !== "." && character !== "/") continue;
    parts.push(key.slice(from, at));
    from = at;
  }
  parts.push(key.slice(from));
  return parts;
}

const inOrder = new Intl.Collator("en", { numeric: true }).compare;

export function compareNodes(a: TreeNode, b: TreeNode): number {
  // The collator takes some different texts for equal; a place must be unique.
  const order = inOrder(a.segment, b.segment);
  if (order !== 0) return order;
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** The position of the node among the sorted, or where it belongs. */
function placeOf(sorted: readonly TreeNode[], node: TreeNode): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = sorted[middle];
    if (there !== undefined && compareNodes(there, node) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class KeyTree {
  readonly root = makeNode(null, "", "");
  readonly #nodes = new Map<string, TreeNode>();

  get size(): number {
    return this.#nodes.size;
  }

  get(key: string): TreeNode | undefined {
    return this.#nodes.get(key);
  }

  childrenOf(node: TreeNode): readonly TreeNode[] {
    node.sorted ??= [...node.children.values()].sort(compareNodes);
    return node.sorted;
  }

  add(key: string): TreeNode {
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    let node = this.root;
    for (const [index, part] of splitKey(key).entries()) {
      node = node.children.get(part) ?? this.#addChild(node, part, index === 0);
    }
    node.hasKey = true;
    this.#nodes.set(key, node);
    for (let up: TreeNode | null = node; up !== null; up = up.parent) up.keys += 1;
    return node;
  }

  #addChild(parent: TreeNode, part: string, top: boolean): TreeNode {
    const separator = top ? "" : part.slice(0, 1);
    // The root is no part of any path.
    const child = {
      ...makeNode(top ? null : parent, separator, top ? part : part.slice(1)),
      parent,
    };
    parent.children.set(part, child);
    if (parent.sorted !== null) parent.sorted.splice(placeOf(parent.sorted, child), 0, child);
    return child;
  }

  remove(key: string): void {
    const node = this.#nodes.get(key);
    if (node === undefined) return;
    this.setMatched(node, false);
    this.#nodes.delete(key);
    node.hasKey = false;
    for (let up: TreeNode | null = node; up !== null; up = up.parent) up.keys -= 1;
    let empty = node;
    while (empty.keys === 0 && empty.parent !== null) {
      const { parent } = empty;
      parent.children.delete(`${empty.separator}${empty.segment}`);
      if (parent.sorted !== null) parent.sorted.splice(placeOf(parent.sorted, empty), 1);
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
        if (child.changedAt !== null && child.changedAt > (node.changedAt ?? 0)) {
          node.changedAt = child.changedAt;
        }
      }
      // `nodeRate` counts on from the last change.
      node.rate = node.changedAt === null ? 0 : rate * Math.exp((time - node.changedAt) / MEMORY);
      return rate;
    };
    visit(this.root);
  }

  setMatched(node: TreeNode, matched: boolean): void {
    if (!node.hasKey) return;
    const below = [...node.children.values()].reduce((sum, child) => sum + child.matched, 0);
    const step = Number(matched) - (node.matched - below);
    if (step === 0) return;
    for (let up: TreeNode | null = node; up !== null; up = up.parent) up.matched += step;
  }
}

export function nodeRate(node: TreeNode, time: number): number {
  return node.changedAt === null ? 0 : node.rate * Math.exp((node.changedAt - time) / MEMORY);
}
