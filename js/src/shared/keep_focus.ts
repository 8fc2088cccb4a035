/** Draws buttons anew, and lets the focus go on from the one that had it. */

/** A button is the same as before where `data-same` says so; else the one in its place is near. */
export function keepingFocus(place: HTMLElement, draw: () => void, orElse: () => void): void {
  const held = document.activeElement;
  if (!(held instanceof HTMLElement) || !place.contains(held)) {
    draw();
    return;
  }
  const buttons = () => [...place.querySelectorAll<HTMLElement>("button:not([hidden], :disabled)")];
  const at = buttons().indexOf(held);
  const { same } = held.dataset;
  draw();
  if (held.isConnected && held.closest("[hidden]") === null) return;
  const now = place.hidden ? [] : buttons();
  const next =
    now.find((button) => same !== undefined && button.dataset.same === same) ??
    now[Math.min(Math.max(at, 0), now.length - 1)];
  if (next === undefined) orElse();
  else next.focus();
}
