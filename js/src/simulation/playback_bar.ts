/** The bar at the top: name, state, time and rate of the simulation, and playback buttons. */

import type { ToolContext } from "../panel/tool.ts";
import type { SimulationBody } from "../protocol/simulation.ts";
import { reasonOf } from "../text/format.ts";
import { visible as visibleText } from "../text/visible_text.ts";
import { createConfirmBox } from "../ui/confirm.ts";
import { h, setBlocked, setText } from "../ui/html.ts";
import { type IconName, icon } from "../ui/icons.ts";
import { listen } from "../ui/lifetime.ts";
import { createMenuButton, type MenuItem } from "../ui/menu.ts";
import { simulatedTime } from "./format.ts";
import { STATE, STATE_TITLE, BAR as TEXT } from "./strings.ts";

export interface PlaybackBar {
  readonly element: HTMLElement;
  /** Confirmations and failures, below the bar. */
  readonly notice: HTMLElement;
  /** `seconds` is the age of the last frame, `time` the simulated time in ps. */
  show(simulation: SimulationBody | null, seconds: number | null, time: number | null): void;
  /** Ask for confirmation, then reset. */
  reset(): void;
  notify(text: string): void;
}

/** Disable a button with the reason as its tooltip, or enable it with another tooltip. */
function block(button: HTMLButtonElement, title: string, reason: string | null): void {
  setBlocked(button, reason);
  if (reason === null) button.title = title;
}

const TONES = { none: "", playing: "good", paused: "amber", stopped: "amber" } as const;

export function createPlaybackBar(context: ToolContext): PlaybackBar {
  const { host, signal, connection, announce } = context;
  const name = h("strong", { class: "nvj-simulation-name" });
  const chip = h("span", { class: "nvj-chip" });
  const facts = h("span", { class: "nvj-simulation-facts nvj-dim nvj-tabular" });
  let simulation: SimulationBody | null = null;
  let running: string | null = null;
  let names: readonly string[] = [];
  let hasRequestedNames = false;
  let listProblem: string = TEXT.loadingList;

  // A narrow widget hides the labels.
  const button = (label: string, image: IconName) =>
    h("button", { type: "button", "aria-label": label }, icon(image), h("span", {}, label));
  const play = button(TEXT.play, "play");
  const pause = button(TEXT.pause, "pause");
  const step = button(TEXT.step, "step");
  const reset = button(TEXT.reset, "again");

  const problem = h("p", { class: "nvj-problem" });
  const problemPlace = h(
    "div",
    { class: "nvj-toolbar-problem", role: "alert", hidden: true },
    problem,
  );
  const confirm = createConfirmBox(() => reset.focus(), signal);
  const notice = h("div", {}, confirm.element, problemPlace);
  const notify = (text: string) => {
    setText(problem, visibleText(text, 600));
    problemPlace.hidden = text === "";
  };

  const run = async (action: string, label: string, index: number | null = null) => {
    running = action;
    notify("");
    drawButtons();
    try {
      await host.request("playback", { action, index });
      announce(TEXT.done(label));
    } catch (error) {
      notify(TEXT.failed(label, reasonOf(error)));
    } finally {
      running = null;
      drawButtons();
    }
  };
  const askReset = () =>
    confirm.ask(
      [TEXT.askReset],
      [{ label: TEXT.reset, danger: true, run: () => void run("reset", TEXT.reset) }],
    );
  const askLoad = (index: number, label: string) =>
    confirm.ask(
      [TEXT.askLoad(label)],
      [{ label: TEXT.load, danger: true, run: () => void run("load", TEXT.load, index) }],
    );

  const fetchNames = () => {
    if (!has("list") || connection.get().blocked !== null) return;
    hasRequestedNames = true;
    host.request("simulations", {}).then(
      (reply) => {
        names = reply.names;
        listProblem = TEXT.noSimulations;
      },
      (error: unknown) => {
        names = [];
        listProblem = TEXT.listFailed(reasonOf(error));
      },
    );
  };
  const items = (): readonly MenuItem[] => {
    fetchNames();
    if (names.length === 0) return [{ label: listProblem, run: () => undefined }];
    return names.map((each, index) => {
      const label = each === "" ? TEXT.unnamedItem(index) : visibleText(each, 120);
      const checked = each !== "" && each === simulation?.name;
      return { label, checked, run: () => askLoad(index, label) };
    });
  };
  const load = createMenuButton({ name: TEXT.loadTitle, items }, signal);
  load.setLabel(TEXT.load, icon("chevron"));

  const has = (action: string): boolean => simulation?.actions.includes(action) ?? false;
  const drawButtons = () => {
    const { blocked } = connection.get();
    const reason = (action: string): string | null =>
      blocked ??
      (running !== null ? TEXT.running : null) ??
      (has(action) ? null : TEXT.missing(`playback/${action}`));
    const isPlaying = simulation?.state === "playing";
    const hadFocus = document.activeElement === play || document.activeElement === pause;
    play.hidden = isPlaying;
    pause.hidden = !isPlaying;
    block(play, TEXT.play, reason("play"));
    block(pause, TEXT.pause, reason("pause"));
    block(step, TEXT.step, reason("step"));
    block(reset, TEXT.reset, reason("reset"));
    block(load.button, TEXT.loadTitle, reason("load"));
    // The focus stays on the button that took the other's place.
    if (hadFocus) (isPlaying ? pause : play).focus();
    // The menu opens with what is known, so the list is fetched before it is needed.
    if (!hasRequestedNames) fetchNames();
  };

  listen(play, "click", () => void run("play", TEXT.play), signal);
  listen(pause, "click", () => void run("pause", TEXT.pause), signal);
  listen(step, "click", () => void run("step", TEXT.step), signal);
  listen(reset, "click", askReset, signal);
  connection.observe(drawButtons, signal);

  const buttons = h(
    "span",
    { class: "nvj-simulation-buttons", role: "group", "aria-label": TEXT.label },
    play,
    pause,
    step,
    reset,
    load.element,
  );
  const element = h(
    "div",
    { class: "nvj-toolbar nvj-simulation-bar" },
    h("span", { class: "nvj-simulation-title" }, chip, name),
    facts,
    h("span", { class: "nvj-space" }),
    buttons,
  );

  return {
    element,
    notice,
    notify,
    reset: askReset,
    show(next, seconds, time) {
      simulation = next;
      const state = next?.state ?? "none";
      setText(chip, STATE[state]);
      chip.title = STATE_TITLE[state];
      chip.dataset.tone = TONES[state];
      // The header says that the connection is lost; what the simulation does is unknown then.
      const isLost = connection.get().blocked !== null;
      chip.hidden = next === null || isLost;
      const unnamed = state === "none" ? "" : TEXT.unnamed;
      setText(name, visibleText(next === null || next.name === "" ? unnamed : next.name, 120));
      name.title = name.textContent ?? "";
      const isMoving = state === "playing" && !isLost;
      const parts = [
        next?.atoms === null || next === null ? "" : TEXT.atoms(next.atoms),
        time === null ? "" : simulatedTime(time),
        next !== null && isMoving ? TEXT.frames(next.rate) : "",
        seconds !== null && state === "stopped" ? TEXT.lastFrame(seconds) : "",
      ];
      setText(facts, parts.filter((part) => part !== "").join(" · "));
      drawButtons();
    },
  };
}
