/** What the inspector shows: keys, filter, what is open and chosen. Pure; view.ts draws it. */

import type { Entry, MirrorChange } from "../shared/page_mirror.ts";
import { type Filter, parseFilter } from "./filter.ts";
import { flatten, nodeId, type Row, type ValuePath, valueId } from "./rows.ts";
import { KeyTree } from "./tree.ts";

/** Items of a list that are shown at first, and added with each step. */
export const PAGE = 100;
/** A small state is shown open. */
const FEW_KEYS = 40;

export class InspectorModel {
  readonly tree = new KeyTree();
  readonly #entries: ReadonlyMap<string, Entry>;
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

  showMore(key: string, path: ValuePath): void {
    const id = valueId(key, path);
    this.#limits.set(id, (this.#limits.get(id) ?? PAGE) + PAGE);
    this.#rows = null;
  }

  indexOf(id: string | null): number {
    return id === null ? -1 : this.rows.findIndex((row) => row.id === id);
  }
}

/** The key that a row belongs to, or null for a branch without one. */
export function keyOf(row: Row): string | null {
  if (row.kind !== "node") return row.key;
  return row.node.hasKey ? row.node.path : null;
}
