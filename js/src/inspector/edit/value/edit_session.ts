/** An edit of one value: its draft, lock and conflicts. Has no DOM; value_edit.ts displays it. */

import type { Host } from "../../../kernel/host.ts";
import type { PageValue } from "../../../protocol/common.ts";
import { reasonOf } from "../../../text/format.ts";
import type { Choice } from "../../../ui/confirm.ts";
import { type Readable, Signal } from "../../../ui/signal.ts";
import { isCut, open } from "../../../values/page_value.ts";
import { fetchFullValue } from "../../state/full_value.ts";
import { type Place, placeText } from "../../state/place.ts";
import * as strings from "../../strings.ts";
import { Draft, type Live } from "./draft.ts";
import type { EditLock } from "./edit_lock.ts";
import {
  jsonFormat,
  type ScalarKind,
  scalarFormat,
  scalarKind,
  type ValueFormat,
} from "./value_format.ts";

export interface Edit {
  readonly draft: Draft;
  /** The kind of scalar that is edited in its row; null for JSON in the detail pane. */
  readonly kind: ScalarKind | null;
}

export interface EditSessionOptions {
  readonly host: Pick<Host, "request">;
  readonly lock: EditLock;
  readonly connection: Readable<{ readonly blocked: string | null }>;
  /** Returns the current value at a place. */
  readonly live: (place: Place) => Live;
  /** Returns why nothing can be edited now; empty if it can. */
  readonly refusal: () => string;
  /** Returns a check whether selection and focus are still where they are now. */
  readonly watchAttention: () => () => boolean;
  /** Focuses the field; `at` is the position of an error in its text. */
  readonly focusField: (at?: number) => void;
  readonly confirm: (question: string, choices: readonly Choice[]) => void;
  readonly announce: (text: string) => void;
  readonly onChange: () => void;
}

/** Size in bytes from which a value is loaded for editing only after confirmation. */
const LARGE_BYTES = 200_000;

export class EditSession {
  readonly current = new Signal<Edit | null>(null);
  readonly #options: EditSessionOptions;
  /** The edit requested while another one is being saved. */
  #next: (() => void) | null = null;
  #announcedConflict = "";

  constructor(options: EditSessionOptions, signal: AbortSignal) {
    const { lock, connection, announce, onChange } = options;
    this.#options = options;
    lock.state.observe(({ word, holder, until }) => {
      if (this.current.get() !== null && word === "elsewhere") {
        announce(strings.editLockOtherAnnouncement(holder, until));
      }
      onChange();
    }, signal);
    connection.observe(({ blocked }) => {
      onChange();
      // The server releases the locks of a lost connection.
      if (blocked === null) lock.retry();
    }, signal);
  }

  get isDirty(): boolean {
    return this.current.get()?.draft.dirty === true;
  }

  /** Edits a scalar in its row, and any other value as JSON. */
  begin(place: Place): void {
    if (!this.beginScalar(place)) this.beginJson(place);
  }

