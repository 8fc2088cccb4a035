/** Message bodies shared by all tools, by the names of widgets/sync/messages.py. */

import * as v from "valibot";
import { boolean, count, number, object, oneOf, orNull, type PageValue, text } from "./schema.ts";

export type { PageRecord, PageValue } from "./schema.ts";

export const VERSION = 1;

/** Every message. `client` is the random name of the view that sent it or is meant. */
export interface Envelope {
  readonly v: number;
  readonly op: string;
  readonly body: unknown;
  readonly client?: string;
  readonly id?: number;
}

// answers ---------------------------------------------------------------------------

export const helloResult = object({ epoch: text });
export const moduleResult = object({ name: text, source: text });

// kernel to page ------------------------------------------------------------------

export const errorBody = object({ kind: text, message: text });
export type ErrorBody = v.InferOutput<typeof errorBody>;

export const replyBody = v.union([
  object({ ok: v.literal(true), result: v.optional(v.unknown()) }),
  object({ ok: v.literal(false), error: errorBody }),
]);
export type ReplyBody = v.InferOutput<typeof replyBody>;

export const CONNECTION_STATES = ["connecting", "loading", "connected", "lost", "closed"] as const;

/** How keys can be locked: by the server, by agreement of the clients, or not at all. */
export const LOCK_KINDS = ["server", "cooperative", "none"] as const;
export type LockKind = (typeof LOCK_KINDS)[number];

const abilitiesBody = object({
  transport: text,
  locks: oneOf(LOCK_KINDS),
  acknowledged_updates: boolean,
  integers: boolean,
  null_values: boolean,
});

/**
 * `since` is the seconds in this state when it was sent; `received` the bytes of the state so
 * far while it loads, null where that is unknown.
 */
export const statusBody = object({
  name: text,
  address: text,
  state: oneOf(CONNECTION_STATES),
  reason: text,
  attempt: count,
  since: number,
  received: orNull(count),
  abilities: abilitiesBody,
});
export type StatusBody = v.InferOutput<typeof statusBody>;

export const snapshotBody = object({
  epoch: text,
  rev: count,
  seq: count,
  part: count,
  last: boolean,
  keys: count,
});

export const deltaBody = object({ epoch: text, from: count, to: count, seq: count });

export const heartbeatBody = object({
  epoch: text,
  rev: count,
  seq: count,
  keys: count,
  age: orNull(number),
  rate: number,
  frames: number,
  size: count,
});
export type HeartbeatBody = v.InferOutput<typeof heartbeatBody>;

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
