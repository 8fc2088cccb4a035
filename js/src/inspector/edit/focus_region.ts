/** Report when the focus enters or leaves a field and its buttons. */

import { listen, onAbort } from "../../ui/lifetime.ts";

export interface FocusRegion {
  readonly root: HTMLElement;
  readonly isInside: (target: EventTarget | null) => boolean;
  readonly entered: () => void;
  readonly left: () => void;
}

/** Milliseconds in which the focus may be on its way from one part to another. */
const ON_ITS_WAY = 150;

export function followFocus(region: FocusRegion, signal: AbortSignal): void {
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
      }, ON_ITS_WAY);
    },
    signal,
  );
  onAbort(signal, stay);
}

/** Whether nobody has gone elsewhere with the focus: then it may be taken along. */
export function isNobodyElsewhere(root: HTMLElement): boolean {
  const { activeElement } = document;
  return activeElement === document.body || root.contains(activeElement);
}