  /** Edits a scalar in its row. Returns false if the value is not a scalar. */
  beginScalar(place: Place): boolean {
    const { value } = this.#options.live(place);
    const kind = value === undefined ? null : scalarKind(value);
    if (value === undefined || kind === null) return false;
    if (this.#postpone(() => this.beginScalar(place))) return true;
    if (this.#closeUnchanged()) this.#open(place, value, kind, scalarFormat(kind));
    return true;
  }

  /** Edits a value as JSON, after confirmation if it is large. */
  beginJson(place: Place): void {
    if (this.#postpone(() => this.beginJson(place))) return;
    const { value } = this.#options.live(place);
    const bytes = value === undefined ? 0 : missingBytes(value);
    if (bytes <= LARGE_BYTES) {
      void this.#loadJson(place);
      return;
    }
    if (!this.#closeUnchanged()) return;
    this.#options.confirm(strings.editBoxLarge(bytes), [
      { label: strings.editBoxEditAnyway, run: () => void this.#loadJson(place) },
    ]);
  }

  async #loadJson(place: Place): Promise<void> {
    const { live, refusal, watchAttention, confirm } = this.#options;
    const { value } = live(place);
    if (value === undefined || !this.#closeUnchanged()) return;
    // A busy kernel can take long to reply.
    const isUnmoved = watchAttention();
    try {
      const full = isCut(value) ? await this.#fetch(place) : value;
      if (containsBytes(full)) throw new Error(strings.editBoxContainsBytes);
      if (refusal() === "" && this.current.get() === null && isUnmoved()) {
        this.#open(place, full, null, jsonFormat());
      }
    } catch (error) {
      confirm(strings.editBoxCannotEdit(placeText(place), reasonOf(error)), []);
    }
  }

  #open(place: Place, value: PageValue, kind: ScalarKind | null, format: ValueFormat): void {
    const { host, live, onChange } = this.#options;
    const draft = new Draft({
      host,
      place,
      base: { entry: live(place).entry, value },
      live: () => live(place),
      fetchFull: () => this.#fetch(place),
      format,
      onChange,
    });
    this.#announcedConflict = "";
    this.current.set({ draft, kind });
  }

  #fetch(place: Place): Promise<PageValue> {
    return fetchFullValue(this.#options.host, place, strings.editBoxTooLarge);
  }

  /** Runs `begin` after the value that is being saved. Returns false if none is. */
  #postpone(begin: () => void): boolean {
    if (this.current.get()?.draft.sending !== true) return false;
    this.#next = begin;
    return true;
  }

  /** Cancels the edit that waits for a save. Returns false if none does. */
  cancelNext(): boolean {
    const had = this.#next !== null;
    this.#next = null;
    return had;
  }

  /** Makes way for another edit. Announces the reason and returns false if that is not possible. */
  #closeUnchanged(): boolean {
    const { refusal, announce, focusField } = this.#options;
    const edit = this.current.get();
    const why = refusal();
    if (why !== "") announce(why);
    else if (edit?.draft.dirty === true) {
      announce(strings.editingUnsavedAt(placeText(edit.draft.place)));
      focusField();
    } else {
      this.close();
      return true;
    }
    return false;
  }

  /** Drops the edit and releases its lock. */
  close(): void {
    if (this.current.get() === null) return;
    this.#options.lock.release();
    this.current.set(null);
  }

  async save(): Promise<void> {
    const edit = this.current.get();
    const { connection, announce, focusField, onChange } = this.#options;
    if (edit === null || edit.draft.sending || connection.get().blocked !== null) return;
    const { draft } = edit;
    if (!draft.dirty && draft.conflict !== "gone") {
      // Saving an unchanged draft would undo what other clients wrote since.
      this.close();
      return;
    }
    if (!draft.reading.ok) {
      focusField(draft.reading.at);
      onChange();
      return;
    }
    const result = await draft.write();
    const next = this.#next;
    this.#next = null;
    if (result === null) {
      announce(draft.failure);
      return;
    }
    announce(strings.editBoxSaved(result.text));
    if (this.current.get() === edit) this.close();
    next?.();
  }

  /** Replaces the draft with the current value, in another field if its kind needs one. */
  async takeRemote(): Promise<void> {
    const edit = this.current.get();
    if (edit === null) return;
    const { draft, kind } = edit;
    const { value } = this.#options.live(draft.place);
    if (kind === null || value === undefined || scalarKind(value) === kind) {
      await draft.takeRemote();
      return;
    }
    this.close();
    this.begin(draft.place);
  }

  keepLocal(): void {
    this.current.get()?.draft.keepLocal();
  }

  focusEntered(): void {
    const edit = this.current.get();
    if (edit !== null) this.#options.lock.acquire(edit.draft.place.key);
  }

  /** Keeps a changed draft without its lock, and closes an unchanged one. */
  focusLeft(): void {
    const edit = this.current.get();
    if (edit === null) return;
    if (edit.draft.dirty || edit.draft.sending) this.#options.lock.release();
    else this.close();
  }

  /** Announces a change by another client once. */
  announceConflict(): void {
    const conflict = this.current.get()?.draft.conflict ?? "same";
    if (conflict !== this.#announcedConflict && conflict !== "same") {
      this.#options.announce(
        conflict === "gone" ? strings.editBoxAnnounceRemoved : strings.editBoxAnnounceChanged,
      );
    }
    this.#announcedConflict = conflict;
  }
}

/** Return the size as JSON of a value that was truncated for the page, else 0. */
function missingBytes(value: PageValue): number {
  const opened = open(value);
  return isCut(value) && "bytes" in opened ? opened.bytes : 0;
}

function containsBytes(value: PageValue): boolean {
  if (typeof value !== "object" || value === null) return false;
  const opened = open(value);
  if (opened.kind === "bytes") return true;
  if (opened.kind === "list") return opened.items.some(containsBytes);
  return opened.kind === "object" && opened.fields.some(([, inner]) => containsBytes(inner));
}
