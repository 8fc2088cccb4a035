/**
 * Find rows by index without a list of all rows. Every node caches its number of rows, and a change
 * clears the cache of the node and its ancestors only, so the cost depends on the visible rows and
 * not on the number of keys.
 */

import type { PageValue } from "../../protocol/common.ts";
import { isRandomName } from "../../text/visible_text.ts";
import type { KeyTree, Layout, TreeNode } from "./key_tree.ts";
import {
  isExpandable,
  type MoreRow,
  MUTED_ID,
  type MutedRow,
  type NodeRow,
  nodeId,
  placeOfId,
  type Row,
  type ValueRow,
} from "./rows.ts";
import { type ValueRowSource, valueRows } from "./value_rows.ts";

export interface RowSource extends ValueRowSource {
  readonly filtered: boolean;
  isNodeOpen(node: TreeNode): boolean;
  /** Whether a key's value may be expanded; called for every key, so it must be cheap. */
  mayBeOpen(key: string): boolean;
  valueOf(key: string): PageValue | undefined;
  /** Nodes at the top, and those collapsed into one row at the bottom. */
  readonly pinned: readonly TreeNode[];
  readonly muted: readonly TreeNode[];
}

/** Return the only child of a branch, drawn in the same row; random names get their own row. */
function onlyChild(node: TreeNode): TreeNode | null {
  if (node.hasKey || node.children.size !== 1) return null;
  const [only] = node.children.values();
  return only === undefined || isRandomName(only.segment) ? null : only;
}

/** Return the last node of the chain that is drawn as the row of `node`. */
function endOf(node: TreeNode): TreeNode {
  let end = node;
  for (let only = onlyChild(end); only !== null; only = onlyChild(end)) end = only;
  return end;
}

const ancestors = function* (node: TreeNode): Generator<TreeNode> {
  for (let up = node.parent; up !== null; up = up.parent) yield up;
};

export class RowIndex {
  readonly #tree: KeyTree;
  readonly #source: RowSource;
  /** Pinned and muted nodes are not shown in their branches; also indexed by those branches. */
  #pinnedOrMuted = new Set<TreeNode>();
  #pinnedOrMutedBelow = new Map<TreeNode, TreeNode[]>();
  readonly #values = new Map<string, readonly (ValueRow | MoreRow)[]>();

  constructor(tree: KeyTree, source: RowSource) {
    this.#tree = tree;
    this.#source = source;
  }

