/** The virtual list of commands with highlighted matches, and its placeholder. */

import type { CommandsBody } from "../../protocol/palette.ts";
import { visible } from "../../text/visible_text.ts";
import { highlightedNodes } from "../../ui/highlight.ts";
import { fill, h, setAttribute } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";
import { createVirtualList } from "../../ui/virtual_list.ts";
import { LIST } from "../strings.ts";
import { commandId, type Row, type Rows, rowsOf } from "./list_rows.ts";
import type { Group, RankedCommand } from "./ranking.ts";

export interface ListView {
  readonly element: HTMLElement;
  rows(): Rows;
  show(groups: readonly Group[]): void;
  select(name: string | null): void;
  reveal(name: string): void;
  /** The id of the selected command's element, if it is drawn. */
  activeId(): string | null;
  /** The command shown at an element. */
  commandAt(target: EventTarget | null): RankedCommand | null;
  redraw(): void;
}

export interface ListOptions {
  readonly idPrefix: string;
  /** Seconds that the command has been running, or null. */
  readonly running: (name: string) => number | null;
  readonly afterDraw: () => void;
  readonly signal: AbortSignal;
}

const ROW_HEIGHT = 28;

/** The icon that the server sent, or null if it is longer than a few characters. */
export const iconText = (text: string | null): string | null =>
  text !== null && text !== "" && [...text].length <= 4 ? visible(text, 8) : null;

function trailingText({ command }: RankedCommand, seconds: number | null): HTMLElement {
  if (seconds !== null) {
    return h("span", { class: "nvj-chip", "data-tone": "running" }, LIST.running(seconds));
  }
  const names = new Set([
    ...command.known.map(({ name }) => name),
    ...Object.keys(command.arguments),
  ]);
  return h("span", { class: "nvj-dim nvj-option-arguments" }, visible([...names].join(", "), 60));
}

function drawCommand(row: HTMLElement, found: RankedCommand, seconds: number | null): void {
  const { command } = found;
  const texts = h("span", { class: "nvj-option-texts" });
  if (command.label === null) {
    texts.append(h("code", {}, ...highlightedNodes(command.name, found.inName, 120)));
  } else {
    texts.append(
      h(
        "span",
        { class: "nvj-option-label" },
        ...highlightedNodes(command.label, found.inLabel, 120),
      ),
      h("code", { class: "nvj-dim" }, ...highlightedNodes(command.name, found.inName, 120)),
    );
  }
  const image = iconText(command.icon) ?? icon("command");
  fill(
    row,
    h("span", { class: "nvj-option-icon", "aria-hidden": "true" }, image),
    texts,
    trailingText(found, seconds),
  );
}

export function createListView({ idPrefix, running, afterDraw, signal }: ListOptions): ListView {
  const element = h("div", { class: "nvj-options", role: "listbox", id: idPrefix, tabindex: -1 });
  element.setAttribute("aria-label", LIST.commands);
  let shown: Rows = rowsOf([]);
  let selected: string | null = null;
  /** The content of each element; an unchanged row is not redrawn. */
  const drawn = new WeakMap<HTMLElement, string>();
  /** The command that each element shows, so that a click selects what the user saw. */
  const commandOf = new WeakMap<Element, RankedCommand>();

  const drawRow = (row: HTMLElement, index: number) => {
    const wanted = shown.rowAt(index);
    if (wanted === undefined) return;
    if (wanted.kind === "title") drawTitle(row, wanted);
    else drawOption(row, wanted);
  };
  const drawTitle = (row: HTMLElement, { title }: Extract<Row, { kind: "title" }>) => {
    row.className = "nvj-list-row nvj-group-title";
    setAttribute(row, "role", "presentation");
    for (const name of ["id", "aria-selected", "aria-posinset", "aria-setsize"]) {
      row.removeAttribute(name);
    }
    const content = `t ${title}`;
    if (drawn.get(row) === content) return;
    drawn.set(row, content);
    fill(row, title === "" ? LIST.otherGroup : visible(title, 60));
  };
  const drawOption = (row: HTMLElement, { found, position }: Extract<Row, { kind: "command" }>) => {
    const { name } = found.command;
    commandOf.set(row, found);
    row.className = "nvj-list-row nvj-option";
    setAttribute(row, "role", "option");
    setAttribute(row, "id", `${idPrefix}-${position}`);
    setAttribute(row, "aria-posinset", position + 1);
    setAttribute(row, "aria-setsize", shown.commands);
    setAttribute(row, "aria-selected", String(name === selected));
    const seconds = running(name);
    const content = `c ${JSON.stringify([found.command, found.inName, found.inLabel])} ${seconds}`;
    if (drawn.get(row) === content) return;
    drawn.set(row, content);
    drawCommand(row, found, seconds);
  };

  const list = createVirtualList({
    scroller: element,
    rowHeight: ROW_HEIGHT,
    count: () => shown.count,
    idAt: (index) => shown.rowAt(index)?.id ?? "",
    indexOf: (id) => shown.indexOf(id),
    makeRow: () => h("div", { class: "nvj-list-row" }),
    drawRow,
    afterDraw,
    signal,
  });

  return {
    element,
    rows: () => shown,
    show(groups) {
      shown = rowsOf(groups);
      list.rowsChanged();
    },
    select(name) {
      selected = name;
      list.redraw();
    },
    reveal(name) {
      const index = shown.indexOf(commandId(name));
      if (index < 0) return;
      // Show the group's title together with its first command.
      if (shown.rowAt(index - 1)?.kind === "title") list.reveal(index - 1);
      list.reveal(index);
    },
    activeId: () => (selected === null ? null : (list.rowOf(commandId(selected))?.id ?? null)),
    commandAt(target) {
      const row = target instanceof Element ? target.closest<HTMLElement>(".nvj-option") : null;
      return row === null ? null : (commandOf.get(row) ?? null);
    },
    redraw: () => list.redraw(),
  };
}

export interface EmptyList {
  readonly element: HTMLElement;
  show(state: EmptyState): void;
}

/** With the commands if the list is loaded and none matches, or if there are none. */
export type EmptyState = "hidden" | "loading" | CommandsBody;

export function createEmptyList(onClear: () => void, signal: AbortSignal): EmptyList {
  const clear = h("button", { type: "button", class: "nvj-link" }, LIST.clear);
  listen(clear, "click", onClear, signal);
  const element = h("div", { class: "nvj-empty", hidden: true });

  const content = (state: Exclude<EmptyState, "hidden">): readonly HTMLElement[] => {
    if (state === "loading") return [h("p", {}, LIST.loading)];
    const { length } = state.commands;
    if (length > 0) return [h("p", {}, LIST.noMatch(length)), clear];
    return [h("p", {}, LIST.empty), h("p", { class: "nvj-dim" }, LIST.emptyHint)];
  };
  return {
    element,
    show(state) {
      element.hidden = state === "hidden";
      if (state !== "hidden") fill(element, ...content(state));
    },
  };
}
