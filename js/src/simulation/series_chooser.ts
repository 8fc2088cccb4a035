/** A list of all numbers in a frame, to choose those that are plotted. */

import { randomName } from "../text/random_name.ts";
import { visible } from "../text/visible_text.ts";
import { fill, h, setAttribute } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import { listen } from "../ui/lifetime.ts";
import { seriesName, PLOTS as TEXT } from "./strings.ts";

export interface SeriesChooser {
  readonly button: HTMLButtonElement;
  readonly element: HTMLElement;
  /** Show the keys that can be chosen, and those that are. */
  show(keys: readonly string[], chosen: readonly string[]): void;
}

export function createSeriesChooser(
  onChoose: (chosen: readonly string[]) => void,
  signal: AbortSignal,
): SeriesChooser {
  const id = `nvj-${randomName().slice(0, 8)}-series`;
  const element = h("div", {
    class: "nvj-series-chooser",
    id,
    role: "group",
    "aria-label": TEXT.chooserLabel,
    hidden: true,
  });
  const button = h(
    "button",
    { type: "button", class: "nvj-quiet", "aria-expanded": "false", "aria-controls": id },
    TEXT.choose,
    icon("chevron"),
  );
  let shown = "";

  const setOpen = (open: boolean) => {
    element.hidden = !open;
    setAttribute(button, "aria-expanded", String(open));
  };
  const boxes = () => [...element.querySelectorAll<HTMLInputElement>("input")];
  listen(button, "click", () => setOpen(element.hidden), signal);
  listen(
    element,
    "change",
    () => onChoose(boxes().flatMap((box) => (box.checked ? [box.dataset.key ?? ""] : []))),
    signal,
  );
  listen(
    element,
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      setOpen(false);
      button.focus();
    },
    signal,
  );

  return {
    button,
    element,
    show(keys, chosen) {
      // Chosen keys that no frame has yet can be unchosen too.
      const all = [...keys, ...chosen.filter((key) => !keys.includes(key))];
      const wanted = JSON.stringify(all);
      if (wanted !== shown) {
        shown = wanted;
        fill(
          element,
          ...all.map((key) => {
            const [name, unit] = seriesName(key);
            return h(
              "label",
              { title: visible(key, 200) },
              h("input", { type: "checkbox", "data-key": key }),
              h("span", {}, visible(name, 60)),
              h("span", { class: "nvj-dim" }, unit),
            );
          }),
        );
      }
      for (const box of boxes()) box.checked = chosen.includes(box.dataset.key ?? "");
    },
  };
}
