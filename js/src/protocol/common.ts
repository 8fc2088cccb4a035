/**
 * Message bodies shared by all tools, by the names of widgets/sync/messages.py; guards.ts checks
 * what arrives.
 */

export const VERSION = 1;

/** A value in page form, see widgets/sync/page_values.py: JSON with `$nvj` objects. */
export type PageValue =
  | null
  | boolean
  | number
  | string
  | readonly PageValue[]
  | { readonly [key: string]: PageValue };

export type PageRecord = Readonly<Record<string, PageValue>>;

// page to kernel ------------------------------------------------------------------

export interface HelloBody {
  readonly epoch: string | null;
  readonly rev: number | null;
}
/** Zeros for nothing: then it only says that somebody looks. */
export interface AckBody {
  readonly seq: number;
  readonly rev: number;
}
/** Operations that say all by their name. */
export type EmptyBody = Readonly<Record<never, never>>;

export interface HelloResult {
  readonly epoch: string;
}

/** A part of the frontend that few need, see lazy_module.ts. */
export interface ModuleBody {
  readonly name: string;
}
export interface ModuleResult {
  readonly name: string;
  readonly source: string;
}

/** Every message. `client` is the view's random name: who asks, or who is meant. */
export interface Envelope {
  readonly v: number;
  readonly op: string;
  readonly body: unknown;
  readonly client?: string;
  readonly id?: number;
}

// kernel to page ------------------------------------------------------------------

export interface ErrorBody {
  readonly kind: string;
  readonly message: string;
}
export type ReplyBody =
  | { readonly ok: true; readonly result?: unknown }
  | { readonly ok: false; readonly error: ErrorBody };

export interface AbilitiesBody {
  readonly transport: string;
  readonly locks: boolean;
  readonly acknowledged_updates: boolean;
  readonly integers: boolean;
  readonly null_values: boolean;
}

export const CONNECTION_STATES = ["connecting", "loading", "connected", "lost", "closed"] as const;
export type ConnectionState = (typeof CONNECTION_STATES)[number];

export interface StatusBody {
  readonly name: string;
  readonly address: string;
  readonly state: ConnectionState;
  readonly reason: string;
  readonly attempt: number;
  /** Seconds in this state, at the time of sending. */
  readonly since: number;
  /** Bytes that came so far while the state loads; null where that is not known. */
  readonly received: number | null;
  readonly abilities: AbilitiesBody;
}

export interface SnapshotBody {
  readonly epoch: string;
  readonly rev: number;
  readonly seq: number;
  readonly part: number;
  readonly last: boolean;
  readonly keys: number;
}
export interface DeltaBody {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
  readonly seq: number;
}
export interface HeartbeatBody {
  readonly epoch: string;
  readonly rev: number;
  readonly seq: number;
  readonly keys: number;
  readonly age: number | null;
  readonly rate: number;
  readonly size: number;
}

/** The buffers of a snapshot part, read. */
export interface SnapshotContent {
  readonly ids: Uint32Array;
  readonly keys: readonly string[];
  readonly values: readonly PageValue[];
}
/** The buffers of a delta, read. */
export interface DeltaContent {
  readonly ids: Uint32Array;
  readonly values: readonly PageValue[];
  readonly added: readonly (readonly [id: number, key: string])[];
  readonly removed: readonly string[];
}

export type Buffers = readonly (ArrayBufferView | ArrayBuffer)[];
