/** The list of commands as elements, with what the query found marked. */

import { h } from "../shared/dom.ts";
import { icon } from "../shared/icons.ts";
import { markedNodes } from "../shared/marks.ts";
import { visible } from "../shared/visible_text.ts";
import { elapsed } from "../shared/words.ts";
import type { Found, Group } from "./match.ts";

export interface ListState {
  readonly chosen: string | null;
  readonly idPrefix: string;
  /** Seconds that a run of the command takes already, or null. */
  readonly running: (name: string) => number | null;
}

export const optionId = (prefix: string, index: number): string => `${prefix}-${index}`;

/** An icon is one or two signs from the server; anything longer is no icon. */
const iconText = (text: string | null): string | null =>
  text !== null && text !== "" && [...text].length <= 4 ? visible(text, 8) : null;

function drawItem(found: Found, index: number, state: ListState): HTMLElement {
  const { command } = found;
  const sign = iconText(command.icon);
  const texts = h("span", { class: "nvj-option-texts" });
  if (command.label === null) {
    texts.append(h("code", {}, ...markedNodes(command.name, found.inName, 120)));
  } else {
    texts.append(
      h("span", { class: "nvj-option-label" }, ...markedNodes(command.label, found.inLabel, 120)),
      h("code", { class: "nvj-dim" }, ...markedNodes(command.name, found.inName, 120)),
    );
  }
  const seconds = state.running(command.name);
  const names = Object.keys(command.arguments);
  const aside =
    seconds === null
      ? h("span", { class: "nvj-dim nvj-option-arguments" }, visible(names.join(", "), 60))
      : h(
          "span",
          { class: "nvj-chip", "data-tone": "running" },
          seconds < 1 ? "running" : `running ${elapsed(seconds)}`,
        );
  return h(
    "div",
    {
      class: "nvj-option",
      role: "option",
      id: optionId(state.idPrefix, index),
      "data-index": index,
      "aria-selected": String(command.name === state.chosen),
    },
    h("span", { class: "nvj-option-icon", "aria-hidden": "true" }, sign ?? icon("command")),
    texts,
    aside,
  );
}

/** Draws the groups into the list, and gives the commands in the order drawn. */
export function drawGroups(
  list: HTMLElement,
  groups: readonly Group[],
  state: ListState,
): readonly Found[] {
  const order: Found[] = [];
  list.replaceChildren(
    ...groups.map(({ title, items }) => {
      const options = items.map((found) => {
        order.push(found);
        return drawItem(found, order.length - 1, state);
      });
      if (title === null) return h("div", { role: "presentation" }, ...options);
      const name = title === "" ? "other" : visible(title, 60);
      const head = h("div", { class: "nvj-group-title", role: "presentation" }, name);
      return h("div", { role: "group", "aria-label": name }, head, ...options);
    }),
  );
  return order;
}
