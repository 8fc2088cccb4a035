/** Copy text to the clipboard, also over HTTP, where the clipboard API is missing. */

import { reasonOf } from "../text/format.ts";
import { h, setText } from "./html.ts";
import { icon } from "./icons.ts";
import { debounced, listen } from "./lifetime.ts";
import { COPY } from "./strings.ts";

export async function copyText(text: string, near: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text, near);
  }
}

function copyBySelection(text: string, near: HTMLElement): boolean {
  const focused = document.activeElement;
  const area = h("textarea", { class: "nvj-sr", "aria-hidden": "true", tabindex: -1 });
  area.value = text;
  near.append(area);
  area.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}

/** Create a button that copies text and reports the result. */
export function copyButton(
  label: string,
  text: () => string | Promise<string>,
  signal: AbortSignal,
  /** Tooltip if the label does not describe the action. */
  title: string | null = null,
): HTMLButtonElement {
  const labelText = h("span", { "aria-live": "polite" }, label);
  const button = h(
    "button",
    { type: "button", class: "nvj-quiet", title, "aria-label": label === "" ? title : null },
    icon("copy"),
    labelText,
  );
  const restore = debounced(1500, () => setText(labelText, label), signal);
  const copy = async () => {
    try {
      const copied = await copyText(await text(), button);
      setText(labelText, copied ? COPY.copied : COPY.failed);
    } catch (error) {
      setText(labelText, reasonOf(error));
    }
    restore();
  };
  listen(button, "click", () => void copy(), signal);
  return button;
}
