/** Compute the current status of a lease from the last message about it. Pure. */

import type { LeaseBody, LeaseState } from "../protocol/locks.ts";
import { duration } from "../text/format.ts";

export type LeaseTone = "good" | "amber" | "bad" | "neutral";

export interface LeaseStatus {
  readonly key: string;
  readonly state: LeaseState;
  readonly tone: LeaseTone;
  /** The state as a word, with a question mark where it may have changed unseen. */
  readonly word: string;
  /** Seconds left, or null where time does not count. */
  readonly left: number | null;
  /** How much of the time is left, from 0 to 1. */
  readonly share: number;
  readonly leftText: string;
  readonly heldText: string;
  /** For how long it may be held in all, where that is bounded. */
  readonly capText: string;
  readonly note: string;
  readonly keep: boolean;
  readonly canKeep: boolean;
  readonly canRenew: boolean;
  readonly canExtend: boolean;
  readonly canRelease: boolean;
  readonly canStop: boolean;
  readonly canTryAgain: boolean;
  readonly canAsk: boolean;
  readonly canWatch: boolean;
  readonly canDismiss: boolean;
}

const TONES: Readonly<Record<LeaseState, LeaseTone>> = {
  pending: "amber",
  held: "good",
  expiring: "amber",
  refused: "bad",
  lost: "bad",
  released: "neutral",
};

export const isHeld = (state: LeaseState): boolean => state === "held" || state === "expiring";
export const isEnded = (state: LeaseState): boolean =>
  state === "refused" || state === "lost" || state === "released";

/** What the server still knows of a lock while nobody can ask it. */
const UNSURE = "the server cannot be asked";

/** `passed` is the time in seconds since the lease was told; `sure` whether it still holds. */
export function leaseStatus(lease: LeaseBody, passed: number, sure = true): LeaseStatus {
  const held = isHeld(lease.state);
  const left = lease.left === null || !held ? null : Math.max(0, lease.left - passed);
  const share =
    left === null || lease.seconds === null || lease.seconds <= 0
      ? 1
      : Math.min(1, left / lease.seconds);
  return {
    key: lease.key,
    state: lease.state,
    tone: held && !sure ? "amber" : TONES[lease.state],
    word: held && !sure ? `${lease.state}?` : lease.state,
    left,
    share,
    leftText: held ? (lease.endless ? "without end" : left === null ? "" : leftText(left)) : "",
    heldText: heldText(lease, held, passed),
    capText: held && lease.cap !== null ? `of ${duration(Math.round(lease.cap))} at most` : "",
    note: held && !sure ? UNSURE : lease.note,
    keep: lease.keep,
    canKeep: held && !lease.endless,
    canRenew: held && !lease.endless && !lease.keep,
    canExtend: held && lease.cap !== null,
    canRelease: held,
    canStop: lease.state === "pending",
    canTryAgain: lease.state === "refused" || lease.state === "lost",
    canAsk: lease.state === "refused",
    canWatch: lease.state === "refused" || lease.state === "lost",
    canDismiss: isEnded(lease.state),
  };
}

/** While one waits for it, it is not held; afterwards, for how long it was. */
function heldText({ held: seconds, state }: LeaseBody, isHeld: boolean, passed: number): string {
  if (isHeld) return duration(seconds + passed);
  return state === "pending" || seconds <= 0 ? "" : duration(seconds);
}

const leftText = (seconds: number): string =>
  seconds < 60 ? `${seconds.toFixed(1)} s` : duration(seconds);

export type Seconds =
  | { readonly ok: true; readonly seconds: number }
  | { readonly ok: false; readonly problem: string };

const FACTORS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600 };

/** As `readSeconds`; an empty text or "0" means none. */
export function readWaitTime(text: string): Seconds {
  return /^\s*0?\s*(s|min|h)?\s*$/.test(text) ? { ok: true, seconds: 0 } : readSeconds(text);
}

/** A duration as typed: "10", "10 s", "2.5", "1 min", "2 h". */
export function readSeconds(text: string): Seconds {
  const found = /^\s*(\d+(?:[.,]\d+)?)\s*(s|min|h)?\s*$/.exec(text);
  const amount = found?.[1]?.replace(",", ".");
  if (amount === undefined) {
    return {
      ok: false,
      problem: "The time must be a number of seconds, such as 10, or 2 min, or 1 h.",
    };
  }
  const seconds = Number(amount) * (FACTORS[found?.[2] ?? "s"] ?? 1);
  if (!(seconds > 0) || !Number.isFinite(seconds)) {
    return { ok: false, problem: "The time must be more than 0 seconds." };
  }
  return { ok: true, seconds };
}
