/** The edit box in the detail pane: lock, errors, conflict, and buttons. */

import { randomName } from "../../../text/random_name.ts";
import { h, setText } from "../../../ui/html.ts";
import { listen } from "../../../ui/lifetime.ts";
import { locatedProblem } from "../../../values/json_text.ts";
import { preview } from "../../../values/page_value.ts";
import { placeText } from "../../state/place.ts";
import type { Draft } from "./draft.ts";
import type { EditLockState } from "./edit_lock.ts";

type Tone = "good" | "amber" | "bad" | "neutral";

interface LockText {
  readonly chip: string;
  readonly tone: Tone;
  /** What it means and what to do; empty while all is well. */
  readonly note: string;
  /** Whether to offer to ask again. */
  readonly again: boolean;
}

function lockText({ word, note }: EditLockState): LockText {
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
function problemText({ text, reading }: Pick<DraftFacts, "text" | "reading">): string {
  if (reading.ok) return "";
  const { problem, at } = reading;
  return at === undefined ? `Not yet: ${problem}.` : locatedProblem(text, { problem, at });
}

interface ConflictText {
  readonly text: string;
  readonly canTakeRemote: boolean;
  readonly canKeepLocal: boolean;
}

/** What others did to the value while it was typed over; null if nothing. */
function conflictText(draft: DraftFacts): ConflictText | null {
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

export interface DraftActions {
  readonly write: () => void;
  readonly cancel: () => void;
  readonly takeRemote: () => void;
  readonly keepLocal: () => void;
  readonly askAgain: () => void;
}

export interface DraftFrame {
  readonly draft: Draft;
  readonly lock: EditLockState;
  /** Why nothing can be sent now, or null. */
  readonly blocked: string | null;
}

export interface DraftBox {
  readonly element: HTMLElement;
  /** Where the field is while no row shows it. */
  readonly home: HTMLElement;
  /** The id of what says why the text cannot be written. */
  readonly problemId: string;
  show(frame: DraftFrame | null): void;
}

/** What the server has made of our locks since it was last heard, nobody knows. */
const CUT_OFF: EditLockState = { word: "none", note: "" };

export function createDraftBox(actions: DraftActions, signal: AbortSignal): DraftBox {
  const button = (label: string, act: () => void, className = "nvj-link") => {
    const element = h("button", { type: "button", class: className }, label);
    listen(element, "click", act, signal);
    return element;
  };
  const name = h("code", { class: "nvj-edit-name" });
  const chip = h("span", { class: "nvj-chip" });
  const home = h("div", { class: "nvj-edit-slot" });
  const lockWords = h("span");
  const again = button("Ask again", actions.askAgain);
  const lockNotice = h("p", { class: "nvj-dim" }, lockWords, " ", again);
  const problemId = `nvj-${randomName().slice(0, 8)}`;
  const problem = h("p", { class: "nvj-problem", id: problemId });
  const failure = h("p", { class: "nvj-problem" });
  const conflictMessage = h("span");
  const takeRemoteButton = button("Take theirs", actions.takeRemote);
  const keepLocalButton = button("Keep mine", actions.keepLocal);
  const conflict = h(
    "p",
    { class: "nvj-edit-conflict" },
    conflictMessage,
    " ",
    takeRemoteButton,
    " ",
    keepLocalButton,
  );
  const blockedWords = h("p", { class: "nvj-edit-conflict" });
  const write = button("Write", actions.write, "nvj-primary");
  const cancel = button("Cancel", actions.cancel, "");
  const hint = h("span", { class: "nvj-dim" });
  const element = h(
    "div",
    { class: "nvj-edit", role: "group", hidden: true },
    h("div", { class: "nvj-edit-head" }, h("strong", {}, "Edit"), name, chip),
    home,
    problem,
    failure,
    conflict,
    lockNotice,
    blockedWords,
    h("div", { class: "nvj-edit-buttons" }, write, cancel, hint),
  );
  const say = (place: HTMLElement, words: HTMLElement, text: string) => {
    setText(words, text);
    place.hidden = text === "";
  };

  return {
    element,
    home,
    problemId,
    show: (frame) => {
      element.hidden = frame === null;
      if (frame === null) return;
      const { draft, lock, blocked } = frame;
      const place = placeText(draft.place);
      setText(name, place);
      element.setAttribute("aria-label", `Edit ${place}`);
      const locked = lockText(blocked === null ? lock : CUT_OFF);
      setText(chip, locked.chip);
      chip.dataset.tone = locked.tone;
      chip.hidden = lock.word === "none" || blocked !== null;
      say(lockNotice, lockWords, locked.note);
      again.hidden = !locked.again;
      say(problem, problem, draft.dirty ? problemText(draft) : "");
      say(failure, failure, draft.failure);
      const other = conflictText(draft);
      say(conflict, conflictMessage, other?.text ?? "");
      takeRemoteButton.hidden = other?.canTakeRemote !== true;
      keepLocalButton.hidden = other?.canKeepLocal !== true;
      say(blockedWords, blockedWords, blocked === null ? "" : `${blocked} What you typed is kept.`);
      setText(write, draft.sending ? "Writing" : draft.failure === "" ? "Write" : "Try again");
      const partGone = draft.conflict === "gone" && draft.place.path.length > 0;
      write.disabled = draft.sending || blocked !== null || partGone || !draft.reading.ok;
      setText(hint, home.querySelector("textarea") === null ? "Enter · Esc" : "Ctrl+Enter · Esc");
    },
  };
}