  /**
   * Clears all counts after a change of the filter, the pins or the order.
   *
   * @param unmatched Whether to clear the matches of the previous filter, too.
   */
  reset(unmatched = false): void {
    this.#values.clear();
    this.#pinnedOrMuted = new Set([...this.#source.pinned, ...this.#source.muted]);
    this.#pinnedOrMutedBelow = new Map();
    for (const node of this.#pinnedOrMuted) {
      for (const up of ancestors(node)) {
        const known = this.#pinnedOrMutedBelow.get(up);
        if (known === undefined) this.#pinnedOrMutedBelow.set(up, [node]);
        else known.push(node);
      }
    }
    const forget = (node: TreeNode) => {
      node.rows = -1;
      if (unmatched) {
        node.isMatch = false;
        node.matched = 0;
      }
      for (const child of node.children.values()) forget(child);
    };
    forget(this.#tree.root);
  }

  /** Lays out the rows of a key's value again. */
  valueChanged(key: string): void {
    // An expanded empty list may have rows now.
    this.#values.delete(key);
    const node = this.#tree.get(key);
    if (node !== undefined) this.#tree.clearRowCount(node);
  }

  /** Returns whether the rows of a key's value were laid out. */
  isLaidOut(key: string): boolean {
    return this.#values.has(key);
  }

  get count(): number {
    const { pinned, muted } = this.#source;
    let count = this.#layoutOf(this.#tree.root).count;
    for (const node of pinned) if (this.#isShown(node)) count += this.#rowsOf(node);
    count += this.#mutedRows(muted);
    return count;
  }

  #mutedRows(muted: readonly TreeNode[]): number {
    const shown = muted.filter((node) => this.#isShown(node));
    if (shown.length === 0) return 0;
    if (!this.#source.isOpen(MUTED_ID)) return 1;
    return shown.reduce((sum, node) => sum + this.#rowsOf(node), 1);
  }

  /** Returns the number of shown keys here and below, without pinned and muted ones. */
  #remaining(node: TreeNode): number {
    const { filtered } = this.#source;
    let left = filtered ? node.matched : node.keys;
    for (const away of this.#pinnedOrMutedBelow.get(node) ?? []) {
      if (!this.#isMovedBetween(away, node)) left -= filtered ? away.matched : away.keys;
    }
    return left;
  }

  /** Returns whether a branch between the two nodes is pinned or muted as well. */
  #isMovedBetween(away: TreeNode, node: TreeNode): boolean {
    for (let up = away.parent; up !== null && up !== node; up = up.parent) {
      if (this.#pinnedOrMuted.has(up)) return true;
    }
    return false;
  }

  #isShown(node: TreeNode): boolean {
    return this.#remaining(node) > 0;
  }

  /** Returns the number of keys of a branch that are pinned or muted. */
  pinnedOrMutedKeys(node: TreeNode): number {
    if (!this.#pinnedOrMutedBelow.has(node)) return 0;
    return (this.#source.filtered ? node.matched : node.keys) - this.#remaining(node);
  }

  #valueRows(node: TreeNode): readonly (ValueRow | MoreRow)[] {
    if (!node.hasKey) return [];
    const known = this.#values.get(node.path);
    if (known !== undefined) return known;
    const value = this.#source.valueOf(node.path);
    const rows =
      value !== undefined && isExpandable(value) ? valueRows(node.path, value, this.#source) : [];
    this.#values.set(node.path, rows);
    return rows;
  }

  /** Returns whether a chain is expanded; null if it has no content. */
  #isOpen(end: TreeNode): boolean | null {
    const hasContent =
      end.children.size > 0 || (end.hasKey && isExpandable(this.#source.valueOf(end.path)));
    return hasContent ? this.#source.isNodeOpen(end) : null;
  }

  #rowsOf(node: TreeNode): number {
    if (node.rows >= 0) return node.rows;
    if (node.children.size === 0 && !this.#source.mayBeOpen(node.path)) {
      node.rows = 1;
      return 1;
    }
    const end = endOf(node);
    end.layout = null;
    const rows =
      this.#isOpen(end) === true ? 1 + this.#valueRows(end).length + this.#rowsBelow(end) : 1;
    node.rows = rows;
    end.rows = rows;
    return rows;
  }

  /** Counts rows without sorting, which would take longer than a frame for all branches. */
  #rowsBelow(end: TreeNode): number {
    let count = 0;
    for (const child of end.children.values()) {
      if (this.#hasPlace(child)) count += this.#rowsOf(child);
    }
    return count;
  }

  /** Returns whether a node is shown in its branch. */
  #hasPlace(child: TreeNode): boolean {
    if (this.#source.filtered && child.matched === 0) return false;
    return (
      this.#pinnedOrMuted.size === 0 || (!this.#pinnedOrMuted.has(child) && this.#isShown(child))
    );
  }

  #layoutOf(end: TreeNode): Layout {
    if (end.layout !== null && end.rows >= 0 && end.layout.of === this.#tree.childrenOf(end)) {
      return end.layout;
    }
    const of = this.#tree.childrenOf(end);
    const nodes = of.filter((child) => this.#hasPlace(child));
    const starts = new Uint32Array(nodes.length);
    let count = 0;
    for (const [index, child] of nodes.entries()) {
      starts[index] = count;
      count += this.#rowsOf(child);
    }
    end.layout = { of, nodes, starts, count };
    // The root has no row; a count marks its layout as valid.
    if (end.parent === null) end.rows = count;
    return end.layout;
  }

  at(index: number): Row | undefined {
    if (index < 0) return undefined;
    let left = index;
    for (const node of this.#source.pinned) {
      if (!this.#isShown(node)) continue;
      const rows = this.#rowsOf(node);
      if (left < rows) return this.#within(node, left, 0, true);
      left -= rows;
    }
    const main = this.#layoutOf(this.#tree.root);
    if (left < main.count) return this.#inLayout(main, left, 0);
    left -= main.count;
    return this.#mutedAt(left);
  }

  #mutedAt(index: number): Row | undefined {
    const nodes = this.#source.muted.filter((node) => this.#isShown(node));
    if (nodes.length === 0) return undefined;
    const isOpen = this.#source.isOpen(MUTED_ID);
    if (index === 0) {
      const row: MutedRow = { kind: "muted", id: MUTED_ID, depth: 0, open: isOpen, nodes };
      return row;
    }
    if (!isOpen) return undefined;
    let left = index - 1;
    for (const node of nodes) {
      const rows = this.#rowsOf(node);
      if (left < rows) return this.#within(node, left, 1, true);
      left -= rows;
    }
    return undefined;
  }

  #inLayout({ nodes, starts }: Layout, index: number, depth: number): Row | undefined {
    let low = 0;
    let high = nodes.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    const node = nodes[low];
    return node === undefined
      ? undefined
      : this.#within(node, index - (starts[low] ?? 0), depth, false);
  }

  #within(node: TreeNode, index: number, depth: number, isPinnedOrMuted: boolean): Row | undefined {
    const end = endOf(node);
    if (index === 0) return this.#nodeRow(node, end, depth, isPinnedOrMuted);
    const values = this.#valueRows(end);
    const value = values[index - 1];
    if (value !== undefined) return { ...value, depth: depth + value.depth };
    return this.#inLayout(this.#layoutOf(end), index - 1 - values.length, depth + 1);
  }

  #nodeRow(node: TreeNode, end: TreeNode, depth: number, isPinnedOrMuted: boolean): NodeRow {
    // Pinned and muted rows show their full name.
    const stop = isPinnedOrMuted ? this.#tree.root : node.parent;
    const chain: TreeNode[] = [];
    for (let up: TreeNode | null = end; up !== null && up !== stop; up = up.parent) chain.push(up);
    const pinned = isPinnedOrMuted && this.#source.pinned.includes(node);
    const id = nodeId(end);
    return {
      kind: "node",
      id,
      depth,
      open: this.#isOpen(end),
      node: end,
      chain: chain.reverse(),
      pinned,
    };
  }

  /** Returns the index of the row with this id; -1 if there is none. */
  indexOf(id: string): number {
    if (id === MUTED_ID) {
      const count = this.#mutedRows(this.#source.muted);
      return count === 0 ? -1 : this.count - count;
    }
    const place = placeOfId(id);
    if (place === null) {
      const node = this.#tree.find(id.slice(1));
      return node === null ? -1 : this.#indexOfNode(node);
    }
    const node = this.#tree.get(place.key);
    if (node === undefined) return -1;
    const base = this.#indexOfNode(node);
    if (base < 0 || this.#isOpen(node) !== true) return -1;
    const inside = this.#valueRows(node).findIndex((row) => row.id === id);
    return inside < 0 ? -1 : base + 1 + inside;
  }

  #indexOfNode(end: TreeNode): number {
    if (end.parent === null || endOf(end) !== end) return -1;
    let first = end;
    while (
      !this.#pinnedOrMuted.has(first) &&
      first.parent !== null &&
      onlyChild(first.parent) === first
    ) {
      if (first.parent.parent === null) break;
      first = first.parent;
    }
    const { parent } = first;
    if (parent === null) return -1;
    if (this.#pinnedOrMuted.has(first)) return this.#indexOfPinnedOrMuted(first);
    const layout = this.#layoutOf(parent);
    const at = layout.nodes.indexOf(first);
    if (at < 0) return -1;
    const start = layout.starts[at] ?? 0;
    if (parent.parent === null) return this.#pinnedRows() + start;
    const above = this.#indexOfNode(parent);
    if (above < 0 || this.#isOpen(parent) !== true) return -1;
    return above + 1 + this.#valueRows(parent).length + start;
  }

  #pinnedRows(): number {
    return this.#source.pinned.reduce(
      (sum, node) => sum + (this.#isShown(node) ? this.#rowsOf(node) : 0),
      0,
    );
  }

  #indexOfPinnedOrMuted(node: TreeNode): number {
    const { pinned, muted } = this.#source;
    if (!this.#isShown(node)) return -1;
    const before = (nodes: readonly TreeNode[]) =>
      nodes
        .slice(0, nodes.indexOf(node))
        .reduce((sum, each) => sum + (this.#isShown(each) ? this.#rowsOf(each) : 0), 0);
    if (pinned.includes(node)) return before(pinned);
    const mutedRow = this.indexOf(MUTED_ID);
    return mutedRow < 0 || !this.#source.isOpen(MUTED_ID) ? -1 : mutedRow + 1 + before(muted);
  }

  /** Returns the index of the parent row, or `index` at the top level. */
  parentOf(row: Row, index: number): number {
    let above = -1;
    if (row.kind === "node") {
      const [first] = row.chain;
      if (row.depth > 0 && first !== undefined && first.parent !== null) {
        above = this.#pinnedOrMuted.has(first)
          ? this.indexOf(MUTED_ID)
          : this.#indexOfNode(first.parent);
      }
    } else if (row.kind === "value" || row.kind === "more") {
      const path = row.kind === "value" ? row.path.slice(0, -1) : row.path;
      const node = this.#tree.get(row.key);
      const values = node === undefined ? [] : this.#valueRows(node);
      const outer = values.findIndex(
        (each) =>
          each.kind === "value" &&
          each.path.length === path.length &&
          each.path.every((step, at) => step === path[at]),
      );
      const base = node === undefined ? -1 : this.#indexOfNode(node);
      above = path.length === 0 || outer < 0 ? base : base + 1 + outer;
    }
    return above < 0 ? index : above;
  }
}
