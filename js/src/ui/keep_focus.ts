/** Redraw buttons and fields without losing the keyboard focus. */

/** Focus the button with the same `data-same` after the redraw, else the one at its position. */
export function keepingFocus(place: HTMLElement, draw: () => void, onLeave: () => void): void {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || !place.contains(focused)) {
    draw();
    return;
  }
  const buttons = () => [...place.querySelectorAll<HTMLElement>("button:not([hidden], :disabled)")];
  const at = buttons().indexOf(focused);
  const { same } = focused.dataset;
  draw();
  if (focused.isConnected && focused.closest("[hidden]") === null) return;
  const now = place.hidden ? [] : buttons();
  const next =
    now.find((button) => same !== undefined && button.dataset.same === same) ??
    now[Math.min(Math.max(at, 0), now.length - 1)];
  if (next === undefined) onLeave();
  else next.focus();
}

/** As above for fields, with the cursor. A field is identified by these `data-` attributes. */
export function keepingCursor(
  place: HTMLElement,
  attributes: readonly string[],
  draw: () => void,
): void {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || !place.contains(focused)) {
    draw();
    return;
  }
  const same = attributes
    .filter((attribute) => focused.dataset[attribute] !== undefined)
    .map((attribute) => `[data-${attribute}="${focused.dataset[attribute]}"]`)
    .join("");
  const { selectionStart = null, selectionEnd = null } = isText(focused) ? focused : {};
  draw();
  if (focused.isConnected || same === "") return;
  const next = place.querySelector<HTMLElement>(same);
  next?.focus();
  if (isText(next) && selectionStart !== null) next.setSelectionRange(selectionStart, selectionEnd);
}

const isText = (element: Element | null): element is HTMLInputElement | HTMLTextAreaElement =>
  element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
