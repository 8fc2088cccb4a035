/** A part of a view whose code is loaded on demand, with a note until then. */

import { reasonOf } from "../text/format.ts";
import { h, setText } from "../ui/html.ts";
import { listen } from "../ui/lifetime.ts";
import type { Host } from "./host.ts";
import { loadModule, type Module } from "./lazy_module.ts";

export interface LazyPart<Part> {
  /** Stands in place of the part: that it is being loaded, or why it could not be. */
  readonly note: HTMLElement;
  /** The part, once it is here. */
  get(): Part | null;
  /** Loads it; once more where that failed. */
  want(): void;
  /** Does something with it: now, or when it is here. What waits is let go if it never comes. */
  use(fn: (part: Part) => void): void;
}

export interface LazyPartOptions<Part> {
  readonly host: Pick<Host, "request">;
  readonly module: string;
  /** What it is called in the note, as the subject of a sentence. */
  readonly what: string;
  /** Makes the part and puts it in its place; throws where the module is not what it should be. */
  readonly make: (module: Module) => Part;
  readonly signal: AbortSignal;
}

export function createLazyPart<Part>(options: LazyPartOptions<Part>): LazyPart<Part> {
  const { host, module, what, make, signal } = options;
  const text = h("span");
  const again = h("button", { type: "button", class: "nvj-link", hidden: true }, "Try again");
  const note = h("p", { class: "nvj-dim" }, text, " ", again);
  let part: Part | null = null;
  let loading = false;
  let waiting: ((part: Part) => void)[] = [];

  const load = async () => {
    loading = true;
    setText(text, "Loading.");
    again.hidden = true;
    try {
      const loaded = await loadModule(host, module);
      if (signal.aborted) return;
      const made = make(loaded);
      part = made;
      note.remove();
      for (const fn of waiting) fn(made);
    } catch (error) {
      setText(text, `${what} could not be loaded: ${reasonOf(error)}.`);
      again.hidden = false;
    } finally {
      loading = false;
      // Nobody who tries again much later expects what was pressed long ago.
      waiting = [];
    }
  };
  const want = () => {
    if (part === null && !loading) void load();
  };
  listen(again, "click", want, signal);

  return {
    note,
    get: () => part,
    want,
    use(fn) {
      if (part !== null) fn(part);
      else {
        want();
        waiting.push(fn);
      }
    },
  };
}
