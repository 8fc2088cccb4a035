/** The state inspector: search, tree, detail. Knows no Jupyter. */

import { Cell } from "../shared/cell.ts";
import { now } from "../shared/clock.ts";
import { type Child, fill, h, setText } from "../shared/dom.ts";
import { randomName } from "../shared/host.ts";
import { every, listen, oncePerFrame } from "../shared/lifetime.ts";
import type { Tool, ToolContext } from "../shared/tool.ts";
import { createWindowList } from "../shared/window_list.ts";
import { count, plural } from "../shared/words.ts";
import { createDetail } from "./detail.ts";
import { addTreeKeys } from "./keyboard.ts";
import { InspectorModel, keyOf } from "./model.ts";
import { createRowView, type RowView } from "./row_view.ts";
import type { Row } from "./rows.ts";
import { createSearchBox } from "./search_box.ts";

const ROW_HEIGHT = 24;

/** Why there are no rows: nothing matches, nothing has come yet, there is nothing. */
type EmptyState = "filtered" | "waiting" | "bare";

export function createInspector({ host, session, signal, line }: ToolContext): Tool {
  const { mirror } = session;
  const model = new InspectorModel(mirror.entries);
  const keyCount = new Cell<number | null>(null);
  const rowViews = new WeakMap<HTMLElement, RowView>();
  const idPrefix = `nvj-${randomName().slice(0, 8)}-row`;
  let selectedKey: string | null = null;
  let selectedId: string | null = null;
  let currentId: string | null = null;
  let drawTime = now();

  const search = createSearchBox(
    {
      placeholder: "Filter keys and values",
      onQuery: (query) => {
        model.setQuery(query);
        host.set("query", query);
        update();
      },
    },
    signal,
  );
  const tree = h("div", {
    class: "nvj-tree",
    role: "treegrid",
    "aria-label": "Shared state",
    tabindex: -1,
  });
  const empty = h("div", { class: "nvj-empty" });
  const detail = createDetail(host, signal);
  const footer = h("span");

  const list = createWindowList({
    scroller: tree,
    rowHeight: ROW_HEIGHT,
    signal,
    makeRow: () => {
      const view = createRowView(idPrefix);
      rowViews.set(view.element, view);
      return view.element;
    },
    drawRow: (element, index) => {
      const row = model.rows[index];
      const view = rowViews.get(element);
      if (row === undefined || view === undefined) return;
      const current = currentId === null ? index === 0 : row.id === currentId;
      const state = { selected: row.id === selectedId, current };
      element.dataset.index = String(index);
      view.draw(row, index, state, { model, entries: mirror.entries, now: drawTime });
    },
    afterDraw: () => {
      // A row that scrolled away may have had the focus: it stays in the tree.
      if (document.activeElement === document.body && hadFocus) tree.focus({ preventScroll: true });
    },
  });
  let hadFocus = false;
  listen(tree, "focusin", () => (hadFocus = true), signal);
  listen(tree, "focusout", (event) => (hadFocus = event.relatedTarget === null), signal);

  const noMatch = h("p");
  const clear = h(
    "button",
    { type: "button", class: "nvj-link", "data-act": "clear" },
    "Clear the filter",
  );
  /** Drawn only when it means something else: a link that is replaced cannot be clicked. */
  const emptyTexts: Readonly<Record<EmptyState, () => readonly Child[]>> = {
    filtered: () => [noMatch, clear],
    waiting: () => [h("p", {}, "Waiting for the shared state.")],
    bare: () => [
      h("p", {}, "There are no keys yet."),
      h("p", { class: "nvj-dim" }, "They appear here as soon as any client writes one, as in"),
      h("code", {}, 'client.attempt_update_state(DictionaryChange({"hello": 1}))'),
    ],
  };
  let emptyState: EmptyState | null = null;

  const drawEmpty = () => {
    const total = mirror.entries.size;
    const nothing = model.matched === 0;
    empty.hidden = !nothing;
    tree.hidden = nothing;
    if (!nothing) return;
    setText(noMatch, `Nothing matches among ${plural(total, "key")}.`);
    const next = total > 0 ? "filtered" : mirror.loaded ? "bare" : "waiting";
    if (next !== emptyState) fill(empty, ...emptyTexts[next]());
    emptyState = next;
  };
  listen(
    empty,
    "click",
    (event) => {
      if (!(event.target instanceof HTMLElement) || event.target.dataset.act !== "clear") return;
      search.clear();
      search.input.focus();
    },
    signal,
  );

  const drawNumbers = () => {
    const total = mirror.entries.size;
    keyCount.set(mirror.loaded || total > 0 ? total : null);
    search.setResult(model.filter === null ? "" : `${count(model.matched)} of ${count(total)}`);
    const word = line.get().tone === "live" ? "live" : "not live";
    setText(footer, mirror.loaded || total > 0 ? `${plural(total, "key")} · ${word}` : "");
  };

  const draw = () => {
    drawTime = now();
    drawNumbers();
    drawEmpty();
    tree.setAttribute("aria-rowcount", String(model.rows.length));
    list.setCount(model.rows.length);
    const entry = selectedKey === null ? undefined : mirror.entries.get(selectedKey);
    detail.show(selectedKey, entry);
  };
  const update = oncePerFrame(draw, signal);

  const select = (row: Row) => {
    currentId = row.id;
    selectedId = row.id;
    selectedKey = keyOf(row);
    update();
  };
  const toggle = (row: Row, open: boolean) => {
    model.setOpen(row, open);
    update();
  };
  const activate = (row: Row) => {
    if (row.kind === "more") {
      if (row.hidden > 0) model.showMore(row.key, row.path);
      select(row);
      return;
    }
    select(row);
  };
  const goTo = (index: number) => {
    const row = model.rows[Math.min(Math.max(index, 0), model.rows.length - 1)];
    if (row === undefined) return;
    select(row);
    drawTime = now();
    const at = model.rows.indexOf(row);
    list.reveal(at);
    list.rowAt(at)?.focus({ preventScroll: true });
  };

  listen(
    tree,
    "click",
    (event) => {
      if (!(event.target instanceof Element)) return;
      const element = event.target.closest<HTMLElement>(".nvj-row");
      const row = model.rows[Number(element?.dataset.index ?? -1)];
      if (row === undefined) return;
      const onTwisty = event.target.closest(".nvj-twisty") !== null;
      // A branch has nothing to choose, so that a click anywhere opens it.
      if (row.open !== null && (onTwisty || keyOf(row) === null)) toggle(row, !row.open);
      activate(row);
    },
    signal,
  );
  listen(
    tree,
    "dblclick",
    (event) => {
      if (!(event.target instanceof Element) || event.target.closest(".nvj-twisty")) return;
      const row = model.rows[model.indexOf(currentId)];
      if (row !== undefined && row.open !== null && keyOf(row) !== null) toggle(row, !row.open);
    },
    signal,
  );

  const element = h(
    "div",
    { class: "nvj-tool nvj-inspector" },
    h("div", { class: "nvj-toolbar" }, search.element),
    h(
      "div",
      { class: "nvj-split" },
      h("div", { class: "nvj-tree-side" }, tree, empty),
      detail.element,
    ),
  );
  addTreeKeys({
    root: element,
    tree,
    search,
    rows: () => model.rows,
    currentIndex: () => model.indexOf(currentId),
    pageLength: () => list.pageLength(),
    goTo,
    toggle,
    activate,
    unselect: () => {
      const had = selectedId !== null;
      selectedKey = null;
      selectedId = null;
      update();
      return had;
    },
    signal,
  });

  session.onChange((change) => {
    model.apply(change);
    update();
  }, signal);
  line.observe(update, signal);
  session.status.observe(update, signal);
  session.heartbeat.observe(update, signal);
  // Ages grow and rates fade without any message.
  every(
    500,
    () => {
      if (element.isConnected && !element.hidden) update();
    },
    signal,
  );
  const readQuery = () => search.setQuery(host.get("query") ?? "");
  host.observe("query", readQuery, signal);
  readQuery();
  draw();

  return {
    name: "inspector",
    label: "Inspector",
    element,
    count: keyCount,
    footer,
    shown: update,
  };
}
