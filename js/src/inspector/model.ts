/** What the inspector shows: keys, filter, what is open and chosen. Pure; view.ts draws it. */

import { type Entry, type MirrorChange, rateAt } from "../shared/page_mirror.ts";
import { type Filter, parseFilter } from "./filter.ts";
import { flatten, keyOf, nodeId, type Row, type ValuePath, valueId } from "./rows.ts";
import { KeyTree } from "./tree.ts";

/** Items of a list that are shown at first, and added with each step. */
export const PAGE = 100;
/** A small state is shown open. */
const FEW_KEYS = 40;

export class InspectorModel {
  readonly tree = new KeyTree();
  #entries: ReadonlyMap<string, Entry>;
  readonly #open = new Set<string>();
  /** While filtering, branches are open unless closed by hand. */
  readonly #closedWhileFiltering = new Set<string>();
  readonly #limits = new Map<string, number>();
  /** Keys of which parts are open: their shape decides which rows there are. */
  readonly #openKeys = new Set<string>();
  #filter: Filter | null = null;
  #rows: readonly Row[] | null = null;

  constructor(entries: ReadonlyMap<string, Entry>) {
    this.#entries = entries;
    for (const key of entries.keys()) this.tree.add(key);
  }

  get filter(): Filter | null {
    return this.#filter;
  }

  /** Keys that the filter lets through. */
  get matched(): number {
    return this.#filter === null ? this.tree.size : this.tree.root.matched;
  }

  get rows(): readonly Row[] {
    this.#rows ??= flatten({
      tree: this.tree,
      valueOf: (key) => this.#entries.get(key)?.value,
      filtered: this.#filter !== null,
      isOpen: (id, isBranch) => this.#isOpen(id, isBranch),
      limitOf: (id) => this.#limits.get(id) ?? PAGE,
    });
    return this.#rows;
  }

  apply({ added, changed, removed, at }: MirrorChange): void {
    const wasEmpty = this.tree.size === 0;
    for (const key of removed) this.tree.remove(key);
    for (const key of added) this.tree.add(key);
    if (added.length > 0 || removed.length > 0) this.#rows = null;
    for (const key of changed) {
      if (this.#openKeys.has(key)) this.#rows = null;
    }
    for (const keys of [changed, added]) {
      for (const key of keys) {
        // A snapshot after a gap names keys that have not changed.
        if (this.#entries.get(key)?.changedAt === at) this.tree.touch(key, at);
      }
    }
    if (this.#filter !== null) {
      this.#match(added);
      this.#match(changed);
    }
    if (wasEmpty && this.tree.size > 0 && this.tree.size <= FEW_KEYS) {
      for (const node of this.tree.root.children.values()) {
        if (node.children.size > 0) this.#open.add(nodeId(node));
      }
    }
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
    this.#rows = null;
    if (this.#filter !== null) this.#match(entries.keys());
  }

  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  setQuery(query: string): void {
    this.#filter = parseFilter(query);
    this.#closedWhileFiltering.clear();
    this.#rows = null;
    if (this.#filter !== null) this.#match(this.#entries.keys());
  }

  #match(keys: Iterable<string>): void {
    const filter = this.#filter;
    if (filter === null) return;
    const before = this.tree.root.matched;
    let moved = false;
    for (const key of keys) {
      const entry = this.#entries.get(key);
      const node = this.tree.get(key);
      if (entry === undefined || node === undefined) continue;
      const had = node.matched;
      this.tree.setMatched(node, filter.matches(key, entry.value));
      moved ||= had !== node.matched;
    }
    if (moved || before !== this.tree.root.matched) this.#rows = null;
  }

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
    const key = keyOf(row);
    if (open && key !== null) this.#openKeys.add(key);
    this.#rows = null;
  }

  /** Opens whatever a key, or a part of its value, is folded into. */
  reveal(key: string, path: ValuePath): void {
    const node = this.tree.get(key);
    for (let up = node?.parent ?? null; up !== null; up = up.parent) {
      this.#open.add(nodeId(up));
      this.#closedWhileFiltering.delete(nodeId(up));
    }
    if (path.length > 0) {
      if (node !== undefined) this.#open.add(nodeId(node));
      this.#openKeys.add(key);
    }
    for (let length = 1; length < path.length; length += 1) {
      this.#open.add(valueId(key, path.slice(0, length)));
    }
    this.#rows = null;
  }

  showMore(key: string, path: ValuePath): void {
    const id = valueId(key, path);
    this.#limits.set(id, (this.#limits.get(id) ?? PAGE) + PAGE);
    this.#rows = null;
  }

  indexOf(id: string | null): number {
    return id === null ? -1 : this.rows.findIndex((row) => row.id === id);
  }
}
