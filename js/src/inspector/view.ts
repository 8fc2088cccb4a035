/** The state inspector: search, tree and detail pane. Does not depend on Jupyter. */

import type { Tool, ToolContext } from "../panel/tool.ts";
import { size } from "../text/format.ts";
import { now } from "../ui/clock.ts";
import { h, setText } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import { every, listen, oncePerFrame } from "../ui/lifetime.ts";
import { createMenuButton } from "../ui/menu.ts";
import { Signal } from "../ui/signal.ts";
import type { InspectorContext, RowPart } from "./context.ts";
import { addCopyShortcut } from "./detail/copy_shortcut.ts";
import { createDetail } from "./detail/detail_pane.ts";
import { addEditing } from "./edit/edit_switch.ts";
import { addPause } from "./history/pause.ts";
import { parseFilter } from "./search/filter.ts";
import { createRecentQueries, type RecentQueries } from "./search/recent_queries.ts";
import { createSearchBox, type SearchBox } from "./search/search_box.ts";
import { createSearchHelp } from "./search/search_help.ts";
import { createSearchRun } from "./search/search_run.ts";
import { createShortcuts } from "./shortcuts.ts";
import { LazyItems } from "./state/lazy_items.ts";
import { InspectorModel } from "./state/model.ts";
import type { Place } from "./state/place.ts";
import { Selection, syncSelectedTrait } from "./state/selection.ts";
import { createStateSwitch } from "./state/shown_state.ts";
import * as strings from "./strings.ts";
import { addExport } from "./toolbar/export_menu.ts";
import { addMuteControl } from "./toolbar/mute_control.ts";
import { addPins } from "./toolbar/pins.ts";
import { addSortControl } from "./toolbar/sort_control.ts";
import { createToolbar } from "./toolbar/toolbar.ts";
import { createEmptyState } from "./tree/empty_state.ts";
import { addLockBadges } from "./tree/lock_badge.ts";
import { addRowSparklines } from "./tree/row_sparkline.ts";
import { createTreeView } from "./tree/tree_view.ts";

/** Seconds after which the progress of loading is shown. */
const SHOW_PROGRESS_AFTER = 1;

