/** Requests and messages of the lock manager, named as in widgets/locks/messages.py. */

import type { EmptyBody } from "./common.ts";

export interface LockBody {
  readonly keys: readonly string[];
  readonly seconds: number;
  readonly keep: boolean;
  readonly cap: number | null;
  readonly wait: number;
}

export interface RenewBody {
  readonly key: string;
}

export interface KeepBody {
  readonly key: string;
  readonly keep: boolean;
}

export interface CapBody {
  readonly key: string;
  readonly seconds: number | null;
}

export interface ForgetBody {
  readonly key: string;
}

/** Of `release`, `blockers`, `watch` and `unwatch`. */
export interface KeysBody {
  readonly keys: readonly string[];
}

export interface AnnounceBody {
  readonly by: string;
}

export interface AskBody {
  readonly keys: readonly string[];
  readonly says: string;
}

export interface DismissBody {
  readonly asker: string;
}

export interface LockResult {
  readonly granted: boolean;
  readonly holder: string;
}

export interface KeysResult {
  readonly keys: readonly string[];
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
  readonly keep: boolean;
  readonly cap: number | null;
  readonly continuous: boolean;
  readonly note: string;
}

export interface LeasesBody {
  readonly leases: readonly LeaseBody[];
  readonly more: number;
  readonly held: number;
}

export const WHOSE = ["unknown", "free", "mine", "someone else's"] as const;
export type Whose = (typeof WHOSE)[number];

export interface WatchedBody {
  readonly key: string;
  readonly whose: Whose;
  readonly since: number;
  readonly holder: string;
}

export const NEWS = ["taken", "refused", "lost", "released", "doubted"] as const;
export type News = (typeof NEWS)[number];

export interface EventBody {
  readonly key: string;
  readonly news: News;
  readonly ago: number;
  readonly note: string;
}

export interface RequestBody {
  readonly asker: string;
  readonly by: string;
  readonly says: string;
  readonly keys: readonly string[];
}

export interface LockNewsBody {
  readonly watched: readonly WatchedBody[];
  readonly history: readonly EventBody[];
  readonly requests: readonly RequestBody[];
  readonly by: string | null;
}

export interface LockRequests {
  readonly lock: { readonly body: LockBody; readonly result: LockResult };
  readonly renew: { readonly body: RenewBody; readonly result: null };
  readonly keep: { readonly body: KeepBody; readonly result: null };
  readonly cap: { readonly body: CapBody; readonly result: null };
  readonly release: { readonly body: KeysBody; readonly result: null };
  readonly release_all: { readonly body: EmptyBody; readonly result: null };
  readonly forget: { readonly body: ForgetBody; readonly result: null };
  readonly blockers: { readonly body: KeysBody; readonly result: KeysResult };
  readonly watch: { readonly body: KeysBody; readonly result: null };
  readonly unwatch: { readonly body: KeysBody; readonly result: null };
  readonly announce: { readonly body: AnnounceBody; readonly result: null };
  readonly ask: { readonly body: AskBody; readonly result: KeysResult };
  readonly dismiss: { readonly body: DismissBody; readonly result: null };
}

export interface LockMessages {
  readonly leases: LeasesBody;
  readonly lock_news: LockNewsBody;
}
