/** The runs of this view: those under way, and the last few that ended. */

import { now } from "../shared/clock.ts";
import { copyButton } from "../shared/copy_button.ts";
import { h, setText } from "../shared/dom.ts";
import { every } from "../shared/lifetime.ts";
import { open } from "../shared/page_value.ts";
import { createPrettyView } from "../shared/pretty_view.ts";
import type { PageValue } from "../shared/protocol.ts";
import type { RunResult } from "../shared/protocol_palette.ts";
import { toJsonText } from "../shared/value_text.ts";
import { visible } from "../shared/visible_text.ts";
import { elapsed } from "../shared/words.ts";

export interface Runs {
  readonly element: HTMLElement;
  /** Seconds that the command's oldest unfinished run has taken, or null. */
  running(name: string): number | null;
  add(name: string, line: string, answer: Promise<RunResult>): void;
}

interface Run {
  readonly name: string;
  readonly startedAt: number;
  readonly element: HTMLElement;
  readonly time: HTMLElement;
  readonly ended: AbortController;
  over: boolean;
}

const MOST = 20;

/** NanoVer's custom: a text under "result" is meant for the person who ran the command. */
function messageOf(result: PageValue): string | null {
  const opened = open(result);
  if (opened.kind !== "object") return null;
  const field = opened.fields.find(([name]) => name === "result")?.[1];
  return typeof field === "string" ? field : null;
}

const isNothing = (result: PageValue): boolean => {
  const opened = open(result);
  return opened.kind === "null" || (opened.kind === "object" && opened.length === 0);
};

export function createRuns(
  onChange: () => void,
  announce: (text: string) => void,
  signal: AbortSignal,
): Runs {
  const element = h("div", { class: "nvj-runs" });
  let runs: readonly Run[] = [];

  const finish = (run: Run, chip: HTMLElement, word: string, tone: string) => {
    run.over = true;
    setText(chip, word);
    chip.dataset.tone = tone;
    announce(`${visible(run.name, 80)}: ${word}`);
    onChange();
  };

  const drawResult = (body: HTMLElement, result: PageValue, over: AbortSignal) => {
    const message = messageOf(result);
    if (message !== null) body.append(h("p", { class: "nvj-message" }, visible(message, 4000)));
    const opened = open(result);
    if (message !== null && opened.kind === "object" && opened.length === 1) return;
    if (isNothing(result)) {
      body.append(h("p", { class: "nvj-dim" }, "It returned nothing."));
      return;
    }
    let lines = 200;
    const pretty = createPrettyView(() => {
      lines += 600;
      pretty.show(result, { lines });
    }, over);
    pretty.show(result, { lines });
    body.append(pretty.element);
  };

  const prune = () => {
    // Runs under way stay: they will have an answer that somebody waits for.
    const ended = runs.filter((run) => run.over);
    for (const run of ended.slice(MOST)) {
      run.ended.abort();
      run.element.remove();
    }
    const kept = new Set(ended.slice(0, MOST));
    runs = runs.filter((run) => !run.over || kept.has(run));
  };

  const running = (name: string): number | null => {
    const oldest = runs.findLast((run) => run.name === name && !run.over);
    return oldest === undefined ? null : now() - oldest.startedAt;
  };

  every(
    100,
    () => {
      const time = now();
      for (const run of runs) {
        if (!run.over && time - run.startedAt > 1) setText(run.time, elapsed(time - run.startedAt));
      }
    },
    signal,
  );

  return {
    element,
    running,
    add(name, line, answer) {
      const ended = new AbortController();
      const over = AbortSignal.any([signal, ended.signal]);
      const chip = h("span", { class: "nvj-chip", "data-tone": "running" }, "running");
      const time = h("span", { class: "nvj-dim nvj-tabular" });
      const code = h("code", { class: "nvj-line nvj-dim" }, visible(line, 300));
      const head = h("div", { class: "nvj-run-head" }, chip, time, code);
      const body = h("div", { class: "nvj-run-body" });
      const item = h("section", { class: "nvj-run", "aria-label": visible(name, 80) }, head, body);
      const run: Run = { name, startedAt: now(), element: item, time, ended, over: false };
      element.prepend(item);
      item.scrollIntoView({ block: "nearest" });
      runs = [run, ...runs];
      answer.then(
        ({ result, seconds }) => {
          setText(time, elapsed(seconds));
          finish(run, chip, "done", "good");
          drawResult(body, result, over);
          // Later the person may be elsewhere.
          if (now() - run.startedAt < 1) item.scrollIntoView({ block: "nearest" });
          if (!isNothing(result)) head.append(copyButton("JSON", () => toJsonText(result), over));
          prune();
        },
        (error: unknown) => {
          setText(time, elapsed(now() - run.startedAt));
          finish(run, chip, "failed", "bad");
          const words = error instanceof Error ? error.message : String(error);
          const said = words === "" ? "The server gave no reason." : visible(words, 4000);
          body.append(h("p", { class: "nvj-error" }, said));
          prune();
        },
      );
      onChange();
    },
  };
}
