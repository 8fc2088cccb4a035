/** A button that copies a text and says that it did. */

import { copyText } from "./clipboard.ts";
import { h, setText } from "./dom.ts";
import { icon } from "./icons.ts";
import { debounced, listen } from "./lifetime.ts";
import { reasonOf } from "./words.ts";

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
