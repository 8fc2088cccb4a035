/**
 * The page's copy of the shared state, built from snapshot parts and deltas. If it may be wrong, it
 * requests a new snapshot; see widgets/sync/messages.py for the rules.
 */

import type { HeartbeatBody, PageValue } from "../protocol/common.ts";
import type { MessageOf } from "../protocol/messages.ts";
import { readDelta, readSnapshot } from "../protocol/read.ts";
import { now } from "../ui/clock.ts";
import { isCut, isSameValue } from "../values/page_value.ts";

export interface Entry {
  readonly key: string;
  readonly value: PageValue;
  /** On the clock of clock.ts; null while nothing has changed since the first snapshot. */
  readonly changedAt: number | null;
  /** Changes per second at `changedAt`; see `rateAt`. */
  readonly rate: number;
  /** What a search looks through, once there was one; see inspector/search/filter.ts. */
  searchText?: string | undefined;
}

/** What one message did. A key stands in one of the lists at most. */
export interface StateChange {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** What is known to have changed has this as its `changedAt`; of what came cut nobody knows. */
  readonly at: number;
}

/** How far a snapshot has come. */
export interface Progress {
  readonly have: number;
  readonly of: number;
  readonly since: number;
}

interface Loading {
  nextPart: number;
  /** Keys that have come, of how many, and since when. */
  have: number;
  readonly of: number;
  readonly since: number;
  /** Keys of the old copy that no part has named yet. */
  readonly unseen: Set<string>;
  /** Keys that a delta has set or removed since part 0: the parts are older. */
  readonly newer: Set<string>;
}

/** The rate is an average that forgets with this time, in seconds. */
const MEMORY = 2;

export function rateAt(entry: Entry, time: number): number {
  if (entry.changedAt === null) return 0;
  return entry.rate * Math.exp((entry.changedAt - time) / MEMORY);
}

export class StateStore {
  readonly entries = new Map<string, Entry>();
  #keysById = new Map<number, string>();
  #idsByKey = new Map<string, number>();
  #epoch: string | null = null;
  #rev: number | null = null;
  #seq: number | null = null;
  #loading: Loading | null = null;
  #inDoubt = true;
  #following = true;

  constructor(
    readonly events: {
      /** The store cannot go on without an answer to `hello`. */
      readonly onDoubt: () => void;
      readonly onChange: (change: StateChange) => void;
    },
  ) {}

