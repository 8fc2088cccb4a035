/** Checks the messages to the lock manager; see guards.ts. */

import {
  type EventBody,
  type KeysResult,
  LEASE_STATES,
  type LeaseBody,
  type LeasesBody,
  type LockMessages,
  type LockNewsBody,
  type LockRequests,
  type LockResult,
  NEWS,
  type RequestBody,
  type WatchedBody,
  WHOSE,
} from "./locks.ts";
import {
  type BodyGuards,
  isBoolean,
  isCount,
  isListOf,
  isNull,
  isNumber,
  isNumberOrNull,
  isOneOf,
  isShape,
  isText,
  isTextOrNull,
  type ResultGuards,
} from "./shapes.ts";

const isLease = isShape<LeaseBody>({
  key: isText,
  state: isOneOf(LEASE_STATES),
  seconds: isNumberOrNull,
  left: isNumberOrNull,
  endless: isBoolean,
  held: isNumber,
  keep: isBoolean,
  cap: isNumberOrNull,
  continuous: isBoolean,
  note: isText,
});

const isWatched = isShape<WatchedBody>({
  key: isText,
  whose: isOneOf(WHOSE),
  since: isNumber,
  holder: isText,
});

const isEvent = isShape<EventBody>({
  key: isText,
  news: isOneOf(NEWS),
  ago: isNumber,
  note: isText,
});

const isRequest = isShape<RequestBody>({
  asker: isText,
  by: isText,
  says: isText,
  keys: isListOf(isText),
});

export const LOCK_BODIES: BodyGuards<LockMessages> = {
  leases: isShape<LeasesBody>({ leases: isListOf(isLease), more: isCount, held: isCount }),
  lock_news: isShape<LockNewsBody>({
    watched: isListOf(isWatched),
    history: isListOf(isEvent),
    requests: isListOf(isRequest),
    by: isTextOrNull,
  }),
};

const isKeys = isShape<KeysResult>({ keys: isListOf(isText) });

export const LOCK_RESULTS: ResultGuards<LockRequests> = {
  lock: isShape<LockResult>({ granted: isBoolean, holder: isText }),
  renew: isNull,
  keep: isNull,
  cap: isNull,
  release: isNull,
  release_all: isNull,
  forget: isNull,
  blockers: isKeys,
  watch: isNull,
  unwatch: isNull,
  announce: isNull,
  ask: isKeys,
  dismiss: isNull,
};
