/** A menu button, following the ARIA menu button pattern. */

import { type Child, fill, h, setAttribute } from "./html.ts";
import { listen } from "./lifetime.ts";

export interface MenuItem {
  readonly label: string;
  /** A dimmed text beside the label. */
  readonly hint?: string;
  /** For radio items; undefined for an action. */
  readonly checked?: boolean;
  readonly run: () => void;
}

export interface MenuButton {
  readonly element: HTMLElement;
  readonly button: HTMLButtonElement;
  setLabel(...label: readonly Child[]): void;
  /** Return false if the menu was not open. */
  close(): boolean;
}

export interface MenuOptions {
  /** Tooltip and accessible name. */
  readonly name: string;
  readonly className?: string;
  /** Called each time the menu opens. */
  readonly items: () => readonly MenuItem[];
  /** Shown if there are no items. */
  readonly none?: string;
}

export function createMenuButton(options: MenuOptions, signal: AbortSignal): MenuButton {
  const button = h("button", {
    type: "button",
    class: options.className ?? null,
    title: options.name,
    "aria-label": options.name,
    "aria-haspopup": "menu",
    "aria-expanded": "false",
  });
  const list = h("div", { class: "nvj-menu", role: "menu", "aria-label": options.name });
  list.hidden = true;
  const element = h("span", { class: "nvj-menu-place" }, button, list);
  let items: readonly MenuItem[] = [];

  const buttons = () => [...list.querySelectorAll<HTMLElement>("button")];
  const close = (): boolean => {
    if (list.hidden) return false;
    list.hidden = true;
    setAttribute(button, "aria-expanded", "false");
    return true;
  };
  const leave = () => {
    if (close()) button.focus();
  };
  const row = (item: MenuItem, index: number) =>
    h(
      "button",
      {
        type: "button",
        class: "nvj-menu-item",
        role: item.checked === undefined ? "menuitem" : "menuitemradio",
        "aria-checked": item.checked === undefined ? null : String(item.checked),
        tabindex: -1,
        "data-index": index,
      },
      h("span", { class: "nvj-menu-label" }, item.label),
      item.hint === undefined ? null : h("span", { class: "nvj-dim" }, item.hint),
    );
  const open = () => {
    items = options.items();
    const nothing = h("div", { class: "nvj-menu-none nvj-dim" }, options.none ?? "");
    fill(list, ...(items.length === 0 ? [nothing] : items.map(row)));
    list.hidden = false;
    setAttribute(button, "aria-expanded", "true");
    const first = Math.max(
      0,
      items.findIndex(({ checked }) => checked === true),
    );
    buttons()[first]?.focus();
  };
  const step = (by: number) => {
    const all = buttons();
    const at = all.indexOf(document.activeElement as HTMLElement);
    all[(at + by + all.length) % all.length]?.focus();
  };

  const KEYS: Readonly<Record<string, () => void>> = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Home: () => buttons()[0]?.focus(),
    End: () => buttons().at(-1)?.focus(),
    Escape: leave,
  };

  listen(button, "click", () => (list.hidden ? open() : close()), signal);
  listen(
    button,
    "keydown",
    (event) => {
      if (event.key !== "ArrowDown" || !list.hidden) return;
      event.preventDefault();
      event.stopPropagation();
      open();
    },
    signal,
  );
  listen(
    element,
    "keydown",
    (event) => {
      if (list.hidden) return;
      // Keys in the menu must not trigger shortcuts around it.
      event.stopPropagation();
      const act = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : undefined;
      if (act === undefined) return;
      event.preventDefault();
      act();
    },
    signal,
  );
  listen(
    list,
    "click",
    (event) => {
      if (!(event.target instanceof Element)) return;
      const chosen = event.target.closest<HTMLElement>(".nvj-menu-item");
      const item = items[Number(chosen?.dataset.index ?? -1)];
      if (item === undefined) return;
      leave();
      item.run();
    },
    signal,
  );
  listen(
    element,
    "focusout",
    (event) => {
      if (!(event.relatedTarget instanceof Node) || !element.contains(event.relatedTarget)) close();
    },
    signal,
  );

  const setLabel = (...label: readonly Child[]) => {
    fill(button, ...label);
    // For speech control, the accessible name contains the visible text.
    const shown = button.textContent;
    setAttribute(button, "aria-label", shown === "" ? options.name : `${options.name}: ${shown}`);
  };
  return { element, button, close, setLabel };
}
