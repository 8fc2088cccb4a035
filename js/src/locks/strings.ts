/** Every text that the lock manager shows. */

import type { EventKind, LeaseState, Whose } from "../protocol/locks.ts";
import { duration, plural } from "../text/format.ts";
import { keyText, visible } from "../text/visible_text.ts";

type Tone = "good" | "amber" | "bad" | "neutral" | "accent";
export type Label = readonly [text: string, tone: Tone];

const keyList = (keys: readonly string[]): string => keys.map((key) => keyText(key)).join(", ");

const holderName = (holder: string): string =>
  holder === "" ? "another client" : visible(holder, 120);

export const ACQUIRE_FORM = {
  key: "Key",
  keyLabel: "Key to lock",
  duration: "Duration",
  autoRenew: "Auto-renew",
  autoRenewTitle: "Renewed automatically until you release it, even while the notebook is busy",
  acquire: "Acquire",
  watch: "Watch",
  watchTitle: "Show whether these keys are free, without acquiring them",
  options: "Waiting and limits",
  waitUpTo: "Wait up to",
  holdAtMost: "Hold at most",
  noLimit: "Empty for no limit",
  whichKeys: "Which keys?",
  newKey: "new key",
  remove: (key: string) => `Remove ${keyText(key, 60)}`,
  nothingToLock: "Enter at least one key to lock.",
  nothingToWatch: "Enter at least one key to watch.",
  notADuration: "Enter a duration such as 10 s, 2 min or 1 h.",
  notPositive: "The duration must be more than 0 seconds.",
} as const;

export const LEASE_TABLE = {
  columns: ["Key", "State", "Time left", "Auto-renew", "Held for"],
  actions: "Actions",
  autoRenew: (key: string) => `Auto-renew ${key}`,
  noEnd: "no limit",
  heldAtMost: (seconds: number) => `of ${duration(Math.round(seconds))} at most`,
  unconfirmed: "Not confirmed: no connection to the server.",
  renew: "Renew",
  extend: "+10 min",
  extendLabel: "Extend by 10 min:",
  release: "Release",
  cancelWait: "Cancel",
  cancelWaitLabel: "Cancel waiting for",
  retry: "Retry",
  ask: "Request release",
  askLabel: "Request release of",
  watch: "Watch",
  dismiss: "Dismiss",
} as const;

/** A question mark follows where the state may have changed since the connection was lost. */
export const LEASE_STATE_LABELS: Readonly<Record<LeaseState, Label>> = {
  pending: ["Waiting", "amber"],
  held: ["Held", "good"],
  expiring: ["Expiring", "amber"],
  refused: ["Refused", "bad"],
  lost: ["Lost", "bad"],
  released: ["Released", "neutral"],
};

export const WHOSE_LABELS: Readonly<Record<Whose, Label>> = {
  unknown: ["Unknown", "neutral"],
  free: ["Free", "good"],
  mine: ["Mine", "accent"],
  "someone else's": ["Other client", "bad"],
};

export const EVENT_LABELS: Readonly<Record<EventKind, Label>> = {
  acquired: ["Acquired", "good"],
  refused: ["Refused", "bad"],
  lost: ["Lost", "bad"],
  released: ["Released", "neutral"],
  reacquired: ["Reacquired", "amber"],
};

export const DETAILS = {
  watched: "Watched",
  watchedKeys: "Watched keys",
  unwatch: (key: string) => `Stop watching ${keyText(key)}`,
  since: (seconds: number) => `for ${duration(seconds)}`,
  history: "History",
  recentEvents: "Recent events",
  noEvents: "No events yet.",
  ago: (seconds: number) => `${duration(seconds)} ago`,
  yourName: "your name",
  yourNameLabel: "Your name, visible to other clients",
  share: "Share",
  stopSharing: "Stop sharing",
  notShared: "Share who you are with other clients:",
  sharedAs: (name: string) => `Other clients see your locks as ${visible(name, 80)}.`,
} as const;

export const REQUESTS = {
  text: (by: string, keys: readonly string[], message: string) =>
    `${visible(by, 80)} asks for ${keyList(keys)}${message === "" ? "" : `: ${visible(message, 120)}`}`,
  release: "Release",
  decline: "Not now",
} as const;

export const VIEW = {
  tab: "Locks",
  releaseAll: "Release all",
  held: (count: number) => (count === 0 ? "No locks held" : `${plural(count, "lock")} held`),
  more: (count: number) => `… ${count} more`,
  empty: "No locks yet.",
  emptyHint:
    "A lock keeps other clients from writing a key for a while. Enter a key above and select Acquire.",
  unsupported: "This server has no locks.",
  unsupportedHint: (transport: string) =>
    `NanoVer's ${visible(transport, 40)} protocol has no locks: every client can write every key, and the last write wins.`,
  lost: (key: string, note: string) =>
    `Lost ${keyText(key)}${note === "" ? "" : `: ${visible(note, 200)}`}`,
} as const;

/** Shown, or read out, after an action. */
export const RESULTS = {
  acquired: (keys: readonly string[]) => `Acquired: ${keyList(keys)}.`,
  refused: (keys: readonly string[], holder: string) =>
    keys.length === 1
      ? `Refused: ${keyList(keys)} is held by ${holderName(holder)}.`
      : `Refused: at least one of ${keyList(keys)} is held by ${holderName(holder)}. None was acquired.`,
  held: (keys: readonly string[]) =>
    keys.length === 0
      ? "None of these keys is held any more. Acquire them again."
      : `Held by another client: ${keyList(keys)}.`,
  renewed: (key: string) => `Renewed: ${keyText(key)}.`,
  autoRenew: (key: string, on: boolean) => `Auto-renew of ${keyText(key)} is ${on ? "on" : "off"}.`,
  extended: (key: string) => `Extended by 10 min: ${keyText(key)}.`,
  released: (keys: readonly string[]) => `Released: ${keyList(keys)}.`,
  allReleased: "Released all locks.",
  watching: (keys: readonly string[]) => `Watching ${keyList(keys)}.`,
  requested: (keys: readonly string[]) => `Requested release of ${keyList(keys)}.`,
  nobodyToAsk: (keys: readonly string[]) =>
    `The owner of ${keyList(keys)} is unknown and cannot be asked.`,
  shared: "Other clients can see your locks.",
  notShared: "Other clients can no longer see your locks.",
} as const;

/** Followed by a colon and the reason. */
export const FAILURES = {
  acquire: "Could not acquire the lock",
  which: "Could not check locks",
  renew: "Could not renew the lock",
  autoRenew: "Could not change auto-renew",
  extend: "Could not extend the lock",
  release: "Could not release the lock",
  dismiss: "Could not dismiss the row",
  watch: "Could not watch",
  unwatch: "Could not stop watching",
  ask: "Could not request the release",
  share: "Could not share your name",
  answer: "Could not answer the request",
} as const;
