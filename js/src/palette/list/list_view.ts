/** The virtual list of commands, with search matches highlighted. */

import { elapsed } from "../../text/format.ts";
import { visible } from "../../text/visible_text.ts";
import { highlightedNodes } from "../../ui/highlight.ts";
import { fill, h, setAttribute } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { createVirtualList } from "../../ui/virtual_list.ts";
import { commandId, type Row, type Rows, rowsOf } from "./list_rows.ts";
import type { Group, RankedCommand } from "./ranking.ts";

export interface ListView {
  readonly element: HTMLElement;
  /** What is shown, row by row. */
  rows(): Rows;
  show(groups: readonly Group[]): void;
  choose(name: string | null): void;
  reveal(name: string): void;
  /** The id of the chosen command's element, if it is drawn. */
  activeId(): string | null;
  /** The command of an element in the list. */
  commandAt(target: EventTarget | null): RankedCommand | null;
  redraw(): void;
}

export interface ListOptions {
  readonly idPrefix: string;
  /** Seconds that a run of the command takes already, or null. */
  readonly running: (name: string) => number | null;
  readonly afterDraw: () => void;
  readonly signal: AbortSignal;
}

const ROW_HEIGHT = 28;

/** An icon is one or two signs from the server; anything longer is no icon. */
export const iconText = (text: string | null): string | null =>
  text !== null && text !== "" && [...text].length <= 4 ? visible(text, 8) : null;

function trailingText({ command }: RankedCommand, seconds: number | null): HTMLElement {
  if (seconds !== null) {
    const words = seconds < 1 ? "running" : `running ${elapsed(seconds)}`;
    return h("span", { class: "nvj-chip", "data-tone": "running" }, words);
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
  const sign = iconText(command.icon) ?? icon("command");
  fill(
    row,
    h("span", { class: "nvj-option-icon", "aria-hidden": "true" }, sign),
    texts,
    trailingText(found, seconds),
  );
}

export function createListView({ idPrefix, running, afterDraw, signal }: ListOptions): ListView {
  const element = h("div", { class: "nvj-options", role: "listbox", id: idPrefix, tabindex: -1 });
  element.setAttribute("aria-label", "Commands");
  let shown: Rows = rowsOf([]);
  let chosen: string | null = null;
  /** What stands in each element, so that only what changed is drawn again. */
  const drawn = new WeakMap<HTMLElement, string>();
  /** Which command it shows: what is pressed is what is seen, whatever is drawn next. */
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
    fill(row, title === "" ? "other" : visible(title, 60));
  };
  const drawOption = (row: HTMLElement, { found, place }: Extract<Row, { kind: "command" }>) => {
    const { name } = found.command;
    commandOf.set(row, found);
    row.className = "nvj-list-row nvj-option";
    setAttribute(row, "role", "option");
    setAttribute(row, "id", `${idPrefix}-${place}`);
    setAttribute(row, "aria-posinset", place + 1);
    setAttribute(row, "aria-setsize", shown.commands);
    setAttribute(row, "aria-selected", String(name === chosen));
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
    choose(name) {
      chosen = name;
      list.redraw();
    },
    reveal(name) {
      const index = shown.indexOf(commandId(name));
      if (index < 0) return;
      // The first command of a group shows whose it is.
      if (shown.rowAt(index - 1)?.kind === "title") list.reveal(index - 1);
      list.reveal(index);
    },
    activeId: () => (chosen === null ? null : (list.rowOf(commandId(chosen))?.id ?? null)),
    commandAt(target) {
      const row = target instanceof Element ? target.closest<HTMLElement>(".nvj-option") : null;
      return row === null ? null : (commandOf.get(row) ?? null);
    },
    redraw: () => list.redraw(),
  };
}
