/** Copy text to the clipboard, also over plain http, where the clipboard API is missing. */

import { reasonOf } from "../text/format.ts";
import { h, setText } from "./html.ts";
import { icon } from "./icons.ts";
import { debounced, listen } from "./lifetime.ts";

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
  /** What the button does, where its label does not say so. */
  title: string | null = null,
): HTMLButtonElement {
  const word = h("span", { "aria-live": "polite" }, label);
  const button = h(
    "button",
    { type: "button", class: "nvj-quiet", title, "aria-label": label === "" ? title : null },
    icon("copy"),
    word,
  );
  const restore = debounced(1500, () => setText(word, label), signal);
  const copy = async () => {
    try {
      const copied = await copyText(await text(), button);
      setText(word, copied ? "Copied" : "Not allowed here");
    } catch (error) {
      setText(word, reasonOf(error));
    }
    restore();
  };
  listen(button, "click", () => void copy(), signal);
  return button;
}
