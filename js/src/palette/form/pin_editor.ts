/** The form that edits the label, icon and tooltip of a pinned button. */

import type { Host } from "../../kernel/host.ts";
import type { PageRecord } from "../../protocol/common.ts";
import type { CommandBody, PinBody } from "../../protocol/palette.ts";
import { randomName } from "../../text/random_name.ts";
import { visible } from "../../text/visible_text.ts";
import { h } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";
import { iconText } from "../list/list_view.ts";
import { PIN_EDITOR } from "../strings.ts";
import { shownCall } from "./secrets.ts";

export interface PinEditor {
  readonly element: HTMLElement;
  open(pin: PinBody): void;
}

/** Return a new pin for a command with these arguments. */
export const newPin = (command: CommandBody, args: PageRecord): PinBody => ({
  id: randomName(),
  command: command.name,
  arguments: args,
  asks: [],
  label: command.label ?? command.name.slice(command.name.lastIndexOf("/") + 1),
  icon: iconText(command.icon) ?? "",
  tooltip: shownCall(command.name, args, command),
});

/** `onLeave` moves the focus if the element that had it before is gone. */
export function createPinEditor(host: Host, onLeave: () => void, signal: AbortSignal): PinEditor {
  let draft: PinBody | null = null;
  let openedFrom: Element | null = null;

  const input = (label: string, width: string) => {
    const box = h("input", { type: "text", class: `nvj-input ${width}`, autocomplete: "off" });
    return { box, element: h("label", {}, h("span", { class: "nvj-dim" }, label), box) };
  };
  const label = input(PIN_EDITOR.label, "nvj-wide");
  const icon = input(PIN_EDITOR.icon, "nvj-narrow");
  const tooltip = input(PIN_EDITOR.tooltip, "nvj-wide");
  icon.box.maxLength = 4;
  const cancel = h("button", { type: "button" }, PIN_EDITOR.cancel);
  const problem = h("span", { class: "nvj-problem", role: "alert" });
  const element = h(
    "form",
    { class: "nvj-pin-editor", hidden: true, "aria-label": PIN_EDITOR.form, novalidate: true },
    label.element,
    icon.element,
    tooltip.element,
    h("button", { type: "submit", class: "nvj-primary" }, PIN_EDITOR.save),
    cancel,
    problem,
  );

  const close = () => {
    const hadFocus = element.contains(document.activeElement);
    draft = null;
    element.hidden = true;
    if (!hadFocus) return;
    if (openedFrom instanceof HTMLElement && openedFrom.isConnected) openedFrom.focus();
    else onLeave();
  };
  listen(cancel, "click", close, signal);
  listen(
    element,
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      close();
    },
    signal,
  );
  listen(
    element,
    "submit",
    (event) => {
      event.preventDefault();
      if (draft === null) return;
      const pin = {
        ...draft,
        label: label.box.value.trim() || draft.command,
        icon: icon.box.value.trim(),
        tooltip: tooltip.box.value.trim(),
      };
      // Another pin may be open when the reply arrives.
      const current = draft;
      host.request("pin", pin).then(
        () => draft === current && close(),
        (error: unknown) => {
          if (draft !== current) return;
          problem.textContent = error instanceof Error ? visible(error.message, 300) : "";
        },
      );
    },
    signal,
  );

  return {
    element,
    open(pin) {
      draft = pin;
      openedFrom = document.activeElement;
      label.box.value = pin.label;
      icon.box.value = pin.icon;
      tooltip.box.value = pin.tooltip;
      problem.textContent = "";
      element.hidden = false;
      label.box.focus();
      label.box.select();
    },
  };
}
