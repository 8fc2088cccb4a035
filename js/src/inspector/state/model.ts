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

/** Items of a list that are shown at first, and added with each step. */
export const PAGE = 100;
/** A small state is shown open. */
const FEW_KEYS = 40;

/** Where items and fields are that were cut from long values. */
export interface LazyItemSource {
  peek: FindLazyItem;
  /** The same, and asks for what is not known. */
  get: FindLazyItem;
  nameAt(key: string, path: ValuePath, index: number): string | undefined;
  canAsk(key: string): boolean;
}

const NO_LAZY_ITEMS: LazyItemSource = {
  peek: () => undefined,
  get: () => undefined,
  nameAt: () => undefined,
  canAsk: () => false,
};

export class InspectorModel {
  readonly tree = new KeyTree();
  /** Counts up whenever there may be other rows than before. */
  version = 0;
  /** Since when changes are seen; null before the first keys. */
  watchedSince: number | null = null;
  #entries: ReadonlyMap<string, Entry>;
  readonly #lazyItems: LazyItemSource;
  readonly #open = new Set<string>();
  /** While filtering, branches are open unless closed by hand. */
  readonly #closedWhileFiltering = new Set<string>();
  readonly #limits = new Map<string, number>();
  /** Keys of which parts are open: their shape decides which rows there are. */
  readonly #openKeys = new Set<string>();
  #filter: Filter | null = null;
  /** Keys that the filter has still to look at, and their nodes beside them. */
  #unmatched: Iterator<Entry> | null = null;
  #nodes: Iterator<TreeNode> = [].values();
  #looked = 0;
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

  /** Keys that the filter lets through, as far as it has looked. */
  get matched(): number {
    return this.#filter === null ? this.tree.size : this.tree.root.matched;
  }

  /** The share of the keys that the filter has looked at; 1 when it is done. */
  get searched(): number {
    return this.#unmatched === null ? 1 : this.#looked / Math.max(1, this.#entries.size);
  }

  // rows ---------------------------------------------------------------------------

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

  /** Asks for what a row waits for; false where it cannot be had. */
  fetch({ key, path, awaited }: MoreRow): boolean {
    if (awaited === null) return true;
    this.#lazyItems.get(key, path, awaited);
    return this.#lazyItems.canAsk(key);
  }

  // the state ----------------------------------------------------------------------

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
        // A snapshot after a gap names keys that have not changed.
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
        this.tree.uncount(node);
      }
    }
  }

  /** The shape of a key's value may be another: what is open in it is laid out again. */
  valueChanged(key: string): void {
    this.#rows.valueChanged(key);
    this.version += 1;
  }

  /** Shows another state as it stood at `time`; what is open stays open. */
  replace(entries: ReadonlyMap<string, Entry>, time: number): void {
    for (const key of this.#entries.keys()) if (!entries.has(key)) this.tree.remove(key);
    for (const key of entries.keys()) this.tree.add(key);
    this.#entries = entries;
    this.tree.retouch((key) => {
      const entry = entries.get(key);
      return entry === undefined ? null : { at: entry.changedAt, rate: rateAt(entry, time) };
    }, time);
    this.#reset();
    this.#searchAgain();
  }

  #reset(unmatched = false): void {
    this.#rows.reset(unmatched);
    this.version += 1;
  }

  // search -------------------------------------------------------------------------

  /** `search` then looks at the keys, a few at a time. */
  setFilter(filter: Filter | null): void {
    const before = this.#filter;
    this.#filter = filter;
    this.#closedWhileFiltering.clear();
    // From one query to the next what was found stays until it is looked at again.
    this.#reset(before === null);
    this.#searchAgain();
  }

  #searchAgain(): void {
    this.#unmatched = this.#filter === null ? null : this.#entries.values();
    this.#nodes = this.tree.nodes();
    this.#looked = 0;
  }

  /** Looks at all keys again: what a filter says may change with time alone. */
  research(): void {
    if (this.#filter !== null && this.#unmatched === null) this.#searchAgain();
  }

  /** Looks at keys until `shouldYield` says that it is time to stop; true when all are done. */
  search(time: number, shouldYield: () => boolean): boolean {
    if (this.#unmatched === null) return true;
    const look = (entry: Entry) => {
      this.#looked += 1;
      this.#matchNode(entry, this.#nodeOf(entry), time);
    };
    if (!visitInTimeSlice(this.#unmatched, look, shouldYield)) return false;
    this.#unmatched = null;
    return true;
  }

  /** Entries and nodes mostly came in the same order: a step is cheaper than finding one of many. */
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

  // what is open, on top, and folded away ------------------------------------------------

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
    this.#laidOut(keyOf(row));
    if (row.kind === "node") this.tree.uncount(row.node);
    this.version += 1;
  }

  #laidOut(key: string | null): void {
    if (key === null) return;
    this.#openKeys.add(key);
    this.valueChanged(key);
  }

  /** Opens whatever a key, or a part of its value, is folded into. */
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
    this.#laidOut(key);
    this.tree.uncount(node);
    this.version += 1;
  }

  showMore(key: string, path: ValuePath): void {
    const id = valueId(key, path);
    this.#limits.set(id, (this.#limits.get(id) ?? PAGE) + PAGE);
    this.#laidOut(key);
  }

  /** Keys or branches, by their paths; those that are not there wait until they are. */
  setPins(paths: readonly string[]): void {
    this.#pins = paths;
    const nodes: TreeNode[] = [];
    for (const path of paths) {
      const node = this.tree.find(path);
      if (node !== null && node.keys > 0 && !nodes.includes(node)) nodes.push(node);
    }
    if (sameNodes(nodes, this.#pinned)) return;
    this.#pinned = nodes;
    // What is kept on top is not folded away as well.
    this.#muted = this.#muted.filter((node) => !nodes.includes(node));
    this.#reset();
  }

  /**
   * Folds away the branches at the top that change more often than `limit` per second,
   * null for none. What was folded away comes back at half of that only.
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
