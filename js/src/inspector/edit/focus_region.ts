/** Report when the focus enters or leaves a field and its buttons. */

import { listen, onAbort } from "../../ui/lifetime.ts";

export interface FocusRegion {
  readonly root: HTMLElement;
  readonly isInside: (target: EventTarget | null) => boolean;
  readonly entered: () => void;
  readonly left: () => void;
}

/** Time in which the focus may move from one element of the region to another. */
const LEAVE_DELAY_MS = 150;

export function observeFocus(region: FocusRegion, signal: AbortSignal): void {
  const { root, isInside, entered, left } = region;
  let leaving: ReturnType<typeof setTimeout> | null = null;
  const stay = () => {
    if (leaving !== null) clearTimeout(leaving);
    leaving = null;
  };
  listen(
    root,
    "focusin",
    (event) => {
      if (!isInside(event.target)) return;
      stay();
      entered();
    },
    signal,
  );
  listen(
    root,
    "focusout",
    (event) => {
      if (!isInside(event.target) || isInside(event.relatedTarget)) return;
      stay();
      leaving = setTimeout(() => {
        leaving = null;
        if (!isInside(document.activeElement)) left();
      }, LEAVE_DELAY_MS);
    },
    signal,
  );
  onAbort(signal, stay);
}

/** Return whether the focus may move to `root`: the user is not in another part of the page. */
export function canTakeFocus(root: HTMLElement): boolean {
  const { activeElement } = document;
  return activeElement === document.body || root.contains(activeElement);
}
