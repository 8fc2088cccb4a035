/** The unsaved text of an edit, and its conflict with the current value. */

import type { Host } from "../../../kernel/host.ts";
import type { Entry } from "../../../kernel/state_store.ts";
import type { PageValue } from "../../../protocol/common.ts";
import type { EditBody } from "../../../protocol/inspector.ts";
import { reasonOf } from "../../../text/format.ts";
import { isCut } from "../../../values/page_value.ts";
import { toJsonLine } from "../../../values/value_text.ts";
import type { Place } from "../../state/place.ts";
import * as strings from "../../strings.ts";
import type { Reading, ValueFormat } from "./value_format.ts";

/** The current value; without an entry if the key was removed, without a value if the part was. */
export interface Live {
  readonly entry: Entry | undefined;
  readonly value: PageValue | undefined;
}

export interface DraftOptions {
  readonly host: Pick<Host, "request">;
  readonly place: Place;
  /** The value that the edit starts from, in full even if the page has it truncated. */
  readonly base: Live & { readonly value: PageValue };
  readonly live: () => Live;
  /** Fetches the current value in full. */
  readonly fetchFull: () => Promise<PageValue>;
  readonly format: ValueFormat;
  readonly onChange: () => void;
}

const GONE = "";

/** Return a text to compare values by. Truncated values are compared by the time of their change. */
function fingerprint({ entry, value }: Live): string {
  if (entry === undefined || value === undefined) return GONE;
  return isCut(value) ? `cut ${entry.changedAt}` : toJsonLine(value);
}

export class Draft {
  text: string;
  sending = false;
  /** Why saving failed; empty before the first attempt and after further typing. */
  failure = "";
  /** Whether the user chose to overwrite the current value. */
  kept = false;
  readonly place: Place;
  readonly #options: DraftOptions;
  #baseText: string;
  #basePrint: string;
  #seen: Live;
  #seenPrint: string;

  constructor(options: DraftOptions) {
    const { place, base, live, format } = options;
    this.#options = options;
    this.place = place;
    this.text = format.textOf(base.value);
    this.#baseText = this.text;
    this.#seen = live();
    this.#seenPrint = fingerprint(this.#seen);
    // Updates carry the truncated value, so a value fetched in full is compared in that form.
    this.#basePrint =
      base.entry !== undefined && this.#seen.value !== undefined && isCut(this.#seen.value)
        ? fingerprint({ entry: base.entry, value: this.#seen.value })
        : fingerprint(base);
  }

  get dirty(): boolean {
    return this.text !== this.#baseText;
  }

  get reading(): Reading {
    return this.#options.format.read(this.text);
  }

  #look(): void {
    const { entry, value } = this.#options.live();
    if (entry === this.#seen.entry && value === this.#seen.value) return;
    // A truncated part is fetched later; until then it counts as unchanged.
    if (entry !== undefined && value === undefined && isCut(entry.value)) return;
    this.#seen = { entry, value };
    this.#seenPrint = fingerprint(this.#seen);
  }

  /** How the current value compares with the one that the edit started from. */
  get conflict(): "same" | "changed" | "gone" {
    this.#look();
    if (this.#seenPrint === GONE) return "gone";
    return this.#seenPrint === this.#basePrint ? "same" : "changed";
  }

  /** The current value, possibly truncated. */
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

  /** Replaces the draft with the current value. */
  async takeRemote(): Promise<void> {
    const { live, fetchFull, format, onChange } = this.#options;
    try {
      const { entry, value } = live();
      const full = value === undefined || isCut(value) ? await fetchFull() : value;
      this.text = format.textOf(full);
      this.#baseText = this.text;
      this.#basePrint = fingerprint({ entry, value: value ?? full });
      this.failure = "";
      this.kept = false;
    } catch (error) {
      this.failure = strings.editBoxLoadFailed(reasonOf(error));
    }
    onChange();
  }

  /** Returns the edit, or null if it failed and the draft stays; see `failure`. */
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
      this.failure = strings.editBoxSaveFailed(reasonOf(error));
      return null;
    } finally {
      this.sending = false;
      this.#options.onChange();
    }
  }
}

/** Return why an edit failed; empty if it is done or in progress. */
export function failureOf({ state, note }: Pick<EditBody, "state" | "note">): string {
  if (state === "refused") return strings.editBoxRefused(note);
  if (state === "failed") return strings.editBoxUnconfirmed(note);
  return "";
}
