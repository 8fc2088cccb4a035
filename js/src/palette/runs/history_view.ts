/** The list of recent runs, newest first. */

import type { Host } from "../../kernel/host.ts";
import { now } from "../../ui/clock.ts";
import { h, setText } from "../../ui/html.ts";
import { keepingFocus } from "../../ui/keep_focus.ts";
import { every, listen, oncePerFrame } from "../../ui/lifetime.ts";
import { HISTORY } from "../strings.ts";
import type { RunStore, ShownRun } from "./run_store.ts";
import { createRunView, type RunActions, type RunView } from "./run_view.ts";

interface Card {
  readonly view: RunView;
  readonly controller: AbortController;
}

const TICK = 100;
/** Seconds after the start of a run in which its result is scrolled into view. */
const SCROLL_WITHIN = 1;

export interface HistoryView {
  readonly element: HTMLElement;
  /** Scroll a new run into view, and its result if it arrives soon. */
  reveal(run: string): void;
}

export function createHistory(
  host: Host,
  store: RunStore,
  actions: RunActions,
  announce: (text: string) => void,
  signal: AbortSignal,
): HistoryView {
  let revealed: { readonly run: string; readonly at: number } | null = null;
  const cards = new Map<string, Card>();
  const states = new Map<string, string>();
  /** What each card shows; unchanged cards are not redrawn. */
  const drawn = new Map<string, ShownRun>();
  const list = h("div", { class: "nvj-runs-list" });
  const counted = h("span", { class: "nvj-dim" });
  const clear = h("button", { type: "button", class: "nvj-link" }, HISTORY.clear);
  const head = h("div", { class: "nvj-runs-head" }, counted, clear);
  const element = h(
    "div",
    { class: "nvj-runs", role: "group", "aria-label": HISTORY.label, hidden: true },
    list,
    head,
  );

  const cardFor = (shown: ShownRun): Card => {
    const known = cards.get(shown.body.run);
    if (known !== undefined) return known;
    const controller = new AbortController();
    const cardSignal = AbortSignal.any([signal, controller.signal]);
    const card = { view: createRunView(shown, host, actions, cardSignal), controller };
    cards.set(shown.body.run, card);
    return card;
  };

  const announceEnd = ({ body }: ShownRun) => {
    const before = states.get(body.run);
    states.set(body.run, body.state);
    if (before !== undefined && before !== body.state && body.state !== "running") {
      announce(HISTORY.ended(body.name, body.state));
    }
  };

  const drawCards = () => {
    const runs = store.runs.get();
    const present = new Set(runs.map(({ body }) => body.run));
    for (const [run, card] of cards) {
      if (present.has(run)) continue;
      card.controller.abort();
      card.view.element.remove();
      cards.delete(run);
      states.delete(run);
      drawn.delete(run);
    }
    const started = runs.filter(({ body }) => !cards.has(body.run));
    // Only the newest card is expanded.
    if (started.length > 0) for (const { view } of cards.values()) view.setOpen(false);
    let after: Element | null = null;
    for (const [index, shown] of runs.entries()) {
      const isNew = !cards.has(shown.body.run);
      const { view } = cardFor(shown);
      if (isNew) view.setOpen(index === 0 || shown.body.state === "running");
      else if (drawn.get(shown.body.run) !== shown) view.show(shown);
      drawn.set(shown.body.run, shown);
      announceEnd(shown);
      const wanted: Element | null =
        after === null ? list.firstElementChild : after.nextElementSibling;
      if (wanted !== view.element) list.insertBefore(view.element, wanted);
      after = view.element;
    }
    element.hidden = runs.length === 0;
    if (revealed !== null) {
      if (now() - revealed.at > SCROLL_WITHIN) revealed = null;
      else scrollSoon();
    }
    setText(counted, HISTORY.count(runs.length));
    clear.hidden = runs.every(({ body }) => body.state === "running");
  };

  /** Keep the focus near a card or button that disappears. */
  const draw = () => keepingFocus(element, drawCards, actions.leave);

  /** Wait for the layout of the new card. */
  const scrollSoon = oncePerFrame(() => {
    if (revealed === null) return;
    cards.get(revealed.run)?.view.element.scrollIntoView({ block: "nearest" });
  }, signal);

  listen(clear, "click", () => store.forget(null), signal);
  store.runs.observe(draw, signal);
  every(
    TICK,
    () => {
      for (const { view } of cards.values()) view.tick();
    },
    signal,
  );
  draw();
  return {
    element,
    reveal: (run) => {
      revealed = { run, at: now() };
      scrollSoon();
    },
  };
}
