/** The list of recent runs, newest first. */

import type { Host } from "../../kernel/host.ts";
import { plural } from "../../text/format.ts";
import { now } from "../../ui/clock.ts";
import { h, setText } from "../../ui/html.ts";
import { keepingFocus } from "../../ui/keep_focus.ts";
import { every, listen, oncePerFrame } from "../../ui/lifetime.ts";
import type { RunStore, ShownRun } from "./run_store.ts";
import { createRunView, type RunActions, type RunView } from "./run_view.ts";

interface Card {
  readonly view: RunView;
  readonly ended: AbortController;
}

const TICK = 100;
/** Seconds after a press in which its result is still brought into view: later people read. */
const ATTENTIVE = 1;

export interface HistoryView {
  readonly element: HTMLElement;
  /** Brings a run that was just pressed into view, and what comes of it at once. */
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
  /** What each card shows: of a hundred, one has changed. */
  const drawn = new Map<string, ShownRun>();
  const list = h("div", { class: "nvj-runs-list" });
  const counted = h("span", { class: "nvj-dim" });
  const clear = h("button", { type: "button", class: "nvj-link" }, "Clear");
  const head = h("div", { class: "nvj-runs-head" }, counted, clear);
  const element = h(
    "div",
    { class: "nvj-runs", role: "group", "aria-label": "Runs", hidden: true },
    list,
    head,
  );

  const cardFor = (shown: ShownRun): Card => {
    const known = cards.get(shown.body.run);
    if (known !== undefined) return known;
    const ended = new AbortController();
    const over = AbortSignal.any([signal, ended.signal]);
    const card = { view: createRunView(shown, host, actions, over), ended };
    cards.set(shown.body.run, card);
    return card;
  };

  const tell = ({ body }: ShownRun) => {
    const before = states.get(body.run);
    states.set(body.run, body.state);
    if (before !== undefined && before !== body.state && body.state !== "running") {
      announce(`${body.name.slice(0, 80)}: ${body.state}`);
    }
  };

  const drawCards = () => {
    const runs = store.runs.get();
    const present = new Set(runs.map(({ body }) => body.run));
    for (const [run, card] of cards) {
      if (present.has(run)) continue;
      card.ended.abort();
      card.view.element.remove();
      cards.delete(run);
      states.delete(run);
      drawn.delete(run);
    }
    const started = runs.filter(({ body }) => !cards.has(body.run));
    // The newest stands open; those before it fold when another begins.
    if (started.length > 0) for (const { view } of cards.values()) view.setOpen(false);
    let after: Element | null = null;
    for (const [index, shown] of runs.entries()) {
      const isNew = !cards.has(shown.body.run);
      const { view } = cardFor(shown);
      if (isNew) view.setOpen(index === 0 || shown.body.state === "running");
      else if (drawn.get(shown.body.run) !== shown) view.show(shown);
      drawn.set(shown.body.run, shown);
      tell(shown);
      const wanted: Element | null =
        after === null ? list.firstElementChild : after.nextElementSibling;
      if (wanted !== view.element) list.insertBefore(view.element, wanted);
      after = view.element;
    }
    element.hidden = runs.length === 0;
    if (revealed !== null) {
      if (now() - revealed.at > ATTENTIVE) revealed = null;
      else scrollSoon();
    }
    setText(counted, plural(runs.length, "run"));
    clear.hidden = runs.every(({ body }) => body.state === "running");
  };

  /** A card that goes, or a button of one that is over, leaves the focus to one beside it. */
  const draw = () => keepingFocus(element, drawCards, actions.leave);

  /** Not before the frame is laid out in any case. */
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
