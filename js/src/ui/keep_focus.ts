/** Redraw buttons and fields without losing the keyboard focus. */

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

/** As above for fields, cursor included: the same is the one with the same marks in its dataset. */
export function keepingCursor(
  place: HTMLElement,
  attributes: readonly string[],
  draw: () => void,
): void {
  const held = document.activeElement;
  if (!(held instanceof HTMLElement) || !place.contains(held)) {
    draw();
    return;
  }
  const same = attributes
    .filter((attribute) => held.dataset[attribute] !== undefined)
    .map((attribute) => `[data-${attribute}="${held.dataset[attribute]}"]`)
    .join("");
  const { selectionStart = null, selectionEnd = null } = isText(held) ? held : {};
  draw();
  if (held.isConnected || same === "") return;
  const next = place.querySelector<HTMLElement>(same);
  next?.focus();
  if (isText(next) && selectionStart !== null) next.setSelectionRange(selectionStart, selectionEnd);
}

const isText = (element: Element | null): element is HTMLInputElement | HTMLTextAreaElement =>
  element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
