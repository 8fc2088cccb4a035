/** The unsaved text of an edit, and its conflict with the current value. */

import type { Host } from "../../../kernel/host.ts";
import type { Entry } from "../../../kernel/state_store.ts";
import type { PageValue } from "../../../protocol/common.ts";
import type { EditBody } from "../../../protocol/inspector.ts";
import { reasonOf } from "../../../text/format.ts";
import { isCut } from "../../../values/page_value.ts";
import { toJsonLine } from "../../../values/value_text.ts";
import type { Place } from "../../state/place.ts";
import type { Reading } from "./scalar.ts";

/** What is there now; no entry for a key that is gone, no value for a part that is. */
export interface Live {
  readonly entry: Entry | undefined;
  readonly value: PageValue | undefined;
}

export interface DraftOptions {
  readonly host: Pick<Host, "request">;
  readonly place: Place;
  /** What the edit begins from: whole, even where the page has but a part of it. */
  readonly begun: Live & { readonly value: PageValue };
  readonly live: () => Live;
  /** What is there now, whole. */
  readonly fetchFull: () => Promise<PageValue>;
  readonly textOf: (value: PageValue) => string;
  readonly read: (text: string) => Reading;
  /** Something is different now. */
  readonly onChange: () => void;
}

const GONE = "";

/** Two values are the same if this is; of what was cut only its time can tell. */
function formOf({ entry, value }: Live): string {
  if (entry === undefined || value === undefined) return GONE;
  return isCut(value) ? `cut ${entry.changedAt}` : toJsonLine(value);
}

export class Draft {
  text: string;
  sending = false;
  /** Why it could not be written, in words; empty while nobody has tried, or typed since. */
  failure = "";
  /** Whether the person has said that theirs is to be written over. */
  kept = false;
  readonly place: Place;
  readonly #options: DraftOptions;
  #baseText: string;
  #baseForm: string;
  #seen: Live;
  #seenForm: string;

  constructor(options: DraftOptions) {
    const { place, begun, live, textOf } = options;
    this.#options = options;
    this.place = place;
    this.text = textOf(begun.value);
    this.#baseText = this.text;
    this.#seen = live();
    this.#seenForm = formOf(this.#seen);
    // What was fetched whole is compared by the cut form that comes with every change.
    this.#baseForm =
      begun.entry !== undefined && this.#seen.value !== undefined && isCut(this.#seen.value)
        ? formOf({ entry: begun.entry, value: this.#seen.value })
        : formOf(begun);
  }

  get dirty(): boolean {
    return this.text !== this.#baseText;
  }

  get reading(): Reading {
    return this.#options.read(this.text);
  }

  #look(): void {
    const { entry, value } = this.#options.live();
    if (entry === this.#seen.entry && value === this.#seen.value) return;
    // A part that was cut on its way comes later: until then nothing is known of it.
    if (entry !== undefined && value === undefined && isCut(entry.value)) return;
    this.#seen = { entry, value };
    this.#seenForm = formOf(this.#seen);
  }

  /** How what is there now compares with what the edit began from. */
  get conflict(): "same" | "changed" | "gone" {
    this.#look();
    if (this.#seenForm === GONE) return "gone";
    return this.#seenForm === this.#baseForm ? "same" : "changed";
  }

  /** What is there now, as far as the page has it. */
  get remote(): PageValue | undefined {
    this.#look();
    return this.#seen.value;
  }

  type(text: string): void {
    this.text = text;
    this.failure = "";
    this.#options.onChange();
  }

  keepLocal(): void {
    this.kept = true;
    this.#options.onChange();
  }

  /** Goes on from what is there now, and forgets what was typed. */
  async takeRemote(): Promise<void> {
    try {
      const { entry, value } = this.#options.live();
      const full = value === undefined || isCut(value) ? await this.#options.fetchFull() : value;
      this.text = this.#options.textOf(full);
      this.#baseText = this.text;
      this.#baseForm = formOf({ entry, value: value ?? full });
      this.failure = "";
      this.kept = false;
    } catch (error) {
      this.failure = `Not possible: ${reasonOf(error)}.`;
    }
    this.#options.onChange();
  }

  /** What became of it; null where it stays to be typed on, `failure` says why. */
  async write(): Promise<EditBody | null> {
    const { reading, conflict } = this;
    if (!reading.ok || this.sending) return null;
    const { key, path } = this.place;
    const add = conflict === "gone" && path.length === 0;
    this.sending = true;
    this.failure = "";
    this.#options.onChange();
    try {
      const { host } = this.#options;
      const edit = await host.request("write", { key, path, text: reading.text, add });
      this.failure = failureOf(edit);
      return this.failure === "" ? edit : null;
    } catch (error) {
      this.failure = `Not written: ${reasonOf(error)}.`;
      return null;
    } finally {
      this.sending = false;
      this.#options.onChange();
    }
  }
}

/** Why an edit has not been done; empty for one that has, or is on its way. */
export function failureOf({ state, note }: Pick<EditBody, "state" | "note">): string {
  if (state === "refused") return `Refused: ${note}. Nothing was changed.`;
  if (state === "failed") return `Nobody knows whether it was written: ${note}.`;
  return "";
}
