/** Checks what the lock manager is told, see guards.ts. */

import {
  LEASE_STATES,
  type LeaseBody,
  type LeasesBody,
  type LockMessages,
  type LockRequests,
  type LockResult,
} from "./protocol_locks.ts";
import {
  type BodyGuards,
  isBoolean,
  isListOf,
  isNull,
  isNumber,
  isNumberOrNull,
  isOneOf,
  isShape,
  isText,
  type ResultGuards,
} from "./shapes.ts";

const isLease = isShape<LeaseBody>({
  key: isText,
  state: isOneOf(LEASE_STATES),
  seconds: isNumberOrNull,
  left: isNumberOrNull,
  endless: isBoolean,
  held: isNumber,
  note: isText,
});

export const LOCK_BODIES: BodyGuards<LockMessages> = {
  leases: isShape<LeasesBody>({ leases: isListOf(isLease) }),
};

export const LOCK_RESULTS: ResultGuards<LockRequests> = {
  lock: isShape<LockResult>({ granted: isBoolean }),
  renew: isShape<LockResult>({ granted: isBoolean }),
  release: isNull,
  forget: isNull,
};
