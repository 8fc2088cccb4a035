/**
 * The page's copy of the shared state, built from snapshots and deltas. It requests a new snapshot
 * when it may be wrong; widgets/sync/messages.py has the rules.
 */

import { readDelta, readSnapshot } from "../protocol/check_message.ts";
import type { HeartbeatBody, PageValue } from "../protocol/common.ts";
import type { MessageOf } from "../protocol/messages.ts";
import { now } from "../ui/clock.ts";
import { isCut, isSameValue } from "../values/page_value.ts";

export interface Entry {
  readonly key: string;
  readonly value: PageValue;
  /** Time on the clock of clock.ts; null if unchanged since the first snapshot. */
  readonly changedAt: number | null;
  /** Changes per second at `changedAt`; see `rateAt`. */
  readonly rate: number;
  /** Cached text for searches. */
  searchText?: string | undefined;
}

/** The changes of one message. A key is in one list at most. */
export interface StateChange {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** The `changedAt` of entries that changed; truncated values may be listed without a change. */
  readonly at: number;
}

/** Progress of a snapshot, in keys. */
export interface Progress {
  readonly have: number;
  readonly of: number;
  readonly since: number;
}

interface Loading {
  nextPart: number;
  have: number;
  readonly of: number;
  readonly since: number;
  /** Keys of the old copy that no part has contained yet. */
  readonly unseen: Set<string>;
  /** Keys that a delta changed since part 0, so that the parts are older. */
  readonly newer: Set<string>;
}

/** Time constant of the average rate, in seconds. */
const RATE_SECONDS = 2;

export function rateAt(entry: Entry, time: number): number {
  if (entry.changedAt === null) return 0;
  return entry.rate * Math.exp((entry.changedAt - time) / RATE_SECONDS);
}

export class StateStore {
  readonly entries = new Map<string, Entry>();
  #keysById = new Map<number, string>();
  #idsByKey = new Map<string, number>();
  #epoch: string | null = null;
  #rev: number | null = null;
  #seq: number | null = null;
  #loading: Loading | null = null;
  #isUncertain = true;
  #isActive = true;

  constructor(
    readonly events: {
      /** Called when the copy may be wrong until the reply to a `hello`. */
      readonly onUncertain: () => void;
      readonly onChange: (change: StateChange) => void;
    },
  ) {}

