/** Compute the current status of a lease from the last message about it. Pure. */

import type { LeaseBody, LeaseState, WaitingBody } from "../protocol/locks.ts";
import { duration } from "../text/format.ts";
import { clockTime, heldByLabel } from "../text/holder.ts";
import { ACQUIRE_FORM, LEASE_STATE_LABELS, LEASE_TABLE } from "./strings.ts";

export interface LeaseStatus {
  readonly key: string;
  readonly state: LeaseState;
  readonly tone: string;
  /** The label of the state. */
  readonly word: string;
  /** Seconds left, or null without a limit. */
  readonly left: number | null;
  /** The share of the duration that is left, from 0 to 1. */
  readonly share: number;
  readonly leftText: string;
  /** How long it is held, or when it was asked for. */
  readonly heldText: string;
  /** The longest time that it may be held. */
  readonly capText: string;
  readonly note: string;
  /** Who holds it; empty if it is free or unknown. */
  readonly ownerText: string;
  /** Since when another client has held the key; empty if unknown. */
  readonly sinceText: string;
  /** Writes of the key by clients that do not follow the convention. */
  readonly overwrites: number;
  /** Other clients that wait for it, the longest waiting first. */
  readonly waiting: readonly WaitingBody[];
  readonly autoRenew: boolean;
  readonly canAutoRenew: boolean;
  readonly canRenew: boolean;
  readonly canExtend: boolean;
  readonly canRelease: boolean;
  readonly canCancel: boolean;
  readonly canAcquireWhenFree: boolean;
  readonly canRetry: boolean;
  readonly canAsk: boolean;
  readonly canWatch: boolean;
  readonly canDismiss: boolean;
}

export const isHeld = (state: LeaseState): boolean => state === "held" || state === "expiring";
export const isEnded = (state: LeaseState): boolean =>
  state === "refused" || state === "lost" || state === "released";

/** `passed` is the seconds since the message; `sure` is false without a connection. */
export function leaseStatus(lease: LeaseBody, passed: number, sure = true): LeaseStatus {
  const [word, tone] = LEASE_STATE_LABELS[lease.state];
  const held = isHeld(lease.state);
  const left = lease.left === null || !held ? null : Math.max(0, lease.left - passed);
  const share =
    left === null || lease.seconds === null || lease.seconds <= 0
      ? 1
      : Math.min(1, left / lease.seconds);
  const owner = held ? LEASE_TABLE.you : ownerText(lease);
  const isHeldElsewhere =
    lease.state === "refused" || (lease.state === "lost" && lease.holder !== "");
  return {
    key: lease.key,
    state: lease.state,
    tone: held && !sure ? "amber" : tone,
    word: held && !sure ? `${word}?` : word,
    left,
    share,
    leftText: held ? (lease.endless ? LEASE_TABLE.noEnd : left === null ? "" : leftText(left)) : "",
    heldText: heldText(lease, held, passed),
    capText: held && lease.max_hold !== null ? LEASE_TABLE.heldAtMost(lease.max_hold) : "",
    note: held && !sure ? LEASE_TABLE.unconfirmed : noteText(lease, word, owner),
    ownerText: owner,
    sinceText: sinceText(lease, owner),
    overwrites: held ? lease.overwrites : 0,
    waiting: held ? lease.waiting : [],
    autoRenew: lease.auto_renew,
    canAutoRenew: held && !lease.endless,
    canRenew: held && !lease.endless && !lease.auto_renew,
    canExtend: held && lease.max_hold !== null,
    canRelease: held,
    canCancel: lease.state === "pending",
    canAcquireWhenFree: isHeldElsewhere,
    canRetry: lease.state === "lost" && !isHeldElsewhere,
    canAsk: lease.state === "refused",
    canWatch: lease.state === "refused" || lease.state === "lost",
    canDismiss: isEnded(lease.state),
  };
}

/** Beginnings of notes about a key that another client holds, which may be unknown. */
const HELD_ELSEWHERE = "held by ";
const HELD_BY_UNKNOWN = "held by another client";

function ownerText({ state, holder, until, note }: LeaseBody): string {
  if (state === "released") return "";
  const isWanted = state === "refused" || state === "pending";
  return holder !== "" || (isWanted && note.startsWith(HELD_BY_UNKNOWN))
    ? heldByLabel(holder, until)
    : "";
}

function sinceText({ holder, since }: LeaseBody, owner: string): string {
  return holder === "" || since === null || owner === "" ? "" : LEASE_TABLE.since(clockTime(since));
}

/** The note, unless the label or the owner says the same. */
function noteText({ note, state }: LeaseBody, word: string, owner: string): string {
  if (note === word.toLowerCase()) return "";
  const isSame = state !== "lost" && owner !== "" && note.startsWith(HELD_ELSEWHERE);
  return isSame ? "" : note;
}

/** How long it is or was held; for how long it was asked for while it is waited for. */
function heldText({ held: seconds, state }: LeaseBody, isHeld: boolean, passed: number): string {
  if (isHeld) return LEASE_TABLE.heldFor(seconds + passed);
  if (state === "pending") return LEASE_TABLE.asked(seconds + passed);
  return seconds <= 0 ? "" : LEASE_TABLE.heldFor(seconds);
}

const leftText = (seconds: number): string =>
  seconds < 60 ? `${seconds.toFixed(1)} s` : duration(seconds);

export type Read<T> =
  | { readonly ok: true; readonly seconds: T }
  | { readonly ok: false; readonly problem: string };

const FACTORS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600 };

/** As `readSeconds`, but "0" is allowed, and null for an empty text means no limit. */
export function readWaitTime(text: string): Read<number | null> {
  if (text.trim() === "") return { ok: true, seconds: null };
  return /^\s*0\s*(s|min|h)?\s*$/.test(text) ? { ok: true, seconds: 0 } : readSeconds(text);
}

/** A duration as typed: "10", "10 s", "2.5", "1 min", "2 h". */
export function readSeconds(text: string): Read<number> {
  const found = /^\s*(\d+(?:[.,]\d+)?)\s*(s|min|h)?\s*$/.exec(text);
  const amount = found?.[1]?.replace(",", ".");
  if (amount === undefined) {
    return { ok: false, problem: ACQUIRE_FORM.notADuration };
  }
  const seconds = Number(amount) * (FACTORS[found?.[2] ?? "s"] ?? 1);
  if (!(seconds > 0) || !Number.isFinite(seconds)) {
    return { ok: false, problem: ACQUIRE_FORM.notPositive };
  }
  return { ok: true, seconds };
}
