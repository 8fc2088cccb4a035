/** Commands pinned as buttons, and the form that edits a pin. */

import type { Host } from "../kernel/host.ts";
import type { PageRecord } from "../protocol/common.ts";
import type { CommandBody, PinBody } from "../protocol/palette.ts";
import { randomName } from "../text/random_name.ts";
import { visible } from "../text/visible_text.ts";
import { fill, h } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import { keepingFocus } from "../ui/keep_focus.ts";
import { listen } from "../ui/lifetime.ts";
import { shownLine } from "./form/secrets.ts";
import { iconText } from "./list/list_view.ts";

export interface PinsView {
  readonly bar: HTMLElement;
  readonly editor: HTMLElement;
  show(pins: readonly PinBody[]): void;
  setBlocked(reason: string | null): void;
  /** Asks for label, icon and tooltip of a new button. */
  make(command: CommandBody, args: PageRecord): void;
}

export interface PinsOptions {
  readonly host: Host;
  readonly onPress: (pin: PinBody) => void;
  /** Nothing is left here that could have the focus. */
  readonly onLeft: () => void;
  readonly signal: AbortSignal;
}

export function createPins({ host, onPress, onLeft, signal }: PinsOptions): PinsView {
  let pins: readonly PinBody[] = [];
  let editing = false;
  let blocked: string | null = null;
  let draft: PinBody | null = null;

  const buttons = h("div", { class: "nvj-pins-buttons" });
  const edit = h(
    "button",
    {
      type: "button",
      class: "nvj-quiet",
      "aria-pressed": "false",
      title: "Change or remove buttons",
    },
    icon("edit"),
    "Edit",
  );
  const bar = h(
    "div",
    { class: "nvj-pins", role: "toolbar", "aria-label": "Pinned commands", hidden: true },
    buttons,
    edit,
  );

  const input = (label: string, width: string) => {
    const box = h("input", { type: "text", class: `nvj-input ${width}`, autocomplete: "off" });
    return { box, element: h("label", {}, h("span", { class: "nvj-dim" }, label), box) };
  };
  const label = input("Label", "nvj-wide");
  const sign = input("Icon", "nvj-narrow");
  const tooltip = input("Tooltip", "nvj-wide");
  sign.box.maxLength = 4;
  const save = h("button", { type: "submit", class: "nvj-primary" }, "Keep as button");
  const cancel = h("button", { type: "button" }, "Cancel");
  const problem = h("span", { class: "nvj-problem", role: "alert" });
  const editor = h(
    "form",
    {
      class: "nvj-pin-editor",
      hidden: true,
      "aria-label": "A button for this command",
      novalidate: true,
    },
    label.element,
    sign.element,
    tooltip.element,
    save,
    cancel,
    problem,
  );

  const drawButtons = () => {
    bar.hidden = pins.length === 0;
    if (pins.length === 0) editing = false;
    edit.setAttribute("aria-pressed", String(editing));
    fill(
      buttons,
      ...pins.map((pin, index) => {
        const mark = iconText(pin.icon);
        const press = h(
          "button",
          {
            type: "button",
            "data-pin": index,
            "data-same": `pin ${pin.id}`,
            title: blocked ?? visible(pin.tooltip, 300),
            disabled: blocked !== null && !editing,
          },
          mark === null ? icon("play") : h("span", { "aria-hidden": "true" }, mark),
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
            "aria-label": `Remove the button ${visible(pin.label, 40)}`,
          },
          icon("close"),
        );
        return h("span", { class: "nvj-pin-edited" }, press, remove);
      }),
    );
  };
  const draw = () => keepingFocus(bar, drawButtons, onLeft);
  let openedFrom: Element | null = null;
  const openEditor = (pin: PinBody) => {
    draft = pin;
    openedFrom = document.activeElement;
    label.box.value = pin.label;
    sign.box.value = pin.icon;
    tooltip.box.value = pin.tooltip;
    problem.textContent = "";
    editor.hidden = false;
    label.box.focus();
    label.box.select();
  };
  const closeEditor = () => {
    const had = editor.contains(document.activeElement);
    draft = null;
    editor.hidden = true;
    if (!had) return;
    if (openedFrom instanceof HTMLElement && openedFrom.isConnected) openedFrom.focus();
    else onLeft();
  };

  const at = (target: EventTarget | null, mark: "pin" | "unpin"): PinBody | undefined => {
    const found = target instanceof Element ? target.closest<HTMLElement>(`[data-${mark}]`) : null;
    return found === null ? undefined : pins[Number(found.dataset[mark])];
  };
  listen(
    buttons,
    "click",
    ({ target }) => {
      const gone = at(target, "unpin");
      if (gone !== undefined) host.request("unpin", { id: gone.id }).catch(() => undefined);
      const pressed = at(target, "pin");
      if (pressed === undefined) return;
      if (editing) openEditor(pressed);
      else onPress(pressed);
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
  listen(cancel, "click", closeEditor, signal);
  listen(
    editor,
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      closeEditor();
    },
    signal,
  );
  listen(
    editor,
    "submit",
    (event) => {
      event.preventDefault();
      if (draft === null) return;
      const pin = {
        ...draft,
        label: label.box.value.trim() || draft.command,
        icon: sign.box.value.trim(),
        tooltip: tooltip.box.value.trim(),
      };
      // Another button may be made by the time the answer comes.
      const current = draft;
      host.request("pin", pin).then(
        () => draft === current && closeEditor(),
        (error: unknown) => {
          if (draft !== current) return;
          problem.textContent = error instanceof Error ? visible(error.message, 300) : "";
        },
      );
    },
    signal,
  );

  return {
    bar,
    editor,
    show(next) {
      pins = next;
      draw();
    },
    setBlocked(reason) {
      blocked = reason;
      draw();
    },
    make(command, args) {
      openEditor({
        id: randomName(),
        command: command.name,
        arguments: args,
        asks: [],
        label: command.label ?? command.name.slice(command.name.lastIndexOf("/") + 1),
        icon: iconText(command.icon) ?? "",
        tooltip: shownLine(command.name, args, command).replace(/^client\.run_command/, ""),
      });
    },
  };
}
