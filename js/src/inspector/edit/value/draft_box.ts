/** The edit box in the detail pane: lock, errors, conflict, and buttons. */

import { randomName } from "../../../text/random_name.ts";
import { h, setText } from "../../../ui/html.ts";
import { listen } from "../../../ui/lifetime.ts";
import { locatedProblem } from "../../../values/json_text.ts";
import { preview } from "../../../values/page_value.ts";
import { placeText } from "../../state/place.ts";
import * as strings from "../../strings.ts";
import type { Draft } from "./draft.ts";
import { type EditLockState, NO_EDIT_LOCK } from "./edit_lock.ts";

interface LockText {
  readonly chip: string;
  /** The tooltip of the chip. */
  readonly title: string;
  readonly tone: "good" | "amber" | "neutral";
  /** What the state means and what to do; empty if there is nothing to do. */
  readonly note: string;
  readonly canRetry: boolean;
}

function lockText({ word, note, isCooperative, holder, until }: EditLockState): LockText {
  const plain = { title: "", tone: "neutral", note: "", canRetry: false } as const;
  switch (word) {
    case "none":
      return { ...plain, chip: strings.editLockNone };
    case "asking":
      return { ...plain, chip: strings.editLockRequesting };
    case "held":
      if (!isCooperative) return { ...plain, chip: strings.editLockHeld, tone: "good" };
      return {
        ...plain,
        chip: strings.editLockCooperative,
        title: strings.editLockCooperativeHint,
        tone: "good",
      };
    case "elsewhere": {
      const chip = strings.editLockOther(holder, until);
      const text = strings.editLockOtherHint(note);
      return { chip, title: "", tone: "amber", note: text, canRetry: true };
    }
    case "unable":
      return { ...plain, chip: strings.editLockUnsupported, note: strings.editLockUnsupportedHint };
    case "unknown": {
      const text = strings.editLockUnknownHint(note);
      return {
        chip: strings.editLockUnknown,
        title: "",
        tone: "amber",
        note: text,
        canRetry: true,
      };
    }
  }
}

/** Return what is wrong with the typed text; empty if it can be saved. */
function problemText({ text, reading }: Draft): string {
  if (reading.ok) return "";
  const { problem, at } = reading;
  return at === undefined ? `${problem}.` : locatedProblem(text, { problem, at });
}

interface ConflictText {
  readonly text: string;
  readonly canTakeRemote: boolean;
  readonly canKeepLocal: boolean;
}

/** Return how other clients changed the value during the edit; null if they did not. */
function conflictText({ conflict, remote, kept, dirty, place }: Draft): ConflictText | null {
  if (conflict === "same") return null;
  if (conflict === "gone") {
    const text = place.path.length === 0 ? strings.editBoxKeyRemoved : strings.editBoxPartRemoved;
    return { text, canTakeRemote: false, canKeepLocal: false };
  }
  const value = remote === undefined ? strings.editBoxUnknownValue : preview(remote, 60);
  const write = kept ? strings.editBoxOverwrite : strings.editBoxChangedKept;
  const text = (dirty ? write : strings.editBoxChanged)(value);
  return { text, canTakeRemote: true, canKeepLocal: dirty && !kept };
}

export interface DraftActions {
  readonly save: () => void;
  readonly cancel: () => void;
  readonly takeRemote: () => void;
  readonly keepLocal: () => void;
  readonly retryLock: () => void;
}

export interface DraftFrame {
  readonly draft: Draft;
  readonly lock: EditLockState;
  /** Why nothing can be sent now, or null. */
  readonly blocked: string | null;
}

export interface DraftBox {
  readonly element: HTMLElement;
  /** Contains the field while no row shows it. */
  readonly home: HTMLElement;
  /** The id of the element that describes the problem with the typed text. */
  readonly problemId: string;
  show(frame: DraftFrame | null): void;
}

export function createDraftBox(actions: DraftActions, signal: AbortSignal): DraftBox {
  const button = (label: string, act: () => void, className = "nvj-link") => {
    const element = h("button", { type: "button", class: className }, label);
    listen(element, "click", act, signal);
    return element;
  };
  const name = h("code", { class: "nvj-edit-name" });
  const chip = h("span", { class: "nvj-chip" });
  const home = h("div", { class: "nvj-edit-slot" });
  const lockNote = h("span");
  const retryLock = button(strings.editBoxRetryLock, actions.retryLock);
  const lockLine = h("p", { class: "nvj-dim" }, lockNote, " ", retryLock);
  const problemId = `nvj-${randomName().slice(0, 8)}`;
  const problem = h("p", { class: "nvj-problem", id: problemId });
  const failure = h("p", { class: "nvj-problem" });
  const conflictNote = h("span");
  const takeRemote = button(strings.editBoxUseCurrent, actions.takeRemote);
  const keepLocal = button(strings.editBoxKeepMine, actions.keepLocal);
  const conflictLine = h(
    "p",
    { class: "nvj-edit-conflict" },
    conflictNote,
    " ",
    takeRemote,
    " ",
    keepLocal,
  );
  const blockedLine = h("p", { class: "nvj-edit-conflict" });
  const save = button(strings.editBoxSave, actions.save, "nvj-primary");
  const cancel = button(strings.editBoxCancel, actions.cancel, "");
  const hint = h("span", { class: "nvj-dim" });
  const element = h(
    "div",
    { class: "nvj-edit", role: "group", hidden: true },
    h("div", { class: "nvj-edit-head" }, h("strong", {}, strings.editBoxTitle), name, chip),
    home,
    problem,
    failure,
    conflictLine,
    lockLine,
    blockedLine,
    h("div", { class: "nvj-edit-buttons" }, save, cancel, hint),
  );
  const showText = (line: HTMLElement, note: HTMLElement, text: string) => {
    setText(note, text);
    line.hidden = text === "";
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
      element.setAttribute("aria-label", strings.editBoxLabel(place));
      const locked = lockText(blocked === null ? lock : NO_EDIT_LOCK);
      setText(chip, locked.chip);
      chip.title = locked.title;
      chip.dataset.tone = locked.tone;
      chip.hidden = lock.word === "none" || blocked !== null;
      showText(lockLine, lockNote, locked.note);
      retryLock.hidden = !locked.canRetry;
      showText(problem, problem, draft.dirty ? problemText(draft) : "");
      showText(failure, failure, draft.failure);
      const conflict = conflictText(draft);
      showText(conflictLine, conflictNote, conflict?.text ?? "");
      takeRemote.hidden = conflict?.canTakeRemote !== true;
      keepLocal.hidden = conflict?.canKeepLocal !== true;
      showText(blockedLine, blockedLine, blocked === null ? "" : strings.editBoxBlocked(blocked));
      const idle = draft.failure === "" ? strings.editBoxSave : strings.editBoxRetry;
      setText(save, draft.sending ? strings.editBoxSaving : idle);
      const isPartGone = draft.conflict === "gone" && draft.place.path.length > 0;
      save.disabled = draft.sending || blocked !== null || isPartGone || !draft.reading.ok;
      const isLine = home.querySelector("textarea") === null;
      setText(hint, isLine ? strings.editBoxKeysLine : strings.editBoxKeysText);
    },
  };
}
