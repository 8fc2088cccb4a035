/** Watched keys, recent events, and the name shared with other clients. */

import type { EventBody, LockNewsBody, News, WatchedBody, Whose } from "../protocol/locks.ts";
import { duration } from "../text/format.ts";
import { visible } from "../text/visible_text.ts";
import { fill, h, setAttribute, setText } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import { keepingFocus } from "../ui/keep_focus.ts";
import { listen } from "../ui/lifetime.ts";
import { namesOf } from "./actions.ts";

export interface LockDetails {
  readonly element: HTMLElement;
  /** The button that opens the history; stands in the footer. */
  readonly historyButton: HTMLElement;
  /** `passed` is the time in seconds since the news were told. */
  show(updates: LockNewsBody, passed: number): void;
  setBlocked(reason: string | null): void;
}

export interface LockDetailsOptions {
  readonly onUnwatch: (key: string) => void;
  readonly onAnnounce: (by: string) => void;
  /** Nothing is left here that could have the focus. */
  readonly onLeft: () => void;
  readonly signal: AbortSignal;
}

const WHOSE: Readonly<Record<Whose, readonly [word: string, tone: string]>> = {
  unknown: ["not known", "neutral"],
  free: ["free", "good"],
  mine: ["mine", "accent"],
  "someone else's": ["someone else's", "bad"],
};

const EVENT_TEXTS: Readonly<Record<News, readonly [word: string, tone: string]>> = {
  taken: ["taken", "good"],
  refused: ["refused", "bad"],
  lost: ["lost", "bad"],
  released: ["released", "neutral"],
  doubted: ["taken again", "amber"],
};

const chip = ([word, tone]: readonly [string, string]) =>
  h("span", { class: "nvj-chip", "data-tone": tone }, word);

const watchedText = ({ holder, since }: WatchedBody, passed: number): string =>
  [holder && visible(holder, 80), `for ${duration(since + passed)}`]
    .filter((part) => part !== "")
    .join(" · ");

const watchedRow = (watched: WatchedBody, passed: number, index: number) =>
  h(
    "li",
    {},
    h("code", {}, namesOf([watched.key])),
    chip(WHOSE[watched.whose]),
    h("span", { class: "nvj-dim nvj-tabular nvj-watched-time" }, watchedText(watched, passed)),
    h(
      "button",
      {
        type: "button",
        class: "nvj-quiet",
        "data-index": index,
        "data-same": watched.key,
        "aria-label": `Watch no longer: ${namesOf([watched.key])}`,
      },
      icon("close"),
    ),
  );

const eventRow = (event: EventBody, passed: number) =>
  h(
    "li",
    {},
    h("span", { class: "nvj-dim nvj-tabular nvj-ago" }, `${duration(event.ago + passed)} ago`),
    chip(EVENT_TEXTS[event.news]),
    h("code", {}, namesOf([event.key])),
    h("span", { class: "nvj-dim nvj-lease-note" }, visible(event.note, 300)),
  );

export function createLockDetails({
  onUnwatch,
  onAnnounce,
  onLeft,
  signal,
}: LockDetailsOptions): LockDetails {
  let updates: LockNewsBody | null = null;
  const watchedList = h("ul", { class: "nvj-lock-list", "aria-label": "Watched keys" });
  const watched = h("section", { hidden: true }, h("h4", {}, "Watched"), watchedList);
  const historyList = h("ol", { class: "nvj-lock-list", "aria-label": "What happened to locks" });
  const history = h("section", { hidden: true }, h("h4", {}, "What happened"), historyList);
  const historyButton = h(
    "button",
    { type: "button", class: "nvj-quiet", "aria-expanded": "false" },
    icon("recent"),
    "History",
  );
  const name = h("input", {
    type: "text",
    class: "nvj-input nvj-own-name",
    maxlength: 80,
    placeholder: "your name",
    "aria-label": "Your name, for others to see",
  });
  const share = h("button", { type: "submit", class: "nvj-button" }, "Tell others");
  const sharing = h("span", { class: "nvj-dim" });
  const form = h("form", { class: "nvj-share-name", novalidate: true }, sharing, name, share);
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
  listen(
    form,
    "submit",
    (event) => {
      event.preventDefault();
      onAnnounce(updates?.by == null ? name.value.trim() : "");
    },
    signal,
  );

  return {
    element,
    historyButton,
    show: (next, passed) => {
      const isSame = JSON.stringify(next.watched) === JSON.stringify(updates?.watched ?? []);
      updates = next;
      watched.hidden = next.watched.length === 0;
      // A row that is replaced once a second cannot be pressed.
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
            ? [h("li", { class: "nvj-dim" }, "Nothing yet.")]
            : [...next.history].reverse().map((event) => eventRow(event, passed))),
        );
      }
      setText(
        sharing,
        next.by === null
          ? "Others cannot see who holds a lock, unless you tell them."
          : `Others see what you hold, as ${visible(next.by, 80)}.`,
      );
      name.hidden = next.by !== null;
      setText(share, next.by === null ? "Tell others" : "Tell no more");
    },
    setBlocked: (reason) => {
      share.disabled = reason !== null;
      share.title = reason ?? "";
    },
  };
}