  /** The revision for `hello`. A partially loaded snapshot does not count. */
  get have(): { readonly epoch: string | null; readonly rev: number | null } {
    return this.#loading === null && this.#rev !== null
      ? { epoch: this.#epoch, rev: this.#rev }
      : { epoch: null, rev: null };
  }

  /** The last handled message, for `ack`. */
  get handled(): { readonly seq: number; readonly rev: number } | null {
    return this.#seq === null ? null : { seq: this.#seq, rev: this.#rev ?? 0 };
  }

  /** Whether a complete snapshot was received. */
  get loaded(): boolean {
    return this.#rev !== null && this.#loading === null;
  }

  /** Progress of the current snapshot, or null. */
  get progress(): Progress | null {
    return this.#loading;
  }

  get isUncertain(): boolean {
    return this.#isUncertain;
  }

  /** Ignore messages while the view is hidden. */
  pause(): void {
    this.#isActive = false;
  }

  resume(): void {
    if (this.#isActive) return;
    this.#isActive = true;
    this.#requestSync();
  }

  onSnapshot({ body, buffers }: MessageOf<"snapshot">, forMe: boolean): void {
    if (!this.#isActive) return;
    const inOrder = this.#recordSeq(body.seq);
    if (!forMe) {
      if (!inOrder && !this.#isUncertain) this.#requestSync();
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
      // A part of a snapshot that was abandoned.
      return;
    }
    const loading = this.#loading;
    const content = readSnapshot(buffers);
    const fits = body.part === 0 || (inOrder && body.epoch === this.#epoch);
    if (loading === null || content === null || !fits || body.part !== loading.nextPart) {
      this.#requestSync();
      return;
    }
    this.#isUncertain = false;
    loading.nextPart += 1;
    loading.have += content.keys.length;
    const added: string[] = [];
    const changed: string[] = [];
    const at = now();
    content.keys.forEach((key, index) => {
      const id = content.ids[index];
      const value = content.values[index];
      if (id === undefined || value === undefined) return;
      this.#assignId(id, key);
      loading.unseen.delete(key);
      if (loading.newer.has(key)) return;
      const old = this.entries.get(key);
      const isSame = old !== undefined && isSameValue(old.value, value);
      if (isSame && !isCut(value)) return;
      (old === undefined ? added : changed).push(key);
      this.entries.set(key, {
        key,
        value,
        // Changed at an unknown time since the last message.
        changedAt: old === undefined || isSame ? (old?.changedAt ?? null) : at,
        rate: old?.rate ?? 0,
        searchText: undefined,
      });
    });
    let removed: string[] = [];
    if (body.last) {
      // Old keys stay until the new snapshot is complete, to avoid flicker.
      removed = [...loading.unseen];
      for (const key of removed) this.entries.delete(key);
      this.#loading = null;
    }
    this.events.onChange({ added, changed, removed, at });
  }

  onDelta({ body, client, buffers }: MessageOf<"delta">, forMe: boolean): void {
    if (!this.#isActive) return;
    const inOrder = this.#recordSeq(body.seq);
    const { rev } = this;
    if (this.#isUncertain) {
      // Only the reply to a hello starts at this view's revision.
      const isReply = forMe && client !== null && this.#loading === null;
      if (!isReply || body.epoch !== this.#epoch || body.from !== rev) return;
      this.#isUncertain = false;
    } else {
      if (!inOrder) {
        this.#requestSync();
        return;
      }
      if (!forMe) return;
      if (body.epoch !== this.#epoch || rev === null) {
        this.#requestSync();
        return;
      }
      if (body.from > rev) {
        this.#requestSync();
        return;
      }
    }
    const isPart = body.from === body.to;
    // Skip a known delta, but not a part of one: only the last part advances the revision.
    if (!isPart && rev !== null && body.to <= rev) return;
    this.#applyDelta(buffers, Math.max(body.to, rev ?? 0));
  }

  onHeartbeat(body: HeartbeatBody): void {
    if (!this.#isActive) return;
    if (this.#isUncertain) {
      // The copy is current.
      if (body.epoch === this.#epoch && body.rev === this.#rev && this.#loading === null) {
        this.#isUncertain = false;
        this.#seq = body.seq;
      } else this.events.onUncertain();
      return;
    }
    if (body.epoch !== this.#epoch || (this.#seq !== null && body.seq > this.#seq))
      this.#requestSync();
  }

  private get rev(): number | null {
    return this.#rev;
  }

  /** Record a sequence number; return false if one before it is missing. */
  #recordSeq(seq: number): boolean {
    const inOrder = this.#seq === null || seq === this.#seq + 1;
    this.#seq = seq;
    return inOrder;
  }

  #requestSync(): void {
    this.#isUncertain = true;
    if (this.#loading !== null) {
      this.#loading = null;
      this.#rev = null;
    }
    this.events.onUncertain();
  }

  #assignId(id: number, key: string): void {
    const old = this.#idsByKey.get(key);
    if (old !== undefined && old !== id) this.#keysById.delete(old);
    this.#keysById.set(id, key);
    this.#idsByKey.set(key, id);
  }

  #releaseId(key: string): void {
    const id = this.#idsByKey.get(key);
    if (id === undefined) return;
    this.#idsByKey.delete(key);
    this.#keysById.delete(id);
  }

  #applyDelta(buffers: MessageOf<"delta">["buffers"], to: number): void {
    const content = readDelta(buffers);
    if (content === null) {
      this.#rev = null;
      this.#requestSync();
      return;
    }
    const time = now();
    const added: string[] = [];
    const changed: string[] = [];
    const removed: string[] = [];
    for (const [id, key] of content.added) this.#assignId(id, key);
    for (const [index, id] of content.ids.entries()) {
      const key = this.#keysById.get(id);
      const value = content.values[index];
      if (key === undefined || value === undefined) {
        // The kernel assumes that this view knows the id, so only a snapshot helps.
        this.#rev = null;
        this.#requestSync();
        break;
      }
      this.#loading?.newer.add(key);
      this.#loading?.unseen.delete(key);
      const old = this.entries.get(key);
      (old === undefined ? added : changed).push(key);
      const rate = (old === undefined ? 0 : rateAt(old, time)) + 1 / RATE_SECONDS;
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
      this.#releaseId(key);
      if (this.entries.delete(key)) removed.push(key);
    }
    if (!this.#isUncertain) this.#rev = to;
    this.events.onChange({ added, changed, removed, at: time });
  }
}
