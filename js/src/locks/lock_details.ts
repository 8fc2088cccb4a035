/** Watched keys, recent events, and our name for other clients. */

import type { EventBody, LockUpdatesBody, WatchedBody } from "../protocol/locks.ts";
import { heldByLabel } from "../text/holder.ts";
import { keyText, visible } from "../text/visible_text.ts";
import { fill, h, setAttribute, setText } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import { keepingFocus } from "../ui/keep_focus.ts";
import { listen } from "../ui/lifetime.ts";
import { EVENT_LABELS, type Label, DETAILS as TEXT, WHOSE_LABELS } from "./strings.ts";

export interface LockDetails {
  readonly element: HTMLElement;
  /** The button in the footer that opens the history. */
  readonly historyButton: HTMLElement;
  /** `passed` is the seconds since the message. */
  show(updates: LockUpdatesBody, passed: number): void;
  setBlocked(reason: string | null): void;
}

export interface LockDetailsOptions {
  readonly onUnwatch: (key: string) => void;
  readonly onName: (name: string) => void;
  /** Called when nothing here can take the focus. */
  readonly onLeft: () => void;
  readonly signal: AbortSignal;
}

const chip = ([text, tone]: Label) => h("span", { class: "nvj-chip", "data-tone": tone }, text);

const watchedText = ({ holder, until, since, waiting }: WatchedBody, passed: number): string =>
  [
    holder === "" ? "" : heldByLabel(holder, until),
    TEXT.since(since + passed),
    waiting === 0 ? "" : TEXT.waiting(waiting),
  ]
    .filter((part) => part !== "")
    .join(" · ");

const watchedRow = (watched: WatchedBody, passed: number, index: number) =>
  h(
    "li",
    {},
    h("code", {}, keyText(watched.key)),
    chip(WHOSE_LABELS[watched.whose]),
    h("span", { class: "nvj-dim nvj-tabular nvj-watched-time" }, watchedText(watched, passed)),
    h(
      "button",
      {
        type: "button",
        class: "nvj-quiet",
        "data-index": index,
        "data-same": watched.key,
        "aria-label": TEXT.unwatch(watched.key),
      },
      icon("close"),
    ),
  );

const eventRow = (event: EventBody, passed: number) =>
  h(
    "li",
    {},
    h("span", { class: "nvj-dim nvj-tabular nvj-ago" }, TEXT.ago(event.ago + passed)),
    chip(EVENT_LABELS[event.kind]),
    h("code", {}, keyText(event.key)),
    h("span", { class: "nvj-dim nvj-lease-note" }, visible(event.note, 300)),
  );

export function createLockDetails({
  onUnwatch,
  onName,
  onLeft,
  signal,
}: LockDetailsOptions): LockDetails {
  let updates: LockUpdatesBody | null = null;
  const watchedList = h("ul", { class: "nvj-lock-list", "aria-label": TEXT.watchedKeys });
  const watched = h("section", { hidden: true }, h("h4", {}, TEXT.watched), watchedList);
  const historyList = h("ol", { class: "nvj-lock-list", "aria-label": TEXT.recentEvents });
  const history = h("section", { hidden: true }, h("h4", {}, TEXT.recentEvents), historyList);
  const historyButton = h(
    "button",
    { type: "button", class: "nvj-quiet", "aria-expanded": "false" },
    icon("recent"),
    TEXT.history,
  );
  const name = h("input", {
    type: "text",
    class: "nvj-input nvj-own-name",
    maxlength: 120,
    spellcheck: "false",
    autocomplete: "off",
  });
  const label = h("label", { class: "nvj-dim" }, TEXT.yourName, " ", name);
  const form = h("form", { class: "nvj-name-form", novalidate: true }, label);
  const element = h("div", { class: "nvj-lock-details" }, watched, history, form);

  listen(
    historyButton,
    "click",
    () => {
      history.hidden = !history.hidden;
      setAttribute(historyButton, "aria-expanded", String(!history.hidden));
    },
    signal,
  );
  listen(
    watchedList,
    "click",
    ({ target }) => {
      const button = target instanceof Element ? target.closest<HTMLElement>("[data-index]") : null;
      const row = button === null ? undefined : updates?.watched[Number(button.dataset.index)];
      if (row !== undefined) onUnwatch(row.key);
    },
    signal,
  );
  const resetName = () => {
    name.value = updates?.name ?? "";
  };
  const saveName = () => {
    const wanted = name.value.trim();
    if (wanted === "") resetName();
    else if (wanted !== updates?.name) onName(wanted);
  };
  listen(
    form,
    "submit",
    (event) => {
      event.preventDefault();
      saveName();
    },
    signal,
  );
  listen(name, "blur", saveName, signal);
  listen(
    name,
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      resetName();
    },
    signal,
  );

  return {
    element,
    historyButton,
    show: (next, passed) => {
      const isSame = JSON.stringify(next.watched) === JSON.stringify(updates?.watched ?? []);
      const isUnchanged = name.value === (updates?.name ?? "");
      updates = next;
      if (isUnchanged || document.activeElement !== name) resetName();
      watched.hidden = next.watched.length === 0;
      // Replacing a row once a second would make its button hard to click.
      if (isSame) {
        for (const [index, each] of next.watched.entries()) {
          const time = watchedList.children[index]?.querySelector(".nvj-watched-time");
          if (time) setText(time, watchedText(each, passed));
        }
      } else {
        const rows = next.watched.map((each, index) => watchedRow(each, passed, index));
        keepingFocus(watchedList, () => fill(watchedList, ...rows), onLeft);
      }
      if (!history.hidden || historyList.childElementCount === 0) {
        fill(
          historyList,
          ...(next.history.length === 0
            ? [h("li", { class: "nvj-dim" }, TEXT.noEvents)]
            : [...next.history].reverse().map((event) => eventRow(event, passed))),
        );
      }
    },
    setBlocked: (reason) => {
      name.disabled = reason !== null;
      form.title = reason ?? "";
    },
  };
}
