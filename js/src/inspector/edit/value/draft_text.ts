/** The messages beside an edit field: lock, errors and conflict. Pure. */

import { locatedProblem } from "../../../values/json_text.ts";
import { preview } from "../../../values/page_value.ts";
import type { Draft } from "./draft.ts";
import type { EditLockState } from "./edit_lock.ts";

type Tone = "good" | "amber" | "bad" | "neutral";

export interface LockText {
  readonly chip: string;
  readonly tone: Tone;
  /** What it means and what to do; empty while all is well. */
  readonly note: string;
  /** Whether to offer to ask again. */
  readonly again: boolean;
}

export function lockText({ word, note }: EditLockState): LockText {
  switch (word) {
    case "none":
      return { chip: "not locked", tone: "neutral", note: "", again: false };
    case "asking":
      return { chip: "asking for the lock", tone: "neutral", note: "", again: false };
    case "held":
      return { chip: "locked for you", tone: "good", note: "", again: false };
    case "elsewhere":
      return {
        chip: "locked by someone else",
        tone: "amber",
        note: `You can go on typing; it can be written once the lock is free (${note}).`,
        again: true,
      };
    case "unable":
      return {
        chip: "no locks here",
        tone: "neutral",
        note: "This server has no locks: others can change it while you type.",
        again: false,
      };
    case "unknown":
      return { chip: "lock unknown", tone: "amber", note: `No lock: ${note}.`, again: true };
  }
}

type DraftFacts = Pick<
  Draft,
  "text" | "dirty" | "reading" | "conflict" | "remote" | "kept" | "place"
>;

/** What is wrong with what was typed; empty if it can be written. */
export function problemText({ text, reading }: Pick<DraftFacts, "text" | "reading">): string {
  if (reading.ok) return "";
  const { problem, at } = reading;
  return at === undefined ? `Not yet: ${problem}.` : locatedProblem(text, { problem, at });
}

export interface ConflictText {
  readonly text: string;
  readonly canTakeRemote: boolean;
  readonly canKeepLocal: boolean;
}

/** What others did to the value while it was typed over; null if nothing. */
export function conflictText(draft: DraftFacts): ConflictText | null {
  const { conflict, remote, kept, dirty, place } = draft;
  if (conflict === "same") return null;
  if (conflict === "gone") {
    const isKey = place.path.length === 0;
    const text = isKey
      ? "The key was removed meanwhile. Writing adds it again."
      : "This part of the value is gone meanwhile, so it cannot be written any more.";
    return { text, canTakeRemote: false, canKeepLocal: false };
  }
  const now = remote === undefined ? "another value" : preview(remote, 60);
  if (!dirty)
    return {
      text: `It has changed meanwhile, to ${now}.`,
      canTakeRemote: true,
      canKeepLocal: false,
    };
  return kept
    ? {
        text: `It is ${now} now; writing puts yours in its place.`,
        canTakeRemote: true,
        canKeepLocal: false,
      }
    : {
        text: `It has changed meanwhile, to ${now}. Yours is kept.`,
        canTakeRemote: true,
        canKeepLocal: true,
      };
}
