/** Results and messages for the lock manager, named as in widgets/locks/messages.py. */

import type * as v from "valibot";
import { boolean, count, list, nothing, number, object, oneOf, orNull, text } from "./schema.ts";

const lockResult = object({ granted: boolean, holder: text, until: orNull(number) });
const keysResult = object({ keys: list(text) });

export const LOCK_RESULTS = {
  lock: lockResult,
  renew: nothing,
  auto_renew: nothing,
  max_hold: nothing,
  release: nothing,
  release_all: nothing,
  dismiss_lease: nothing,
  blocking_keys: keysResult,
  watch: nothing,
  unwatch: nothing,
  set_name: nothing,
  hand_over: nothing,
  request_release: keysResult,
  dismiss: nothing,
} as const;

// messages ------------------------------------------------------------------------

export const LEASE_STATES = ["pending", "held", "expiring", "refused", "lost", "released"] as const;
export type LeaseState = (typeof LEASE_STATES)[number];

const waitingBody = object({ client: text, name: text, note: text, since: number });
/** Another client that waits for a key that we hold, `since` seconds after 1970. */
export type WaitingBody = v.InferOutput<typeof waitingBody>;

const leaseBody = object({
  key: text,
  state: oneOf(LEASE_STATES),
  seconds: orNull(number),
  left: orNull(number),
  endless: boolean,
  held: number,
  auto_renew: boolean,
  max_hold: orNull(number),
  continuous: boolean,
  note: text,
  holder: text,
  since: orNull(number),
  until: orNull(number),
  overwrites: count,
  waiting: list(waitingBody),
});
export type LeaseBody = v.InferOutput<typeof leaseBody>;
const leasesBody = object({ leases: list(leaseBody), more: count, held: count });
export type LeasesBody = v.InferOutput<typeof leasesBody>;

export const WHOSE = ["unknown", "free", "mine", "someone else's"] as const;
export type Whose = (typeof WHOSE)[number];

const watchedBody = object({
  key: text,
  whose: oneOf(WHOSE),
  since: number,
  holder: text,
  until: orNull(number),
  waiting: count,
});
export type WatchedBody = v.InferOutput<typeof watchedBody>;

export const EVENT_KINDS = [
  "acquired",
  "refused",
  "lost",
  "released",
  "reacquired",
  "overwritten",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

const eventBody = object({ key: text, kind: oneOf(EVENT_KINDS), ago: number, note: text });
export type EventBody = v.InferOutput<typeof eventBody>;

const requestBody = object({
  client: text,
  name: text,
  message: text,
  keys: list(text),
  since: number,
});
export type RequestBody = v.InferOutput<typeof requestBody>;

const lockUpdatesBody = object({
  watched: list(watchedBody),
  history: list(eventBody),
  requests: list(requestBody),
  name: text,
});
export type LockUpdatesBody = v.InferOutput<typeof lockUpdatesBody>;

export const LOCK_MESSAGES = { leases: leasesBody, lock_updates: lockUpdatesBody } as const;
