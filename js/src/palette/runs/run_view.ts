/** A card for one run: progress, result or error, and actions. */

import type { Host } from "../../kernel/host.ts";
import type { CommandBody, RunState, RunStateBody } from "../../protocol/palette.ts";
import { elapsed } from "../../text/format.ts";
import { visible } from "../../text/visible_text.ts";
import { copyButton } from "../../ui/clipboard.ts";
import { fill, h, setAttribute, setText } from "../../ui/html.ts";
import { type IconName, icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";
import { toJsonText } from "../../values/value_text.ts";
import { cellButton } from "../cell_button.ts";
import { lineFor } from "../form/form.ts";
import { shownCall, shownLine } from "../form/secrets.ts";
import { RUN, RUN_STATES } from "../strings.ts";
import { effectParts } from "./effects_view.ts";
import { adviceFor } from "./error_advice.ts";
import { createResultView, isNothing, note } from "./result_view.ts";
import { type ShownRun, secondsOf } from "./run_store.ts";

export interface RunActions {
  /** Return the current description of a command. */
  readonly find: (name: string) => CommandBody | null;
  readonly cancel: (run: string) => void;
  /** Move the focus elsewhere if nothing is left to focus. */
  readonly leave: () => void;
  readonly forget: (run: string) => void;
  /** Load the arguments into the form. */
  readonly load: (body: RunStateBody) => void;
  readonly again: (body: RunStateBody) => void;
  /** Load the arguments into the form and add a missing one. */
  readonly addArgument: (body: RunStateBody, argument: string) => void;
}

export interface RunView {
  readonly element: HTMLElement;
  show(shown: ShownRun): void;
  /** Update the duration of a running command. */
  tick(): void;
  setOpen(open: boolean): void;
}

const TONES: Readonly<Record<RunState, string>> = {
  running: "running",
  done: "good",
  failed: "bad",
  cancelled: "amber",
};
/** Seconds after which progress is shown without a number. */
const SLOW = 1;

const clockTime = (began: number): string => new Date(began * 1000).toLocaleTimeString();

export function createRunView(
  first: ShownRun,
  host: Host,
  actions: RunActions,
  signal: AbortSignal,
): RunView {
  let shown = first;
  let isOpen = true;
  let drawnState = "";

  const { run, name } = first.body;
  const result = createResultView(run, host, signal);
  const line = lineFor(name, Object.entries(first.body.arguments));
  const seen = shownLine(name, first.body.arguments, actions.find(name));
  const chip = h("span", { class: "nvj-chip" });
  const time = h("span", { class: "nvj-dim nvj-tabular" });
  const when = h(
    "time",
    { class: "nvj-dim nvj-tabular nvj-run-time" },
    clockTime(first.body.began),
  );
  when.title = new Date(first.body.began * 1000).toLocaleString();
  const code = h(
    "code",
    { class: "nvj-code-line nvj-dim" },
    visible(shownCall(name, first.body.arguments, actions.find(name)), 300),
  );
  code.title = visible(seen, 1000);
  const chevron = h(
    "button",
    {
      type: "button",
      class: "nvj-quiet nvj-chevron",
      "aria-expanded": "true",
      "aria-label": RUN.result,
    },
    icon("chevron"),
  );
  const cancel = h("button", { type: "button", class: "nvj-quiet" }, icon("close"), RUN.cancel);
  cancel.title = RUN.cancelTitle;
  const bar = h(
    "div",
    { class: "nvj-progress", role: "progressbar", "aria-label": RUN.progress, hidden: true },
    h("div"),
  );
  const body = h("div", { class: "nvj-run-body" });
  const effects = h("div", { class: "nvj-effects", hidden: true });
  const button = (label: string, name: IconName, title: string) =>
    h("button", { type: "button", class: "nvj-quiet", title }, icon(name), label);
  const again = button(RUN.again, "again", RUN.againTitle);
  const load = button(RUN.edit, "edit", RUN.editTitle);
  const remove = h(
    "button",
    { type: "button", class: "nvj-quiet", "aria-label": RUN.remove },
    icon("trash"),
  );
  const json = copyButton(
    RUN.copyJson,
    () => result.fetchFull().then(toJsonText),
    signal,
    RUN.copyJsonTitle,
  );
  const footer = h(
    "div",
    { class: "nvj-run-footer" },
    again,
    load,
    copyButton(RUN.copyPython, () => line, signal, RUN.copyPythonTitle),
    cellButton(host, () => line, signal),
    json,
    h("span", { class: "nvj-space" }),
    remove,
  );
  const element = h(
    "section",
    { class: "nvj-run", "aria-label": visible(name, 80) },
    h("div", { class: "nvj-run-head" }, chevron, chip, time, code, cancel, when),
    bar,
    body,
    effects,
    footer,
  );

  const errorParts = (latest: RunStateBody): readonly HTMLElement[] => {
    const { error } = latest;
    if (error === null) return [note(RUN.unknownError)];
    const message = error.message === "" ? RUN.noReason : visible(error.message, 4000);
    const parts: HTMLElement[] = [h("p", { class: "nvj-error" }, message)];
    const advice = adviceFor(error);
    if (advice === null) return parts;
    const text = note(visible(advice.text, 300));
    const { add } = advice;
    if (add !== null) {
      const addButton = h("button", { type: "button", class: "nvj-link" }, RUN.addArgument(add));
      listen(addButton, "click", () => actions.addArgument(latest, add), signal);
      text.append(" ", addButton);
    }
    return [...parts, text];
  };

  const drawBody = () => {
    const { body: latest } = shown;
    switch (latest.state) {
      case "running":
        fill(body);
        break;
      case "done":
        fill(body, ...result.parts(latest));
        break;
      case "failed":
        fill(body, ...errorParts(latest));
        break;
      case "cancelled":
        fill(body, note(RUN.cancelled));
    }
  };

  const drawProgress = () => {
    const { state, progress } = shown.body;
    const isRunning = state === "running";
    const unfinished = progress !== null && progress < 1;
    bar.hidden =
      !(isRunning || (state === "done" && unfinished)) ||
      (progress === null && secondsOf(shown) < SLOW);
    setAttribute(bar, "data-vague", progress === null);
    const percent = progress === null ? null : Math.round(progress * 100);
    setAttribute(bar, "aria-valuenow", percent);
    const inner = bar.firstElementChild;
    if (inner instanceof HTMLElement) inner.style.width = percent === null ? "" : `${percent}%`;
  };

  const drawTime = () => {
    const { state, progress } = shown.body;
    const percent = progress === null || progress >= 1 ? "" : ` · ${Math.round(progress * 100)} %`;
    setText(
      time,
      `${elapsed(secondsOf(shown))}${state === "running" || state === "done" ? percent : ""}`,
    );
  };

  const drawOpen = () => {
    const { state } = shown.body;
    const expanded = isOpen && state !== "running";
    body.hidden = !expanded || body.childElementCount === 0;
    effects.hidden = !expanded || effects.childElementCount === 0;
    footer.hidden = !expanded;
    setAttribute(chevron, "aria-expanded", String(expanded));
    chevron.disabled = state === "running";
  };

  const draw = () => {
    const { body: latest } = shown;
    setText(chip, RUN_STATES[latest.state]);
    chip.dataset.tone = TONES[latest.state];
    cancel.hidden = latest.state !== "running";
    json.hidden = latest.state !== "done" || isNothing(latest.result);
    drawTime();
    drawProgress();
    const drawn = `${latest.state} ${latest.dropped}`;
    if (drawn !== drawnState) {
      drawnState = drawn;
      drawBody();
    }
    if (latest.effects !== null && effects.childElementCount === 0)
      fill(effects, ...effectParts(latest.effects));
    drawOpen();
  };

  listen(cancel, "click", () => actions.cancel(run), signal);
  listen(remove, "click", () => actions.forget(run), signal);
  listen(load, "click", () => actions.load(shown.body), signal);
  listen(again, "click", () => actions.again(shown.body), signal);
  listen(
    chevron,
    "click",
    () => {
      isOpen = !isOpen;
      drawOpen();
    },
    signal,
  );
  draw();

  return {
    element,
    show(next) {
      shown = next;
      draw();
    },
    tick() {
      if (shown.body.state !== "running") return;
      drawTime();
      drawProgress();
    },
    setOpen(next) {
      isOpen = next;
      drawOpen();
    },
  };
}
