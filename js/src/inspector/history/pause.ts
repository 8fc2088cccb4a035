/** Pause the tree, and go back to the state at any recorded time with a slider. */

import { age, reasonOf } from "../../text/format.ts";
import { now } from "../../ui/clock.ts";
import { fill, h, setText } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { debounced, every, listen } from "../../ui/lifetime.ts";
import type { InspectorContext } from "../context.ts";
import * as strings from "../strings.ts";
import { createRecorderClock, snapshotAt, timeOfDay } from "./recorded_state.ts";

const SETTLE_MS = 60;
const TICK_MS = 500;
/** Step of the slider, in seconds. */
const STEP = 0.1;
const MOST_NAMED = 3;

export function addPause(context: InspectorContext): void {
  const { host, session, signal, shown, announce } = context;
  const { store } = session;
  const clock = createRecorderClock();
  /** Null while live. */
  let pausedAt: number | null = null;
  let oldest: number | null = null;
  let wanted: number | null = null;
  let isLoading = false;
  let changes = 0;
  let changedKeys = new Set<string>();
  let incomplete = "";

  const pauseButton = h("button", {
    type: "button",
    "aria-pressed": "false",
    title: strings.pausePauseHint,
  });
  const resumeButton = h(
    "button",
    { type: "button", class: "nvj-primary" },
    icon("play"),
    strings.pauseResume,
  );
  const status = h("strong", { class: "nvj-tabular" });
  const waiting = h("span", { class: "nvj-dim nvj-tabular" });
  const hint = h("span", { class: "nvj-bar-note", hidden: true });
  const slider = h("input", {
    type: "range",
    class: "nvj-time",
    step: STEP,
    "aria-label": strings.pauseSlider,
  });
  const bar = h(
    "div",
    {
      class: "nvj-bar nvj-pause-bar",
      role: "group",
      "aria-label": strings.pauseLabel,
      hidden: true,
    },
    resumeButton,
    status,
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
    const isEarlier = wanted !== null || at < pausedAt - STEP;
    const text = isEarlier ? strings.pauseShowing : strings.pausePausedAt;
    setText(
      status,
      kernelTime === null ? strings.pausePausedAgo(ago) : text(timeOfDay(kernelTime), ago),
    );
    setText(
      waiting,
      changes === 0 ? strings.pauseNoChanges : strings.pauseChanges(changes, changedKeys.size),
    );
    hint.hidden = incomplete === "";
    setText(hint, incomplete);
    const end = clock.now();
    if (oldest === null || end === null) return;
    slider.min = String(oldest);
    slider.max = String(end);
    if (document.activeElement !== slider && kernelTime !== null) slider.value = String(kernelTime);
    slider.setAttribute(
      "aria-valuetext",
      kernelTime === null ? "" : strings.pauseShowing(timeOfDay(kernelTime), ago),
    );
  };

  const loadRange = async () => {
    const requestedAt = now();
    try {
      const reply = await host.request("recorder_status", {});
      clock.synchronize(reply.now, requestedAt);
      oldest = reply.oldest;
      slider.title = strings.pauseRange(timeOfDay(reply.oldest), reply.now - reply.oldest);
      draw();
    } catch {
      // The slider keeps its range, and the header shows the problem with the kernel.
    }
  };

  const pause = () => {
    if (pausedAt !== null) return;
    pausedAt = now();
    changes = 0;
    changedKeys = new Set();
    incomplete = "";
    context.show({ entries: new Map(store.entries), at: pausedAt });
    fill(pauseButton, icon("play"), h("span", {}, strings.pauseResume));
    announce(strings.pausePaused);
    draw();
    void loadRange();
  };
  const resume = () => {
    if (pausedAt === null) return;
    pausedAt = null;
    wanted = null;
    const hadFocus = bar.contains(document.activeElement);
    context.show(null);
    fill(pauseButton, icon("pause"), h("span", {}, strings.pausePause));
    announce(strings.pauseLive);
    draw();
    if (hadFocus) pauseButton.focus();
  };

  /** Returns what the shown state lacks; empty if it is complete. */
  const missingText = (unknown: readonly string[], left: number): string => {
    const parts: string[] = [];
    if (unknown.length > 0) {
      const named = unknown.slice(0, MOST_NAMED).join(", ");
      parts.push(strings.pauseDiscarded(named, Math.max(0, unknown.length - MOST_NAMED)));
    }
    if (left > 0) parts.push(strings.pauseNotRewound(left));
    return parts.length === 0 ? "" : strings.pauseIncomplete(parts.join("; "));
  };
  const showWantedTime = async () => {
    if (isLoading || wanted === null || pausedAt === null) return;
    isLoading = true;
    const at = wanted;
    const requestedAt = now();
    // The kernel sends the differences from the current state.
    const base = new Map(store.entries);
    try {
      const reply = await host.request("state_at", { at });
      clock.synchronize(reply.now, requestedAt);
      const stillWanted = pausedAt !== null && wanted !== null;
      if (stillWanted) {
        incomplete = missingText(reply.unknown, reply.left);
        const entries = snapshotAt(base, reply, clock.toPage);
        context.show({ entries, at: clock.toPage(reply.at) ?? now() });
        draw();
      }
    } catch (error) {
      incomplete = strings.pauseLoadFailed(reasonOf(error));
      draw();
    } finally {
      isLoading = false;
      if (wanted !== null && wanted !== at) void showWantedTime();
    }
  };
  const settle = debounced(SETTLE_MS, () => void showWantedTime(), signal);

  fill(pauseButton, icon("pause"), h("span", {}, strings.pausePause));
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
  // Arrow keys move the slider only.
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
    does: strings.shortcutPause,
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
    TICK_MS,
    () => {
      if (pausedAt !== null && !context.isHidden()) draw();
    },
    signal,
  );
}
