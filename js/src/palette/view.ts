/** The command palette: a list to choose from, a form, and what came of it. Knows no Jupyter. */

import { Cell } from "../shared/cell.ts";
import { fill, h, setAttribute, setText } from "../shared/dom.ts";
import { randomName } from "../shared/host.ts";
import { icon } from "../shared/icons.ts";
import { every, listen } from "../shared/lifetime.ts";
import type { CommandBody } from "../shared/protocol_palette.ts";
import type { Tool, ToolContext } from "../shared/tool.ts";
import { visible } from "../shared/visible_text.ts";
import { plural } from "../shared/words.ts";
import { createFormView } from "./form_view.ts";
import { drawGroups, optionId } from "./list_view.ts";
import { type Found, findCommands } from "./match.ts";
import { createRuns } from "./runs.ts";

export function createPalette({ host, session, signal, line, announce }: ToolContext): Tool {
  const total = new Cell<number | null>(null);
  const idPrefix = `nvj-${randomName().slice(0, 8)}-command`;
  let chosen: string | null = null;
  let asking = false;
  let order: readonly Found[] = [];

  const input = h("input", {
    class: "nvj-search-input",
    type: "text",
    role: "combobox",
    placeholder: "Find a command",
    "aria-label": "Find a command",
    "aria-expanded": "true",
    "aria-controls": idPrefix,
    "aria-autocomplete": "list",
    spellcheck: "false",
    autocomplete: "off",
  });
  const refresh = h(
    "button",
    { type: "button", class: "nvj-quiet", "aria-label": "Ask the server for its commands again" },
    icon("refresh"),
  );
  const list = h("div", { class: "nvj-options", role: "listbox", id: idPrefix });
  list.setAttribute("aria-label", "Commands");
  const empty = h("div", { class: "nvj-empty", hidden: true });
  const trouble = h("div", { class: "nvj-problem nvj-list-problem", role: "alert", hidden: true });
  const footer = h("span");

  const commands = (): readonly CommandBody[] => session.commands.get()?.commands ?? [];
  const runs = createRuns(() => drawList(), announce, signal);
  const form = createFormView({
    signal,
    onRun: (name, args, text) => {
      runs.add(name, text, host.request("run", { name, arguments: args }));
    },
  });
  const nothingText = h("p");
  const nothing = h("div", { class: "nvj-empty" }, nothingText);
  const right = h("div", { class: "nvj-palette-right" }, nothing, form.element, runs.element);

  const drawEmpty = () => {
    empty.hidden = order.length > 0;
    list.hidden = order.length === 0;
    if (order.length > 0) return;
    if (session.commands.get() === null) fill(empty, h("p", {}, "Waiting for the commands."));
    else if (commands().length === 0) {
      fill(
        empty,
        h("p", {}, "This server offers no commands."),
        h(
          "p",
          { class: "nvj-dim" },
          "A server lists what can be run on it, such as playback/play.",
        ),
      );
    } else {
      const clear = h("button", { type: "button", class: "nvj-link", "data-act": "clear" });
      clear.append("Clear the filter");
      fill(
        empty,
        h("p", {}, `Nothing matches among ${plural(commands().length, "command")}.`),
        clear,
      );
    }
  };

  const drawList = () => {
    const groups = findCommands(commands(), input.value);
    order = drawGroups(list, groups, { chosen, idPrefix, running: runs.running });
    drawEmpty();
    const at = order.findIndex(({ command }) => command.name === chosen);
    if (at >= 0) input.setAttribute("aria-activedescendant", optionId(idPrefix, at));
    else input.removeAttribute("aria-activedescendant");
  };

  const choose = (name: string | null) => {
    if (name !== chosen) right.scrollTop = 0;
    chosen = name;
    const command = commands().find((known) => known.name === name) ?? null;
    form.show(command);
    setText(
      nothingText,
      name === null || command !== null
        ? "Choose a command to run it."
        : `The server has no ${visible(name, 80)} any more. Choose another command.`,
    );
    nothing.hidden = command !== null || commands().length === 0;
    drawList();
  };
  const step = (by: number) => {
    const at = order.findIndex(({ command }) => command.name === chosen);
    const next = at < 0 ? (by > 0 ? 0 : order.length - 1) : at + by;
    const found = order[Math.min(Math.max(next, 0), order.length - 1)];
    if (found === undefined) return;
    choose(found.command.name);
    const index = order.findIndex(({ command }) => command.name === chosen);
    list.querySelector(`#${optionId(idPrefix, index)}`)?.scrollIntoView({ block: "nearest" });
  };

  const refreshCommands = async () => {
    if (asking || line.get().blocked !== null) return;
    asking = true;
    drawRefresh();
    try {
      await host.request("refresh_commands", {});
      announce("The list of commands is up to date.");
      showTrouble(session.commands.get()?.error ?? null);
    } catch (error) {
      showTrouble(error instanceof Error ? error.message : String(error));
    } finally {
      asking = false;
      drawRefresh();
    }
  };
  /** Not `disabled`, by which the button would lose the focus to the notebook. */
  const drawRefresh = () => {
    const { blocked } = line.get();
    setAttribute(refresh, "aria-disabled", asking || blocked !== null ? "true" : null);
    refresh.title = blocked ?? "Ask the server for its commands again";
  };
  const showTrouble = (words: string | null) => {
    trouble.hidden = words === null;
    setText(
      trouble,
      words === null ? "" : `The commands could not be listed: ${visible(words, 300)}`,
    );
  };

  const clear = () => {
    input.value = "";
    drawList();
    input.focus();
  };
  const onKey = (key: string): boolean => {
    switch (key) {
      case "ArrowDown":
        step(1);
        return true;
      case "ArrowUp":
        step(-1);
        return true;
      case "Enter":
        if (chosen === null || !order.some(({ command }) => command.name === chosen)) step(1);
        if (chosen !== null) form.focusFirst();
        return true;
      case "Escape":
        if (input.value === "") return false;
        clear();
        return true;
      default:
        return false;
    }
  };
  listen(
    input,
    "keydown",
    (event) => {
      if (!event.ctrlKey && !event.metaKey && onKey(event.key)) event.preventDefault();
    },
    signal,
  );
  // While somebody searches, the best result is the chosen one.
  listen(
    input,
    "input",
    () => {
      drawList();
      if (input.value.trim() !== "") choose(order[0]?.command.name ?? null);
    },
    signal,
  );
  listen(
    list,
    "click",
    ({ target }) => {
      const item = target instanceof Element ? target.closest<HTMLElement>(".nvj-option") : null;
      const found = order[Number(item?.dataset.index ?? -1)];
      if (found === undefined) return;
      choose(found.command.name);
      // The list has no focus of its own: the keys go on from the box above it.
      input.focus({ preventScroll: true });
    },
    signal,
  );
  listen(
    empty,
    "click",
    ({ target }) => {
      if (target instanceof HTMLElement && target.dataset.act === "clear") clear();
    },
    signal,
  );
  listen(refresh, "click", () => void refreshCommands(), signal);

  const hint = h("div", { class: "nvj-hint" }, "↑↓ choose · Ctrl+Enter runs");
  const left = h(
    "div",
    { class: "nvj-palette-left" },
    h(
      "div",
      { class: "nvj-toolbar" },
      h("label", { class: "nvj-search" }, icon("search"), input),
      refresh,
    ),
    trouble,
    list,
    empty,
    hint,
  );
  const element = h("div", { class: "nvj-tool nvj-palette" }, left, right);
  listen(
    right,
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      input.focus();
    },
    signal,
  );
  listen(
    element,
    "keydown",
    (event) => {
      const command = event.ctrlKey || event.metaKey;
      const editable = event.target instanceof Element && event.target.matches("input, textarea");
      if (event.key === "Enter" && command) form.run();
      else if (event.key === "/" && !editable && !command) {
        input.focus();
        input.select();
      } else return;
      event.preventDefault();
    },
    signal,
  );

  const drawLine = () => {
    const { blocked } = line.get();
    form.setBlocked(blocked);
    drawRefresh();
  };
  line.observe(drawLine, signal);
  session.commands.observe((body) => {
    total.set(body === null ? null : body.commands.length);
    setText(footer, body === null ? "" : plural(body.commands.length, "command"));
    showTrouble(body?.error ?? null);
    choose(chosen);
  }, signal);
  // The time that runs take stands beside their commands.
  every(
    250,
    () => {
      if (order.some(({ command }) => runs.running(command.name) !== null)) drawList();
    },
    signal,
  );
  choose(null);
  drawLine();

  return {
    name: "palette",
    label: "Commands",
    element,
    count: total,
    footer,
    shown: drawList,
  };
}
