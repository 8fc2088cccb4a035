/** The history of the selected key, with a diff between any two entries. */

import type { Entry } from "../../kernel/state_store.ts";
import type { PageValue } from "../../protocol/common.ts";
import type { HistoryResult, SampleBody } from "../../protocol/inspector.ts";
import { age, count, reasonOf } from "../../text/format.ts";
import { randomName } from "../../text/random_name.ts";
import { visible } from "../../text/visible_text.ts";
import { copyButton } from "../../ui/clipboard.ts";
import { now } from "../../ui/clock.ts";
import { fill, h, setAttribute, setText } from "../../ui/html.ts";
import { every, listen } from "../../ui/lifetime.ts";
import { reorderChildren } from "../../ui/reorder_children.ts";
import { isCut } from "../../values/page_value.ts";
import { toJsonText, toPythonText } from "../../values/value_text.ts";
import type { InspectorContext } from "../context.ts";
import type { Pane } from "../detail/pane.ts";
import * as strings from "../strings.ts";
import { drawDiff, valueLine } from "./diff_view.ts";
import { timeOfDay } from "./recorded_state.ts";

const PAGE = 100;
const REFRESH_MS = 1000;

export function createHistoryPane(context: InspectorContext): Pane {
  const { host, signal, announce } = context;
  const prefix = `nvj-history-${randomName().slice(0, 8)}`;
  let key: string | null = null;
  let entry: Entry | undefined;
  /** Newest first; older pages are appended. */
  let entries: readonly SampleBody[] = [];
  let received: HistoryResult | null = null;
  let receivedFor: Entry | undefined;
  /** When the history was received, so that ages grow without another reply. */
  let receivedAt = now();
  let isLoading = false;
  /** The drawn rows by entry number. */
  let rowOf: ReadonlyMap<number, HTMLElement> = new Map();
  let selected: SampleBody | null = null;
  let base: SampleBody | null = null;

  const summary = h("span", { class: "nvj-dim" });
  const baseNote = h("span", { class: "nvj-chip", hidden: true });
  const baseText = h("span");
  const baseEnd = h(
    "button",
    { type: "button", class: "nvj-link" },
    strings.historyComparePrevious,
  );
  baseNote.append(baseText, " ");
  const head = h(
    "div",
    { class: "nvj-history-head" },
    summary,
    h("span", { class: "nvj-space" }),
    baseNote,
    baseEnd,
  );
  const list = h("div", {
    class: "nvj-history-list",
    role: "listbox",
    tabindex: 0,
    "aria-label": strings.historyListLabel,
  });
  const more = h(
    "button",
    { type: "button", class: "nvj-link", hidden: true },
    strings.historyShowOlder,
  );
  const problem = h("p", { class: "nvj-problem", hidden: true });
  const diff = h("div", { class: "nvj-history-diff" });
  const diffTitle = h("span", { class: "nvj-dim" });

  const valueThen = async (): Promise<PageValue> => {
    if (key === null || selected === null) throw new Error(strings.historyNoSelection);
    const reply = await host.request("history_value", { key, number: selected.number });
    if (!reply.exists || reply.value === undefined) throw new Error(strings.detailDidNotExist);
    return reply.value;
  };
  const fullValueAt = async (): Promise<PageValue> => {
    const value = await valueThen();
    if (isCut(value)) throw new Error(strings.detailTooLargeToCopy);
    return value;
  };
  const compareButton = h(
    "button",
    { type: "button", class: "nvj-quiet" },
    strings.historySelectForCompare,
  );
  const opened = h(
    "div",
    { class: "nvj-history-opened", hidden: true },
    h(
      "div",
      { class: "nvj-history-actions" },
      diffTitle,
      h("span", { class: "nvj-space" }),
      compareButton,
      copyButton(
        "JSON",
        async () => toJsonText(await fullValueAt()),
        signal,
        strings.historyCopyJson,
      ),
      copyButton(
        "Python",
        async () => toPythonText(await fullValueAt()),
        signal,
        strings.historyCopyPython,
      ),
    ),
    diff,
  );
  const scroller = h("div", { class: "nvj-history-scroll" }, problem, list, more);
  const element = h("div", { class: "nvj-pane nvj-history" }, head, scroller, opened);

  const fail = (error: unknown) => {
    problem.hidden = false;
    setText(problem, strings.historyLoadFailed(reasonOf(error)));
  };

  const ageOf = (historyEntry: SampleBody): string =>
    received === null ? "" : age(received.now + (now() - receivedAt) - historyEntry.at);
  const row = (historyEntry: SampleBody): HTMLElement =>
    h(
      "div",
      {
        class: "nvj-history-row",
        role: "option",
        id: `${prefix}-${historyEntry.number}`,
        "data-number": historyEntry.number,
        "data-base": base?.number === historyEntry.number,
        "aria-selected": String(selected?.number === historyEntry.number),
      },
      h("span", { class: "nvj-history-time" }, timeOfDay(historyEntry.at)),
      h("span", { class: "nvj-history-age" }, ageOf(historyEntry)),
      h(
        "span",
        { class: "nvj-history-text", "data-gone": !historyEntry.exists },
        visible(historyEntry.text, 200),
      ),
    );

  const drawHead = () => {
    if (received === null) return;
    setText(summary, strings.historyEntries(received.total, received.complete));
    baseNote.hidden = base === null;
    baseEnd.hidden = base === null;
    if (base !== null) setText(baseText, strings.historyComparedWith(timeOfDay(base.at)));
  };
  const drawAges = () => {
    for (const [index, each] of list.querySelectorAll(".nvj-history-age").entries()) {
      const historyEntry = entries[index];
      if (historyEntry !== undefined) setText(each, ageOf(historyEntry));
    }
  };
  const drawList = () => {
    if (received === null) return;
    drawHead();
    const drawn = entries.map((historyEntry) => {
      const known = rowOf.get(historyEntry.number) ?? row(historyEntry);
      setAttribute(known, "data-base", String(base?.number === historyEntry.number));
      setAttribute(known, "aria-selected", String(selected?.number === historyEntry.number));
      return [historyEntry.number, known] as const;
    });
    // Rows are kept as elements: a click on a replaced row would be lost.
    rowOf = new Map(drawn);
    const rows = [...rowOf.values()];
    const wanted = new Set<Element>(rows);
    for (const each of [...list.children]) if (!wanted.has(each)) each.remove();
    list.append(...rows.filter((each) => each.parentElement !== list));
    reorderChildren(list, rows);
    drawAges();
    const isListed = entries.some(({ number }) => number === selected?.number);
    if (isListed) list.setAttribute("aria-activedescendant", `${prefix}-${selected?.number}`);
    else list.removeAttribute("aria-activedescendant");
    const last = entries.at(-1);
    more.hidden = last === undefined || entries.length >= received.total;
    if (entries.length === 0) fill(list, h("p", { class: "nvj-dim" }, strings.historyEmpty));
  };

  /** Returns the known entries that follow the newest page; none if entries between are missing. */
  const olderKnown = (newest: readonly SampleBody[]): readonly SampleBody[] => {
    const oldest = newest.at(-1)?.number ?? 0;
    const meets = (entries[0]?.number ?? 0) >= oldest - 1;
    return meets ? entries.filter(({ number }) => number < oldest) : [];
  };
  /** Numbers grow within a recording; lower ones come from a new recording. */
  const resetForNewRecording = (newest: readonly SampleBody[]) => {
    if ((newest[0]?.number ?? 0) >= (entries[0]?.number ?? 0)) return;
    entries = [];
    rowOf = new Map();
    selected = null;
    base = null;
    opened.hidden = true;
  };
  /** Returns the number of the entry to compare with; null for none. */
  const comparedWith = (historyEntry: SampleBody): number | null => {
    if (base !== null && base.number !== historyEntry.number) return base.number;
    const at = entries.findIndex(({ number }) => number === historyEntry.number);
    const next = at < 0 ? undefined : entries[at + 1];
    if (next !== undefined) return next.number;
    // The selected entry or the one before it may not be listed. Numbers start at 1.
    const isOldest = at >= 0 && entries.length >= (received?.total ?? 0);
    return isOldest ? null : historyEntry.number - 1 || null;
  };
  const drawOpened = async () => {
    const historyEntry = selected;
    opened.hidden = historyEntry === null;
    if (historyEntry === null || key === null) return;
    const other = comparedWith(historyEntry);
    const time = timeOfDay(historyEntry.at);
    setText(
      diffTitle,
      base === null
        ? strings.historyVersusPrevious(time)
        : strings.historyVersus(time, timeOfDay(base.at)),
    );
    // The diff of another entry must not appear under this title.
    const compared = JSON.stringify([key, other, historyEntry.number]);
    if (diff.dataset.of !== compared) diff.replaceChildren();
    diff.dataset.of = compared;
    try {
      if (other === null) {
        setText(diffTitle, time);
        fill(diff, h("p", { class: "nvj-dim" }, strings.historyNoPrevious));
        if (!historyEntry.exists) return;
        const value = await valueThen();
        if (selected === historyEntry) diff.append(valueLine(value));
        return;
      }
      const [before, after] = [other, historyEntry.number].sort((a, b) => a - b);
      if (before === undefined || after === undefined) return;
      const reply = await host.request("diff", { key, before, after });
      if (selected === historyEntry) drawDiff(diff, reply);
    } catch (error) {
      if (selected !== historyEntry) return;
      fill(diff, h("p", { class: "nvj-problem" }, strings.historyLoadFailed(reasonOf(error))));
    }
  };
  const select = (historyEntry: SampleBody) => {
    selected = historyEntry;
    drawList();
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
    void drawOpened();
  };

  const load = async (before: number | null) => {
    if (key === null || isLoading) return;
    isLoading = true;
    const requestedKey = key;
    const requestedEntry = entry;
    try {
      const reply = await host.request("history", { key: requestedKey, before, limit: PAGE });
      if (key !== requestedKey) return;
      problem.hidden = true;
      received = reply;
      receivedAt = now();
      receivedFor = requestedEntry;
      if (before === null) resetForNewRecording(reply.samples);
      const known = before === null ? olderKnown(reply.samples) : entries;
      const had = entries.length;
      entries = before === null ? [...reply.samples, ...known] : [...known, ...reply.samples];
      // Old entries are dropped as new ones arrive: the list grows only on request.
      if (before === null) {
        entries = entries.slice(0, Math.max(PAGE, selected === null ? known.length : had));
      }
      drawList();
    } catch (error) {
      if (key === requestedKey) fail(error);
    } finally {
      isLoading = false;
    }
  };
  const refresh = () => {
    if (element.hidden || context.isHidden() || key === null) return;
    if (received === null || receivedFor !== entry) void load(null);
    else drawAges();
  };
  every(REFRESH_MS, refresh, signal);

  listen(more, "click", () => void load(entries.at(-1)?.number ?? null), signal);
  listen(
    list,
    "click",
    (event) => {
      if (!(event.target instanceof Element)) return;
      const number = Number(event.target.closest<HTMLElement>("[data-number]")?.dataset.number);
      const historyEntry = entries.find((each) => each.number === number);
      if (historyEntry !== undefined) select(historyEntry);
    },
    signal,
  );
  listen(
    list,
    "keydown",
    (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step === undefined) return;
      const at = entries.findIndex(({ number }) => number === selected?.number);
      const next = entries[Math.min(Math.max(at + step, 0), entries.length - 1)];
      event.preventDefault();
      event.stopPropagation();
      if (next !== undefined) select(next);
    },
    signal,
  );
  listen(
    compareButton,
    "click",
    () => {
      base = selected;
      if (base !== null) announce(strings.historySelectOther(timeOfDay(base.at)));
      drawList();
      void drawOpened();
    },
    signal,
  );
  listen(
    baseEnd,
    "click",
    () => {
      base = null;
      drawList();
      void drawOpened();
    },
    signal,
  );

  return {
    label: strings.detailHistory,
    element,
    opened: refresh,
    note: () => (received === null || key === null ? "" : count(received.total)),
    show(nextKey, nextEntry) {
      entry = nextEntry;
      if (nextKey === key) {
        if (received === null) refresh();
        return;
      }
      key = nextKey;
      received = null;
      entries = [];
      selected = null;
      base = null;
      opened.hidden = true;
      list.replaceChildren();
      rowOf = new Map();
      setText(summary, "");
      refresh();
    },
  };
}
