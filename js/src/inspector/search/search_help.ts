/** Help on the search syntax and the keyboard shortcuts, opened with `?`. */

import { fill, h } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";
import type { Shortcuts } from "../shortcuts.ts";
import * as strings from "../strings.ts";

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
      title: strings.helpTitle,
      "aria-label": strings.helpTitle,
      "aria-expanded": "false",
    },
    icon("help"),
  );
  const panel = h("section", {
    class: "nvj-help",
    "aria-label": strings.helpTitle,
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
        table(strings.helpSyntaxTitle, strings.helpSyntax, "code"),
        table(strings.helpShortcutsTitle, [...strings.helpTreeKeys, ...shortcuts], "kbd"),
      );
    }
    panel.hidden = !shown;
    button.setAttribute("aria-expanded", String(shown));
  };
  listen(button, "click", () => show(panel.hidden), signal);
  keys.add({
    key: "?",
    does: strings.shortcutHelp,
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
