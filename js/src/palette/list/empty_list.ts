/** The placeholder of an empty command list. */

import type { CommandsBody } from "../../protocol/palette.ts";
import { plural } from "../../text/format.ts";
import { fill, h } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";

export interface EmptyList {
  readonly element: HTMLElement;
  /** The commands, if there are any, of which none fits the query. */
  show(state: EmptyState): void;
}

export type EmptyState = "hidden" | "waiting" | CommandsBody;

export function createEmptyList(onClear: () => void, signal: AbortSignal): EmptyList {
  const clear = h("button", { type: "button", class: "nvj-link" }, "Clear the filter");
  listen(clear, "click", onClear, signal);
  const element = h("div", { class: "nvj-empty", hidden: true });

  const words = (state: Exclude<EmptyState, "hidden">): readonly HTMLElement[] => {
    if (state === "waiting") return [h("p", {}, "Waiting for the commands.")];
    const { length } = state.commands;
    if (length > 0) {
      return [h("p", {}, `Nothing matches among ${plural(length, "command")}.`), clear];
    }
    return [
      h("p", {}, "This server offers no commands."),
      h("p", { class: "nvj-dim" }, "A server lists what can be run on it, such as playback/play."),
    ];
  };

  return {
    element,
    show(state) {
      element.hidden = state === "hidden";
      if (state !== "hidden") fill(element, ...words(state));
    },
  };
}
