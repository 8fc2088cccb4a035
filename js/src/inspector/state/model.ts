/** The state of the inspector: keys, filter, expanded and pinned rows. Pure; view.ts draws it. */

import { type Entry, rateAt, type StateChange } from "../../kernel/state_store.ts";
import type { PageValue } from "../../protocol/common.ts";
import type { ValuePath } from "../../values/value_path.ts";
import type { Filter } from "../search/filter.ts";
import { visitInTimeSlice } from "../search/search_run.ts";
import { KeyTree, nodeRate, type TreeNode } from "../tree/key_tree.ts";
import { RowIndex } from "../tree/row_index.ts";
import {
  type FindLazyItem,
  keyOf,
  type MoreRow,
  nodeId,
  type Row,
  valueAt,
  valueId,
} from "../tree/rows.ts";
import type { Sort } from "../tree/sort_order.ts";
import { HEARTBEATS } from "./key_descriptions.ts";

/** Number of items of a list that are shown initially, and added by "more". */
export const PAGE = 100;
/** Number of keys up to which branches start expanded. */
const FEW_KEYS = 40;

/** A source of items and fields that were truncated from long values. */
export interface LazyItemSource {
  peek: FindLazyItem;
  /** As `peek`, and fetches what is missing. */
  get: FindLazyItem;
  nameAt(key: string, path: ValuePath, index: number): string | undefined;
  canFetch(key: string): boolean;
}

const NO_LAZY_ITEMS: LazyItemSource = {
  peek: () => undefined,
  get: () => undefined,
  nameAt: () => undefined,
  canFetch: () => false,
};

export class InspectorModel {
  readonly tree = new KeyTree();
  /** Increases whenever the rows may have changed. */
  version = 0;
  /** When changes were first received; null before the first keys. */
  watchedSince: number | null = null;
  #entries: ReadonlyMap<string, Entry>;
  readonly #lazyItems: LazyItemSource;
  readonly #open = new Set<string>();
  /** While filtering, branches are expanded unless the user collapsed them. */
  readonly #closedWhileFiltering = new Set<string>();
  readonly #limits = new Map<string, number>();
  /** Keys whose values are expanded, so that a changed value changes the rows. */
  readonly #openKeys = new Set<string>();
  #filter: Filter | null = null;
  /** Entries that the filter has not checked yet, and their nodes. */
  #unmatched: Iterator<Entry> | null = null;
  #nodes: Iterator<TreeNode> = [].values();
  #checked = 0;
  #pins: readonly string[] = [];
  #pinned: readonly TreeNode[] = [];
  #muted: readonly TreeNode[] = [];
  readonly #rows: RowIndex;

