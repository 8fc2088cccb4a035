/**
 * Pause and time travel. While the tree is paused, changes are still received and counted. The
 * slider shows the state at any recorded time.
 */

import { age, count, duration, plural, reasonOf } from "../../text/format.ts";
import { now } from "../../ui/clock.ts";
import { fill, h, setText } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { debounced, every, listen } from "../../ui/lifetime.ts";
import type { InspectorContext } from "../context.ts";
import { createRecorderClock, snapshotAt, timeOfDay } from "./recorded_state.ts";

const SETTLE = 60;
const TICK = 500;
/** Of the slider, in seconds. */
const STEP = 0.1;
const NAMED = 3;

export function addPause(context: InspectorContext): void {
  const { host, session, signal, shown, announce } = context;
  const { store } = session;
  const clock = createRecorderClock();
  /** When it was paused; null while live. */
  let pausedAt: number | null = null;
  let oldest: number | null = null;
  let wanted: number | null = null;
  let asking = false;
  let changes = 0;
  let changedKeys = new Set<string>();
  let incomplete = "";

  const pauseButton = h("button", { type: "button", "aria-pressed": "false", title: "Pause (p)" });
  const resumeButton = h(
    "button",
    { type: "button", class: "nvj-primary" },
    icon("play"),
    "Resume",
  );
  const what = h("strong", { class: "nvj-tabular" });
  const waiting = h("span", { class: "nvj-dim nvj-tabular" });
  const hint = h("span", { class: "nvj-bar-note", hidden: true });
  const slider = h("input", {
    type: "range",
    class: "nvj-time",
    step: STEP,
    "aria-label": "Time that is shown",
  });
  const bar = h(
    "div",
    { class: "nvj-bar nvj-pause-bar", role: "group", "aria-label": "Paused", hidden: true },
    resumeButton,
    what,
    slider,
    waiting,
    hint,
  );
  context.bars.append(bar);
  context.toolbar.add(pauseButton);

  const shownAt = (): number | null => {
    const { at } = shown.get();
    const ours = clock.now();
    return at === null || ours === null ? null : ours - (now() - at);
  };

  const draw = () => {
    const paused = pausedAt !== null;
    pauseButton.setAttribute("aria-pressed", String(paused));
    bar.hidden = !paused;
    if (pausedAt === null) return;
    const at = shown.get().at ?? pausedAt;
    const kernelTime = shownAt();
    const ago = age(now() - at);
    const then = wanted !== null || at < pausedAt - STEP;
    setText(
      what,
      kernelTime === null
        ? `paused ${ago} ago`
        : `${then ? "" : "paused at "}${timeOfDay(kernelTime)}, ${ago} ago`,
    );
    const text = `${plural(changes, "change")} in ${plural(changedKeys.size, "key")} ${changes === 1 ? "waits" : "wait"}`;
    setText(waiting, changes === 0 ? "nothing has changed since" : text);
    hint.hidden = incomplete === "";
    setText(hint, incomplete);
    const end = clock.now();
    if (oldest === null || end === null) return;
    slider.min = String(oldest);
    slider.max = String(end);
    if (document.activeElement !== slider && kernelTime !== null) slider.value = String(kernelTime);
    slider.setAttribute(
      "aria-valuetext",
      kernelTime === null ? "" : `${timeOfDay(kernelTime)}, ${ago} ago`,
    );
  };

  const askRange = async () => {
    const askedAt = now();
    try {
      const answer = await host.request("recorded", {});
      clock.synchronize(answer.now, askedAt);
      oldest = answer.oldest;
      slider.title = `Remembered since ${timeOfDay(answer.oldest)}: ${duration(answer.now - answer.oldest)}`;
      draw();
    } catch {
      // The slider stays as it is; the header says what is wrong with the kernel.
    }
  };

  const pause = () => {
    if (pausedAt !== null) return;
    pausedAt = now();
    changes = 0;
    changedKeys = new Set();
    incomplete = "";
    context.show({ entries: new Map(store.entries), at: pausedAt });
    fill(pauseButton, icon("play"), h("span", {}, "Resume"));
    announce("Paused. Changes are still collected.");
    draw();
    void askRange();
  };
  const resume = () => {
    if (pausedAt === null) return;
    pausedAt = null;
    wanted = null;
    const hadFocus = bar.contains(document.activeElement);
    context.show(null);
    fill(pauseButton, icon("pause"), h("span", {}, "Pause"));
    announce("Live again");
    draw();
    if (hadFocus) pauseButton.focus();
  };

  const missing = (unknown: readonly string[], left: number): string => {
    const parts: string[] = [];
    if (unknown.length > 0) {
      const named = unknown.slice(0, NAMED).join(", ");
      const rest = unknown.length > NAMED ? ` and ${count(unknown.length - NAMED)} more` : "";
      parts.push(`not remembered any more: ${named}${rest}`);
    }
    if (left > 0) parts.push(`${plural(left, "key")} are shown as they are now: too many differ`);
    return parts.join("; ");
  };
  const travel = async () => {
    if (asking || wanted === null || pausedAt === null) return;
    asking = true;
    const at = wanted;
    const askedAt = now();
    // What the kernel says is different is so against the state of now.
    const base = new Map(store.entries);
    try {
      const answer = await host.request("past", { at });
      clock.synchronize(answer.now, askedAt);
      const stillWanted = pausedAt !== null && wanted !== null;
      if (stillWanted) {
        incomplete = missing(answer.unknown, answer.left);
        const entries = snapshotAt(base, answer, clock.toPage);
        context.show({ entries, at: clock.toPage(answer.at) ?? now() });
        draw();
      }
    } catch (error) {
      incomplete = `Not possible: ${reasonOf(error)}.`;
      draw();
    } finally {
      asking = false;
      if (wanted !== null && wanted !== at) void travel();
    }
  };
  const settle = debounced(SETTLE, () => void travel(), signal);

  fill(pauseButton, icon("pause"), h("span", {}, "Pause"));
  listen(pauseButton, "click", () => (pausedAt === null ? pause() : resume()), signal);
  listen(resumeButton, "click", resume, signal);
  listen(
    slider,
    "input",
    () => {
      wanted = Number(slider.value);
      settle();
    },
    signal,
  );
  // The arrows are the slider's; nothing around it takes them for its own.
  listen(
    slider,
    "keydown",
    (event) => {
      if (event.key.startsWith("Arrow")) event.stopPropagation();
    },
    signal,
  );
  context.shortcuts.add({
    key: "p",
    does: "pause and go on",
    run: () => {
      if (pausedAt === null) pause();
      else resume();
      return true;
    },
  });
  context.shortcuts.addEscape("pause", () => {
    const was = pausedAt !== null;
    resume();
    return was;
  });
  session.onChange(({ added, changed, removed }) => {
    if (pausedAt === null) return;
    for (const keys of [added, changed, removed]) {
      changes += keys.length;
      for (const key of keys) changedKeys.add(key);
    }
  }, signal);
  every(
    TICK,
    () => {
      if (pausedAt !== null && !context.isHidden()) draw();
    },
    signal,
  );
}
