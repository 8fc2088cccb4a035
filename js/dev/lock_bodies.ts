/** Rows of the lock manager with defaults. */

import type { LeaseBody, WatchedBody } from "../src/protocol/locks.ts";

export const lease = (key: string, change: Partial<LeaseBody>): LeaseBody => ({
  key,
  state: "held",
  seconds: 10,
  left: null,
  endless: false,
  held: 0,
  auto_renew: false,
  max_hold: 600,
  continuous: true,
  note: "",
  holder: "",
  since: null,
  until: null,
  overwrites: 0,
  waiting: [],
  ...change,
});

export const watchedKey = (key: string, change: Partial<WatchedBody> = {}): WatchedBody => ({
  key,
  whose: "free",
  since: 0,
  holder: "",
  until: null,
  waiting: 0,
  ...change,
});