export function createInspector(toolContext: ToolContext): Tool {
  const { host, session, signal, connection } = toolContext;
  const { store } = session;
  const element = h("div", { class: "nvj-tool nvj-inspector" });
  const lazyItems = new LazyItems(
    host,
    (key) => (states.shown.get().at === null ? store.entries.get(key) : undefined),
    (key) => {
      model.valueChanged(key);
      update();
    },
  );
  const model = new InspectorModel(store.entries, lazyItems);
  const selection = new Selection();
  const editedPlace = new Signal<Place | null>(null);
  const keyCount = new Signal<number | null>(null);
  const parts: RowPart[] = [];
  const drawn: ((time: number) => void)[] = [];
  const footer = h("span");

  const search = createSearchBox((query) => {
    model.setFilter(parseFilter(query));
    host.set("query", query);
    tree.toTop();
    recent.add(query);
    run.start();
  }, signal);
  const recent = createRecentQueries(host, signal);
  const toolbar = createToolbar(search.element, signal);
  const bars = h("div", { class: "nvj-bars" });
  const shortcuts = createShortcuts(element, signal);
  const tree = createTreeView({
    model,
    selection,
    parts,
    edited: () => editedPlace.get(),
    onUpdate: () => update(),
    signal,
  });
  const empty = createEmptyState(() => {
    search.clear();
    search.input.focus();
  }, signal);

  const drawCounts = () => {
    const total = model.entries.size;
    keyCount.set(store.loaded || total > 0 ? total : null);
    search.setResult(resultText(model), model.filter?.problem ?? "");
    setText(footer, footerText(session, connection.get().tone === "live"));
  };
  const draw = () => {
    const time = states.time();
    drawCounts();
    empty.draw({
      shown: model.matched,
      keys: model.entries.size,
      loaded: store.loaded,
      searched: model.searched === 1,
    });
    tree.element.hidden = model.matched === 0;
    tree.draw(time);
    const key = selection.selected.get()?.place?.key ?? null;
    detail.show(key, key === null ? undefined : model.entries.get(key));
    for (const fn of drawn) fn(time);
  };
  const update = oncePerFrame(draw, signal);
  const states = createStateSwitch(session, model, update, signal);
  const run = createSearchRun(model, states.time, update, signal);
  listen(search.input, "focus", run.prepare, signal);
  // Search again when another state is shown.
  states.shown.observe(() => run.start(), signal);

  const isHidden = () => !element.isConnected || element.hidden || !session.visible.get();
  const context: InspectorContext = {
    ...toolContext,
    element,
    isHidden,
    selected: selection.selected,
    select: (place) => {
      if (place === null) selection.clear();
      else tree.reveal(place);
      update();
    },
    focusTree: () => tree.focus(),
    shown: states.shown,
    show: states.show,
    toolbar,
    bars,
    editedPlace,
    shortcuts,
    addRowPart: (part) => parts.push(part),
    onDraw: (fn) => drawn.push(fn),
    redraw: () => {
      tree.refresh();
      update();
    },
  };
  const detail = createDetail(context);
  addSearchKeys(context, search, tree.focus);
  addRecentMenu(context, search, recent);
  const help = createSearchHelp(shortcuts, signal);
  search.add(help.button);
  addPins(context, model);
  addLockBadges(context, session.leases, now);
  addSortControl(context, model, states.time);
  addMuteControl(context, model, states.time);
  addCopyShortcut(context, model);
  addRowSparklines(context);
  addPause(context);
  addExport(context);
  addEditing(context, model, detail);
  syncSelectedTrait(context);
  editedPlace.observe(update, signal);
  selection.selected.observe(update, signal);
  connection.observe(update, signal);
  session.status.observe(update, signal);
  session.heartbeat.observe(update, signal);
  // Ages and rates change without messages.
  every(
    500,
    () => {
      if (isHidden()) return;
      if (model.filter?.timed === true) {
        model.research();
        run.start();
      }
      update();
    },
    signal,
  );

  element.append(
    toolbar.element,
    help.panel,
    bars,
    h(
      "div",
      { class: "nvj-split" },
      h("div", { class: "nvj-tree-side" }, tree.element, empty.element),
      detail.element,
    ),
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

/** Return the number of matches, and the progress of a long search. */
function resultText({ filter, matched, searched, entries }: InspectorModel): string {
  if (filter === null) return "";
  const matches = strings.searchMatches(matched, entries.size);
  return searched === 1 ? matches : strings.searchSearching(matches, Math.floor(100 * searched));
}

/** Return "148 keys · 412 kB · live", or the progress of loading. */
function footerText({ store, heartbeat }: ToolContext["session"], isLive: boolean): string {
  const { progress, loaded, entries } = store;
  if (progress !== null && now() - progress.since > SHOW_PROGRESS_AFTER) {
    return strings.summaryLoading(progress.have, progress.of);
  }
  if (!loaded && entries.size === 0) return "";
  const bytes = heartbeat.get()?.body.size ?? 0;
  const parts = [
    strings.summaryKeys(entries.size),
    bytes > 0 ? size(bytes) : "",
    isLive ? strings.summaryLive : strings.summaryNotLive,
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

function addRecentMenu(context: InspectorContext, search: SearchBox, recent: RecentQueries): void {
  const menu = createMenuButton(
    {
      name: strings.searchRecent,
      className: "nvj-quiet",
      none: strings.searchNoRecent,
      items: () =>
        recent.get().map((query) => ({
          label: query,
          run: () => {
            search.setQuery(query);
            search.input.focus();
          },
        })),
    },
    context.signal,
  );
  menu.setLabel(icon("recent"));
  context.shortcuts.addEscape("menu", menu.close);
  search.add(menu.element);
}

/** Add the keys that move between the search box and the tree. */
function addSearchKeys(
  { shortcuts, select, selected, signal }: InspectorContext,
  search: SearchBox,
  goToTree: () => void,
): void {
  shortcuts.add({
    key: "/",
    does: strings.shortcutSearch,
    run: () => {
      search.input.focus();
      search.input.select();
      return true;
    },
  });
  shortcuts.addEscape("selection", () => {
    if (selected.get() === null) return false;
    select(null);
    return true;
  });
  shortcuts.addEscape("query", () => {
    if (search.input.value === "") return false;
    search.clear();
    return true;
  });
  listen(
    search.input,
    "keydown",
    (event) => {
      if (event.key !== "ArrowDown" && event.key !== "Enter") return;
      event.preventDefault();
      goToTree();
    },
    signal,
  );
}
