/** Every text that the lock manager shows. */

import type { EventKind, LeaseState, Whose } from "../protocol/locks.ts";
import { count, duration, plural } from "../text/format.ts";
import { heldBy } from "../text/holder.ts";
import { keyText, visible } from "../text/visible_text.ts";

type Tone = "good" | "amber" | "bad" | "neutral" | "accent";
export type Label = readonly [text: string, tone: Tone];

const MAX_KEYS = 8;

const keyList = (keys: readonly string[]): string => {
  const shown = keys.slice(0, MAX_KEYS).map((key) => keyText(key));
  const more = keys.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${count(more)} more` : ""}`;
};

const nameText = (name: string): string => (name === "" ? "Another client" : visible(name, 80));

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
  note: "Message while waiting",
  noteHint: "for the holder",
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
  columns: ["Key", "State", "Owner", "Time left", "Auto-renew"],
  actions: "Actions",
  autoRenew: (key: string) => `Auto-renew ${key}`,
  noEnd: "no limit",
  heldFor: (seconds: number) => `held ${duration(seconds)}`,
  heldAtMost: (seconds: number) => `of ${duration(Math.round(seconds))} at most`,
  asked: (seconds: number) => `asked ${duration(seconds)} ago`,
  unconfirmed: "Not confirmed",
  you: "You",
  overwritten: "Written by another client",
  overwrittenTitle: (writes: number) =>
    `${plural(writes, "write")}. A client that does not follow the convention wrote this key while you held it.`,
  since: (time: string) => `since ${time}`,
  waiting: (name: string) => `${nameText(name)} is waiting`,
  waitingTitle: (name: string, since: string, note: string) =>
    `${nameText(name)} is waiting since ${since}${note === "" ? "" : `: ${visible(note, 120)}`}`,
  moreWaiting: (clients: number) => `${count(clients)} more waiting`,
  handOver: "Hand over",
  handOverLabel: (key: string, name: string) => `Hand over ${key} to ${nameText(name)}`,
  renew: "Renew",
  extend: "+10 min",
  extendLabel: "Extend by 10 min:",
  release: "Release",
  cancelWait: "Cancel",
  cancelWaitLabel: "Cancel waiting for",
  acquireWhenFree: "Acquire when free",
  acquireWhenFreeLabel: "Acquire when free:",
  acquireWhenFreeTitle: "Wait until the key is free, then acquire it",
  retry: "Retry",
  ask: "Request release",
  askLabel: "Request release of",
  askMessage: "Message (optional)",
  askMessageLabel: (key: string) => `Message to the holder of ${key}, optional`,
  send: "Send",
  sendLabel: "Send request for",
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
  overwritten: ["Overwritten", "amber"],
};

export const DETAILS = {
  watched: "Watched",
  watchedKeys: "Watched keys",
  unwatch: (key: string) => `Stop watching ${keyText(key)}`,
  since: (seconds: number) => `for ${duration(seconds)}`,
  waiting: (clients: number) => `${count(clients)} waiting`,
  history: "History",
  recentEvents: "Recent events",
  noEvents: "No events yet.",
  ago: (seconds: number) => `${duration(seconds)} ago`,
  yourName: "Your name for other clients",
} as const;

export const REQUESTS = {
  text: (name: string, keys: readonly string[], message: string) =>
    `${nameText(name)} is waiting for ${keyList(keys)}${message === "" ? "" : `: ${visible(message, 120)}`}`,
  handOver: "Hand over",
  dismiss: "Dismiss",
} as const;

export const VIEW = {
  releaseAll: "Release all",
  held: (locks: number) => (locks === 0 ? "No locks held" : `${plural(locks, "lock")} held`),
  more: (locks: number) => `… ${count(locks)} more`,
  empty: "No locks yet.",
  emptyHint:
    "A lock keeps other clients from writing a key for a while. Enter a key above and select Acquire.",
  emptyHintCooperative:
    "Clients that follow the convention do not write a locked key. Enter a key above and select Acquire.",
  cooperative: "Cooperative",
  cooperativeHint:
    "This server has no locks of its own. Clients that follow the convention respect these; headsets can still write.",
  unsupported: "This server has no locks.",
  unsupportedHint: "Every client can write every key, and the last write wins.",
  lost: (key: string, note: string) =>
    `Lost ${keyText(key)}${note === "" ? "" : `: ${visible(note, 200)}`}`,
} as const;

/** Shown, or read out, after an action. */
export const RESULTS = {
  acquired: (keys: readonly string[]) => `Acquired: ${keyList(keys)}.`,
  refused: (keys: readonly string[], holder: string, until: number | null) =>
    keys.length === 1
      ? `Refused: ${keyList(keys)} is ${heldBy(holder, until)}.`
      : `Refused: at least one of ${keyList(keys)} is ${heldBy(holder, until)}. None was acquired.`,
  held: (keys: readonly string[]) =>
    keys.length === 0
      ? "None of these keys is held any more. Acquire them again."
      : `Held by another client: ${keyList(keys)}.`,
  renewed: (key: string) => `Renewed: ${keyText(key)}.`,
  autoRenew: (key: string, on: boolean) => `Auto-renew of ${keyText(key)} is ${on ? "on" : "off"}.`,
  extended: (key: string) => `Extended by 10 min: ${keyText(key)}.`,
  released: (keys: readonly string[]) => `Released: ${keyList(keys)}.`,
  notWaiting: (keys: readonly string[]) => `Stopped waiting for ${keyList(keys)}.`,
  handedOver: (keys: readonly string[], name: string) =>
    `Handed over ${keyList(keys)}${name === "" ? "" : ` to ${visible(name, 80)}`}.`,
  allReleased: "Released all locks.",
  watching: (keys: readonly string[]) => `Watching ${keyList(keys)}.`,
  requested: (keys: readonly string[]) => `Requested release of ${keyList(keys)}.`,
  nobodyToAsk: (keys: readonly string[]) =>
    `The owner of ${keyList(keys)} is unknown and cannot be asked.`,
  named: (name: string) => `Your name for other clients is ${visible(name, 80)}.`,
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
  handOver: "Could not hand over the lock",
  name: "Could not change your name",
  answer: "Could not dismiss the request",
} as const;
