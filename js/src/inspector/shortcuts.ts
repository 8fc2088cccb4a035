/** Keyboard shortcuts of the inspector, and what Escape closes first. */

import { listen } from "../ui/lifetime.ts";

export interface Shortcut {
  /** `KeyboardEvent.key`, pressed without Ctrl, Cmd or Alt. */
  readonly key: string;
  /** For the list of all keys, as in "pause and go on". */
  readonly does: string;
  /** Whether it meant anything now; the event is left to others where it did not. */
  run(): boolean;
}

/** What Escape leaves, innermost first. */
const STEPS = ["edit", "menu", "selection", "query", "pause"] as const;
export type EscapeStep = (typeof STEPS)[number];

export interface Shortcuts {
  readonly shortcuts: readonly Shortcut[];
  add(shortcut: Shortcut): void;
  /** `leave` says whether there was anything to leave. */
  addEscape(step: EscapeStep, leave: () => boolean): void;
}

export const isEditable = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input, textarea, select");

export const isPlain = (event: KeyboardEvent): boolean =>
  !event.ctrlKey && !event.metaKey && !event.altKey;

export function createShortcuts(root: HTMLElement, signal: AbortSignal): Shortcuts {
  const shortcuts: Shortcut[] = [];
  const leaves = new Map<EscapeStep, (() => boolean)[]>();

  const stepBack = (typing: boolean): boolean =>
    STEPS.some((step) => {
      // Who types in the search box means the query and not the row beside it.
      if (typing && step === "selection") return false;
      return (leaves.get(step) ?? []).some((leave) => leave());
    });

  listen(
    root,
    "keydown",
    (event) => {
      if (event.defaultPrevented || !isPlain(event)) return;
      const typing = isEditable(event.target);
      const meant =
        event.key === "Escape"
          ? stepBack(typing)
          : !typing && shortcuts.some(({ key, run }) => key === event.key && run());
      if (meant) event.preventDefault();
    },
    signal,
  );

  return {
    shortcuts,
    add: (shortcut) => shortcuts.push(shortcut),
    addEscape: (step, leave) => leaves.set(step, [...(leaves.get(step) ?? []), leave]),
  };
}
