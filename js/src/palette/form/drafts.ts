/** Unsent form input of other commands. Pure. */

import type { Field } from "./form.ts";

const MOST = 200;

export class Drafts {
  readonly #drafts = new Map<string, readonly Field[]>();

  get(command: string): readonly Field[] | undefined {
    return this.#drafts.get(command);
  }

  has(command: string): boolean {
    return this.#drafts.has(command);
  }

  /** The one that was not typed into for longest goes, when there are too many. */
  keep(command: string, fields: readonly Field[]): void {
    this.#drafts.delete(command);
    this.#drafts.set(command, fields);
    const oldest = this.#drafts.keys().next().value;
    if (this.#drafts.size > MOST && oldest !== undefined) this.#drafts.delete(oldest);
  }
}
