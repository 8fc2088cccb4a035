/** The keyboard shortcuts of the inspector, and the order in which Escape closes things. */

import { listen } from "../ui/lifetime.ts";

export interface Shortcut {
  /** `KeyboardEvent.key`, pressed without Ctrl, Cmd or Alt. */
  readonly key: string;
  /** A description for the help. */
  readonly does: string;
  /** Returns whether the shortcut applied; otherwise the event is not consumed. */
  run(): boolean;
}

/** What Escape closes, in this order. */
const STEPS = ["edit", "menu", "selection", "query", "pause"] as const;
export type EscapeStep = (typeof STEPS)[number];

export interface Shortcuts {
  readonly shortcuts: readonly Shortcut[];
  add(shortcut: Shortcut): void;
  /** `close` returns whether there was anything to close. */
  addEscape(step: EscapeStep, close: () => boolean): void;
}

export const isEditable = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input, textarea, select");

export const isPlain = (event: KeyboardEvent): boolean =>
  !event.ctrlKey && !event.metaKey && !event.altKey;

export function createShortcuts(root: HTMLElement, signal: AbortSignal): Shortcuts {
  const shortcuts: Shortcut[] = [];
  const closers = new Map<EscapeStep, (() => boolean)[]>();

  const closeInnermost = (isTyping: boolean): boolean =>
    STEPS.some((step) => {
      // In the search box, Escape clears the query first.
      if (isTyping && step === "selection") return false;
      return (closers.get(step) ?? []).some((close) => close());
    });

  listen(
    root,
    "keydown",
    (event) => {
      if (event.defaultPrevented || !isPlain(event)) return;
      const isTyping = isEditable(event.target);
      const isHandled =
        event.key === "Escape"
          ? closeInnermost(isTyping)
          : !isTyping && shortcuts.some(({ key, run }) => key === event.key && run());
      if (isHandled) event.preventDefault();
    },
    signal,
  );

  return {
    shortcuts,
    add: (shortcut) => shortcuts.push(shortcut),
    addEscape: (step, close) => closers.set(step, [...(closers.get(step) ?? []), close]),
  };
}
