/** The bar of commands pinned as buttons. */

import type { Host } from "../kernel/host.ts";
import type { PinBody } from "../protocol/palette.ts";
import { visible } from "../text/visible_text.ts";
import { fill, h } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import { keepingFocus } from "../ui/keep_focus.ts";
import { listen } from "../ui/lifetime.ts";
import { iconText } from "./list/list_view.ts";
import { PINS } from "./strings.ts";

export interface PinsBar {
  readonly element: HTMLElement;
  show(pins: readonly PinBody[]): void;
  setBlocked(reason: string | null): void;
}

export interface PinsOptions {
  readonly host: Host;
  readonly onPress: (pin: PinBody) => void;
  readonly onEdit: (pin: PinBody) => void;
  /** Moves the focus elsewhere if the bar has nothing left to focus. */
  readonly onLeave: () => void;
  readonly signal: AbortSignal;
}

export function createPinsBar({ host, onPress, onEdit, onLeave, signal }: PinsOptions): PinsBar {
  let pins: readonly PinBody[] = [];
  let editing = false;
  let blocked: string | null = null;

  const buttons = h("div", { class: "nvj-pins-buttons" });
  const edit = h(
    "button",
    { type: "button", class: "nvj-quiet", "aria-pressed": "false", title: PINS.editTitle },
    icon("edit"),
    PINS.edit,
  );
  const element = h(
    "div",
    { class: "nvj-pins", role: "toolbar", "aria-label": PINS.bar, hidden: true },
    buttons,
    edit,
  );

  const pinButton = (pin: PinBody, index: number): HTMLElement => {
    const text = iconText(pin.icon);
    const press = h(
      "button",
      {
        type: "button",
        "data-pin": index,
        "data-same": `pin ${pin.id}`,
        title: blocked ?? visible(pin.tooltip, 300),
        disabled: blocked !== null && !editing,
      },
      text === null ? icon("play") : h("span", { "aria-hidden": "true" }, text),
      visible(pin.label, 40),
    );
    if (!editing) return press;
    const remove = h(
      "button",
      {
        type: "button",
        class: "nvj-quiet",
        "data-unpin": index,
        "data-same": `unpin ${pin.id}`,
        "aria-label": PINS.unpin(pin.label),
      },
      icon("close"),
    );
    return h("span", { class: "nvj-pin-edited" }, press, remove);
  };
  const drawButtons = () => {
    element.hidden = pins.length === 0;
    if (pins.length === 0) editing = false;
    edit.setAttribute("aria-pressed", String(editing));
    fill(buttons, ...pins.map(pinButton));
  };
  const draw = () => keepingFocus(element, drawButtons, onLeave);

  const pinAt = (target: EventTarget | null, attribute: "pin" | "unpin"): PinBody | undefined => {
    if (!(target instanceof Element)) return undefined;
    const found = target.closest<HTMLElement>(`[data-${attribute}]`);
    return found === null ? undefined : pins[Number(found.dataset[attribute])];
  };
  listen(
    buttons,
    "click",
    ({ target }) => {
      const removed = pinAt(target, "unpin");
      if (removed !== undefined) host.request("unpin", { id: removed.id }).catch(() => undefined);
      const pressed = pinAt(target, "pin");
      if (pressed !== undefined) (editing ? onEdit : onPress)(pressed);
    },
    signal,
  );
  listen(
    edit,
    "click",
    () => {
      editing = !editing;
      draw();
    },
    signal,
  );

  return {
    element,
    show(next) {
      pins = next;
      draw();
    },
    setBlocked(reason) {
      blocked = reason;
      draw();
    },
  };
}
