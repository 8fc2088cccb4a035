/** Help on the search syntax and the keyboard shortcuts, opened with `?`. */

import { fill, h } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";
import type { Shortcuts } from "../shortcuts.ts";

const SYNTAX: readonly (readonly [example: string, meaning: string])[] = [
  ["anna", "in a key, also as its initials; or in a value"],
  ['"two words"', "as it stands"],
  ["avatar.*", "the whole key, * for anything"],
  ["name:an", "a key, or a field of its value, that has this"],
  ["scale:>5", "the same with a number; also <, <=, >=, ="],
  ["type:number", "number, text, list, object, boolean, null, bytes"],
  ["changed:<5s", "changed in the last 5 s; also >, ms, min, h"],
  ["rate:>10", "changes more than 10 times a second"],
  ["/^a.*z$/", "a regular expression"],
  ["-avatar", "not this; goes before any of the above"],
];

const TREE_KEYS: readonly (readonly [key: string, does: string])[] = [
  ["↑ ↓ ← →", "walk through the tree, open and close"],
  ["Enter", "open, and show in the pane"],
  ["Esc", "a step back: the choice, the query, the pause"],
];

const KEY_NAMES = new Map([[" ", "Space"]]);

export interface SearchHelp {
  readonly button: HTMLButtonElement;
  readonly panel: HTMLElement;
}

export function createSearchHelp(keys: Shortcuts, signal: AbortSignal): SearchHelp {
  const button = h(
    "button",
    {
      type: "button",
      class: "nvj-quiet",
      title: "How to search, and all keys",
      "aria-label": "How to search, and all keys",
      "aria-expanded": "false",
    },
    icon("help"),
  );
  const panel = h("section", {
    class: "nvj-help",
    "aria-label": "How to search, and all keys",
    tabindex: 0,
    hidden: true,
  });

  const table = (
    title: string,
    rows: readonly (readonly [string, string])[],
    tag: "code" | "kbd",
  ) =>
    h(
      "div",
      {},
      h("strong", {}, title),
      h(
        "dl",
        {},
        ...rows.flatMap(([term, meaning]) => [h("dt", {}, h(tag, {}, term)), h("dd", {}, meaning)]),
      ),
    );
  const show = (shown: boolean) => {
    if (shown) {
      const shortcuts = keys.shortcuts.map(
        ({ key, does }) => [KEY_NAMES.get(key) ?? key, does] as const,
      );
      fill(
        panel,
        table("Search", SYNTAX, "code"),
        table("Keys", [...TREE_KEYS, ...shortcuts], "kbd"),
      );
    }
    panel.hidden = !shown;
    button.setAttribute("aria-expanded", String(shown));
  };
  listen(button, "click", () => show(panel.hidden), signal);
  keys.add({
    key: "?",
    does: "this list",
    run: () => {
      show(panel.hidden);
      return true;
    },
  });
  keys.addEscape("menu", () => {
    const was = !panel.hidden;
    show(false);
    return was;
  });
  return { button, panel };
}
