/** What the lock manager asks and is told, by the names of widgets/_lock_messages.py. */

export interface LockBody {
  readonly keys: readonly string[];
  readonly seconds: number;
}

export interface RenewBody {
  readonly key: string;
}

export interface ReleaseBody {
  readonly keys: readonly string[];
}

export interface ForgetBody {
  readonly key: string;
}

export interface LockResult {
  readonly granted: boolean;
}

export const LEASE_STATES = ["pending", "held", "expiring", "refused", "lost", "released"] as const;
export type LeaseState = (typeof LEASE_STATES)[number];

export interface LeaseBody {
  readonly key: string;
  readonly state: LeaseState;
  readonly seconds: number | null;
  readonly left: number | null;
  readonly endless: boolean;
  readonly held: number;
  readonly note: string;
}

export interface LeasesBody {
  readonly leases: readonly LeaseBody[];
}

export interface LockRequests {
  readonly lock: { readonly body: LockBody; readonly result: LockResult };
  readonly renew: { readonly body: RenewBody; readonly result: LockResult };
  readonly release: { readonly body: ReleaseBody; readonly result: null };
  readonly forget: { readonly body: ForgetBody; readonly result: null };
}

export interface LockMessages {
  readonly leases: LeasesBody;
}