  /** What to say in `hello`. A half-loaded snapshot is worth nothing. */
  get have(): { readonly epoch: string | null; readonly rev: number | null } {
    return this.#loading === null && this.#rev !== null
      ? { epoch: this.#epoch, rev: this.#rev }
      : { epoch: null, rev: null };
  }

  /** The last number handled, for `ack`. */
  get handled(): { readonly seq: number; readonly rev: number } | null {
    return this.#seq === null ? null : { seq: this.#seq, rev: this.#rev ?? 0 };
  }

  /** Whether a whole snapshot has been here once. */
  get loaded(): boolean {
    return this.#rev !== null && this.#loading === null;
  }

  /** How far the snapshot is that is on its way; null for none. */
  get progress(): Progress | null {
    return this.#loading;
  }

  get inDoubt(): boolean {
    return this.#inDoubt;
  }

  /** A hidden view lets everything pass, and doubts when it comes back. */
  pause(): void {
    this.#following = false;
  }

  resume(): void {
    if (this.#following) return;
    this.#following = true;
    this.#doubt();
  }

  onSnapshot({ body, buffers }: MessageOf<"snapshot">, forMe: boolean): void {
    if (!this.#following) return;
    const inOrder = this.#count(body.seq);
    if (!forMe) {
      if (!inOrder && !this.#inDoubt) this.#doubt();
      return;
    }
    if (body.part === 0) {
      this.#epoch = body.epoch;
      this.#rev = body.rev;
      this.#keysById = new Map();
      this.#idsByKey = new Map();
      this.#loading = {
        nextPart: 0,
        have: 0,
        of: body.keys,
        since: now(),
        unseen: new Set(this.entries.keys()),
        newer: new Set(),
      };
    } else if (this.#loading === null) {
      // The rest of a snapshot that has been given up.
      return;
    }
    const loading = this.#loading;
    const content = readSnapshot(buffers);
    const fits = body.part === 0 || (inOrder && body.epoch === this.#epoch);
    if (loading === null || content === null || !fits || body.part !== loading.nextPart) {
      this.#doubt();
      return;
    }
    this.#inDoubt = false;
    loading.nextPart += 1;
    loading.have += content.keys.length;
    const added: string[] = [];
    const changed: string[] = [];
    const at = now();
    content.keys.forEach((key, index) => {
      const id = content.ids[index];
      const value = content.values[index];
      if (id === undefined || value === undefined) return;
      this.#number(id, key);
      loading.unseen.delete(key);
      if (loading.newer.has(key)) return;
      const old = this.entries.get(key);
      const isSame = old !== undefined && isSameValue(old.value, value);
      if (isSame && !isCut(value)) return;
      (old === undefined ? added : changed).push(key);
      this.entries.set(key, {
        key,
        value,
        // At some time since the last message, and now at the latest.
        changedAt: old === undefined || isSame ? (old?.changedAt ?? null) : at,
        rate: old?.rate ?? 0,
        searchText: undefined,
      });
    });
    let removed: string[] = [];
    if (body.last) {
      // The old copy stays on screen until the new one is whole: nothing flickers.
      removed = [...loading.unseen];
      for (const key of removed) this.entries.delete(key);
      this.#loading = null;
    }
    this.events.onChange({ added, changed, removed, at });
  }

  onDelta({ body, client, buffers }: MessageOf<"delta">, forMe: boolean): void {
    if (!this.#following) return;
    const inOrder = this.#count(body.seq);
    const { rev } = this;
    if (this.#inDoubt) {
      // Only the answer to hello is sure to start from what this view has.
      const isAnswer = forMe && client !== null && this.#loading === null;
      if (!isAnswer || body.epoch !== this.#epoch || body.from !== rev) return;
      this.#inDoubt = false;
    } else {
      if (!inOrder) {
        this.#doubt();
        return;
      }
      if (!forMe) return;
      if (body.epoch !== this.#epoch || rev === null) {
        this.#doubt();
        return;
      }
      if (body.from > rev) {
        this.#doubt();
        return;
      }
    }
    const isPart = body.from === body.to;
    // Wholly known already. A part is applied all the same: the last one moves on.
    if (!isPart && rev !== null && body.to <= rev) return;
    this.#applyDelta(buffers, Math.max(body.to, rev ?? 0));
  }

  onHeartbeat(body: HeartbeatBody): void {
    if (!this.#following) return;
    if (this.#inDoubt) {
      // Nothing has changed since: there is nothing to wait for.
      if (body.epoch === this.#epoch && body.rev === this.#rev && this.#loading === null) {
        this.#inDoubt = false;
        this.#seq = body.seq;
      } else this.events.onDoubt();
      return;
    }
    if (body.epoch !== this.#epoch || (this.#seq !== null && body.seq > this.#seq)) this.#doubt();
  }

  private get rev(): number | null {
    return this.#rev;
  }

  /** Takes note of a number; false if one before it is missing. */
  #count(seq: number): boolean {
    const inOrder = this.#seq === null || seq === this.#seq + 1;
    this.#seq = seq;
    return inOrder;
  }

  #doubt(): void {
    this.#inDoubt = true;
    if (this.#loading !== null) {
      this.#loading = null;
      this.#rev = null;
    }
    this.events.onDoubt();
  }

  #number(id: number, key: string): void {
    const old = this.#idsByKey.get(key);
    if (old !== undefined && old !== id) this.#keysById.delete(old);
    this.#keysById.set(id, key);
    this.#idsByKey.set(key, id);
  }

  #forgetNumber(key: string): void {
    const id = this.#idsByKey.get(key);
    if (id === undefined) return;
    this.#idsByKey.delete(key);
    this.#keysById.delete(id);
  }

  #applyDelta(buffers: MessageOf<"delta">["buffers"], to: number): void {
    const content = readDelta(buffers);
    if (content === null) {
      this.#rev = null;
      this.#doubt();
      return;
    }
    const time = now();
    const added: string[] = [];
    const changed: string[] = [];
    const removed: string[] = [];
    for (const [id, key] of content.added) this.#number(id, key);
    for (const [index, id] of content.ids.entries()) {
      const key = this.#keysById.get(id);
      const value = content.values[index];
      if (key === undefined || value === undefined) {
        // The kernel believes that this view knows the id: only a snapshot helps.
        this.#rev = null;
        this.#doubt();
        break;
      }
      this.#loading?.newer.add(key);
      this.#loading?.unseen.delete(key);
      const old = this.entries.get(key);
      (old === undefined ? added : changed).push(key);
      const rate = (old === undefined ? 0 : rateAt(old, time)) + 1 / MEMORY;
      this.entries.set(key, {
        key,
        value,
        changedAt: time,
        rate: old === undefined ? 0 : rate,
        searchText: undefined,
      });
    }
    for (const key of content.removed) {
      this.#loading?.newer.add(key);
      this.#forgetNumber(key);
      if (this.entries.delete(key)) removed.push(key);
    }
    if (!this.#inDoubt) this.#rev = to;
    this.events.onChange({ added, changed, removed, at: time });
  }
}