  constructor(entries: ReadonlyMap<string, Entry>, lazyItems: LazyItemSource = NO_LAZY_ITEMS) {
    this.#entries = entries;
    this.#lazyItems = lazyItems;
    const model = this;
    this.#rows = new RowIndex(this.tree, {
      get filtered() {
        return model.#filter !== null;
      },
      get pinned() {
        return model.#pinned;
      },
      get muted() {
        return model.#muted;
      },
      isNodeOpen: (node) => this.#isOpen(nodeId(node), node.children.size > 0),
      mayBeOpen: (key) => this.#openKeys.has(key),
      isOpen: (id) => this.#open.has(id),
      limitOf: (id) => this.#limits.get(id) ?? PAGE,
      valueOf: (key) => this.#entries.get(key)?.value,
      findLazyItem: (key, path, step) => lazyItems.peek(key, path, step),
      nameAt: (key, path, index) => lazyItems.nameAt(key, path, index),
    });
    for (const key of entries.keys()) this.tree.add(key);
  }

  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  get filter(): Filter | null {
    return this.#filter;
  }

  /** The number of matches so far. */
  get matched(): number {
    return this.#filter === null ? this.tree.size : this.tree.root.matched;
  }

  /** The share of keys that the filter has checked; 1 when done. */
  get searched(): number {
    return this.#unmatched === null ? 1 : this.#checked / Math.max(1, this.#entries.size);
  }

  // Rows

  get rowCount(): number {
    return this.#rows.count;
  }

  rowAt(index: number): Row | undefined {
    return this.#rows.at(index);
  }

  indexOf(id: string | null): number {
    return id === null ? -1 : this.#rows.indexOf(id);
  }

  parentOf(row: Row, index: number): number {
    return this.#rows.parentOf(row, index);
  }

  pinnedOrMutedKeys(node: TreeNode): number {
    return this.#rows.pinnedOrMutedKeys(node);
  }

  valueAt(key: string, path: ValuePath): PageValue | undefined {
    const { value } = this.#entries.get(key) ?? {};
    return valueAt(key, value, path, (...place) => this.#lazyItems.get(...place));
  }

  /** Fetches the items that a row waits for. Returns false if they are not available. */
  fetch({ key, path, awaited }: MoreRow): boolean {
    if (awaited === null) return true;
    this.#lazyItems.get(key, path, awaited);
    return this.#lazyItems.canFetch(key);
  }

  // State

  apply({ added, changed, removed, at }: StateChange): void {
    const wasEmpty = this.tree.size === 0;
    this.watchedSince ??= at;
    for (const key of removed) this.tree.remove(key);
    for (const key of added) this.tree.add(key);
    if (added.length > 0 || removed.length > 0) {
      this.version += 1;
      if (this.#pins.length > 0) this.setPins(this.#pins);
    }
    for (const keys of [changed, added]) {
      for (const key of keys) {
        if (this.#openKeys.has(key) || this.#rows.isLaidOut(key)) this.valueChanged(key);
        // A snapshot after a gap also contains unchanged keys.
        if (this.#entries.get(key)?.changedAt === at) this.tree.touch(key, at);
      }
    }
    if (this.#filter !== null) {
      for (const keys of [added, changed]) {
        for (const key of keys) this.#match(key, at);
      }
    }
    if (wasEmpty && this.tree.size > 0 && this.tree.size <= FEW_KEYS) {
      for (const node of this.tree.root.children.values()) {
        if (node.children.size === 0 || HEARTBEATS.startsWith(node.path)) continue;
        this.#open.add(nodeId(node));
        this.tree.clearRowCount(node);
      }
    }
  }

  /** Lays out the rows of a key's value again. */
  valueChanged(key: string): void {
    this.#rows.valueChanged(key);
    this.version += 1;
  }

  /** Replaces the state by that of another time. Expanded rows stay expanded. */
  replace(entries: ReadonlyMap<string, Entry>, time: number): void {
    for (const key of this.#entries.keys()) if (!entries.has(key)) this.tree.remove(key);
    for (const key of entries.keys()) this.tree.add(key);
    this.#entries = entries;
    this.tree.retouch((key) => {
      const entry = entries.get(key);
      return entry === undefined ? null : { at: entry.changedAt, rate: rateAt(entry, time) };
    }, time);
    this.#reset();
    this.#restartSearch();
  }

  #reset(unmatched = false): void {
    this.#rows.reset(unmatched);
    this.version += 1;
  }

  // Search

  /** Sets the filter; `search` then checks the keys. */
  setFilter(filter: Filter | null): void {
    const before = this.#filter;
    this.#filter = filter;
    this.#closedWhileFiltering.clear();
    // Between two queries, the previous matches stay until they are checked again.
    this.#reset(before === null);
    this.#restartSearch();
  }

  #restartSearch(): void {
    this.#unmatched = this.#filter === null ? null : this.#entries.values();
    this.#nodes = this.tree.nodes();
    this.#checked = 0;
  }

  /** Checks all keys again, for filters that depend on the time. */
  research(): void {
    if (this.#filter !== null && this.#unmatched === null) this.#restartSearch();
  }

  /** Checks keys until `shouldYield`. Returns whether all keys are checked. */
  search(time: number, shouldYield: () => boolean): boolean {
    if (this.#unmatched === null) return true;
    const check = (entry: Entry) => {
      this.#checked += 1;
      this.#matchNode(entry, this.#nodeOf(entry), time);
    };
    if (!visitInTimeSlice(this.#unmatched, check, shouldYield)) return false;
    this.#unmatched = null;
    return true;
  }

  /** Entries and nodes mostly have the same order, so the next node is tried before a lookup. */
  #nodeOf(entry: Entry): TreeNode | undefined {
    const { value: node } = this.#nodes.next();
    return node?.path === entry.key ? node : this.tree.get(entry.key);
  }

  #match(key: string, time: number): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#matchNode(entry, this.tree.get(key), time);
  }

  #matchNode(entry: Entry, node: TreeNode | undefined, time: number): void {
    if (this.#filter === null || node === undefined) return;
    if (this.tree.setMatched(node, this.#filter.matches(entry, time))) this.version += 1;
  }

  // Expanded, pinned and muted rows

  #isOpen(id: string, isBranch: boolean): boolean {
    if (this.#filter !== null && isBranch) return !this.#closedWhileFiltering.has(id);
    return this.#open.has(id);
  }

  setOpen(row: Row, open: boolean): void {
    if (row.open === null || row.open === open) return;
    const isBranch = row.kind === "node" && row.node.children.size > 0;
    if (this.#filter !== null && isBranch) {
      if (open) this.#closedWhileFiltering.delete(row.id);
      else this.#closedWhileFiltering.add(row.id);
    } else if (open) this.#open.add(row.id);
    else this.#open.delete(row.id);
    this.#expandedIn(keyOf(row));
    if (row.kind === "node") this.tree.clearRowCount(row.node);
    this.version += 1;
  }

  #expandedIn(key: string | null): void {
    if (key === null) return;
    this.#openKeys.add(key);
    this.valueChanged(key);
  }

  /** Expands all ancestors of a key or a part of its value. */
  reveal(key: string, path: ValuePath): void {
    const node = this.tree.get(key) ?? null;
    for (let up = node?.parent ?? null; up !== null; up = up.parent) {
      this.#open.add(nodeId(up));
      this.#closedWhileFiltering.delete(nodeId(up));
    }
    if (path.length > 0 && node !== null) this.#open.add(nodeId(node));
    for (let length = 1; length < path.length; length += 1) {
      this.#open.add(valueId(key, path.slice(0, length)));
    }
    this.#expandedIn(key);
    this.tree.clearRowCount(node);
    this.version += 1;
  }

  showMore(key: string, path: ValuePath): void {
    const id = valueId(key, path);
    this.#limits.set(id, (this.#limits.get(id) ?? PAGE) + PAGE);
    this.#expandedIn(key);
  }

  /** Pins keys or branches by path, also those that do not exist yet. */
  setPins(paths: readonly string[]): void {
    this.#pins = paths;
    const nodes: TreeNode[] = [];
    for (const path of paths) {
      const node = this.tree.find(path);
      if (node !== null && node.keys > 0 && !nodes.includes(node)) nodes.push(node);
    }
    if (sameNodes(nodes, this.#pinned)) return;
    this.#pinned = nodes;
    // A pinned node is not muted.
    this.#muted = this.#muted.filter((node) => !nodes.includes(node));
    this.#reset();
  }

  /**
   * Mutes top-level branches that change more often than `limit` per second; null for none.
   * Muted branches return below half of the limit, so that they do not flicker.
   */
  mute(limit: number | null, time: number): void {
    const muted =
      limit === null
        ? []
        : this.tree.childrenOf(this.tree.root).filter((node) => {
            if (this.#pinned.includes(node)) return false;
            return nodeRate(node, time) > (this.#muted.includes(node) ? limit / 2 : limit);
          });
    if (sameNodes(muted, this.#muted)) return;
    this.#muted = muted;
    this.#reset();
  }

  setSort(sort: Sort, time: number): void {
    this.tree.setSort(sort, time);
    this.version += 1;
  }
}

const sameNodes = (a: readonly TreeNode[], b: readonly TreeNode[]): boolean =>
  a.length === b.length && a.every((node, index) => node === b[index]);
