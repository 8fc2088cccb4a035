/** A part of a view whose code is loaded on demand, with a placeholder until then. */

import { reasonOf } from "../text/format.ts";
import { h, setText } from "../ui/html.ts";
import { listen } from "../ui/lifetime.ts";
import { LAZY } from "../ui/strings.ts";
import type { Host } from "./host.ts";
import { loadModule, type Module } from "./lazy_module.ts";

export interface LazyPart<Part> {
  /** The placeholder: loading, or the error and a button to retry. */
  readonly note: HTMLElement;
  /** Return the part, or null while it is not loaded. */
  get(): Part | null;
  /** Load the part, again if that failed. */
  load(): void;
  /** Call `fn` with the part when it is loaded; dropped if loading fails. */
  use(fn: (part: Part) => void): void;
}

export interface LazyPartOptions<Part> {
  readonly host: Pick<Host, "request">;
  readonly module: string;
  /** Name of the part in error messages. */
  readonly what: string;
  /** Create the part and insert it; throw if the module is not the expected one. */
  readonly make: (module: Module) => Part;
  readonly signal: AbortSignal;
}

export function createLazyPart<Part>(options: LazyPartOptions<Part>): LazyPart<Part> {
  const { host, module, what, make, signal } = options;
  const text = h("span");
  const retry = h("button", { type: "button", class: "nvj-link", hidden: true }, LAZY.retry);
  const note = h("p", { class: "nvj-dim" }, text, " ", retry);
  let part: Part | null = null;
  let loading = false;
  let waiting: ((part: Part) => void)[] = [];

  const loadPart = async () => {
    loading = true;
    setText(text, LAZY.loading);
    retry.hidden = true;
    try {
      const loaded = await loadModule(host, module);
      if (signal.aborted) return;
      const made = make(loaded);
      part = made;
      note.remove();
      for (const fn of waiting) fn(made);
    } catch (error) {
      setText(text, LAZY.failed(what, reasonOf(error)));
      retry.hidden = false;
    } finally {
      loading = false;
      // A retry must not repeat actions from long ago.
      waiting = [];
    }
  };
  const load = () => {
    if (part === null && !loading) void loadPart();
  };
  listen(retry, "click", load, signal);

  return {
    note,
    get: () => part,
    load,
    use(fn) {
      if (part !== null) fn(part);
      else {
        load();
        waiting.push(fn);
      }
    },
  };
}
