/**
 * Items and fields that were truncated from the values sent to the page. They are fetched in blocks
 * when one of their rows is drawn, and again when their key changes, but at most once per second.
 * So the cost of a large list that changes constantly depends on the visible rows.
 */

import type { Host } from "../../kernel/host.ts";
import type { Entry } from "../../kernel/state_store.ts";
import type { PageValue } from "../../protocol/common.ts";
import { now } from "../../ui/clock.ts";
import type { Step, ValuePath } from "../../values/value_path.ts";
import { valueId } from "../tree/rows.ts";

/** Items per block. */
const BLOCK = 100;
/** Number of cached blocks; the least recently used are dropped first. */
const MOST_BLOCKS = 60;
const MOST_REQUESTS = 2;
/** Seconds after which a block of a changed value is fetched again. */
const REFRESH_AFTER = 1;

interface Block {
  readonly key: string;
  readonly path: ValuePath;
  readonly start: number;
  items: readonly PageValue[];
  /** The names of an object's fields; empty for a list. */
  names: readonly string[];
  /** The entry that the block was requested for; undefined before the first reply. */
  of: Entry | undefined;
  askedAt: number;
  waiting: boolean;
}

export class LazyItems {
  /** By list and position, least recently used first. */
  readonly #blocks = new Map<string, Block>();
  #inFlight = 0;

  constructor(
    readonly host: Pick<Host, "request">,
    readonly entryOf: (key: string) => Entry | undefined,
    /** Called when items of this key were received. */
    readonly onArrival: (key: string) => void,
  ) {}

  /** Returns whether items can be fetched; those of an earlier state cannot. */
  canFetch(key: string): boolean {
    return this.entryOf(key) !== undefined;
  }

  /** Returns an item or field if it is cached. */
  peek(key: string, path: ValuePath, step: Step): PageValue | undefined {
    if (typeof step === "string") return this.#find(key, path, step)?.value;
    return this.#blocks.get(idOf(key, path, step))?.items[step % BLOCK];
  }

  /** Returns the name of an object's field if it is cached. */
  nameAt(key: string, path: ValuePath, index: number): string | undefined {
    return this.#blocks.get(idOf(key, path, index))?.names[index % BLOCK];
  }

  /** Returns an item or field if it is cached, and fetches it if it is missing or outdated. */
  get(key: string, path: ValuePath, step: Step): PageValue | undefined {
    if (typeof step === "number") {
      return this.#look(key, path, step).items[step % BLOCK];
    }
    const found = this.#find(key, path, step);
    if (found !== undefined) this.#look(key, path, found.block.start);
    return found?.value;
  }

  #look(key: string, path: ValuePath, index: number): Block {
    const id = idOf(key, path, index);
    const block = this.#blocks.get(id) ?? {
      key,
      path,
      start: index - (index % BLOCK),
      items: [],
      names: [],
      of: undefined,
      askedAt: Number.NEGATIVE_INFINITY,
      waiting: false,
    };
    this.#blocks.delete(id);
    this.#blocks.set(id, block);
    this.#dropOldest();
    this.#fetch(block);
    return block;
  }

  #find(
    key: string,
    path: ValuePath,
    name: string,
  ): { readonly block: Block; readonly value: PageValue | undefined } | undefined {
    for (const block of this.#blocks.values()) {
      if (block.key !== key || block.names.length === 0 || !samePath(block.path, path)) continue;
      const at = block.names.indexOf(name);
      if (at >= 0) return { block, value: block.items[at] };
    }
    return undefined;
  }

  #dropOldest(): void {
    for (const [id, { waiting }] of this.#blocks) {
      if (this.#blocks.size <= MOST_BLOCKS) return;
      if (!waiting) this.#blocks.delete(id);
    }
  }

  #fetch(block: Block): void {
    const entry = this.entryOf(block.key);
    const stale = block.of !== entry && now() - block.askedAt > REFRESH_AFTER;
    if (!stale || block.waiting || entry === undefined || this.#inFlight >= MOST_REQUESTS) return;
    block.waiting = true;
    block.askedAt = now();
    this.#inFlight += 1;
    const { key, path, start } = block;
    this.host.request("items", { key, path, start, count: BLOCK }).then(
      ({ items, names }) => {
        block.items = items;
        block.names = names ?? [];
        block.of = entry;
        this.#settle(block);
        this.onArrival(key);
      },
      // The header shows problems with the kernel, and the next drawing tries again.
      () => this.#settle(block),
    );
  }

  #settle(block: Block): void {
    block.waiting = false;
    this.#inFlight -= 1;
  }
}

const samePath = (a: ValuePath, b: ValuePath): boolean =>
  a.length === b.length && a.every((step, at) => step === b[at]);

const idOf = (key: string, path: ValuePath, index: number): string =>
  `${Math.floor(index / BLOCK)}${valueId(key, path)}`;
