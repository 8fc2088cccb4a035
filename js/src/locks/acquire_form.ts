/** The form that acquires locks: keys, duration and options. */

import { randomName } from "../text/random_name.ts";
import { visible } from "../text/visible_text.ts";
import { h, setAttribute, setText } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import { listen } from "../ui/lifetime.ts";
import { readSeconds, readWaitTime } from "./lease_status.ts";

/** What is to be taken, as the form has it. */
export interface LockRequest {
  readonly keys: readonly string[];
  readonly seconds: number;
  readonly keep: boolean;
  /** Seconds for which it may be held at the most; null for ever. */
  readonly cap: number | null;
  /** Seconds to wait while someone else holds a key. */
  readonly wait: number;
}

export interface AcquireForm {
  readonly element: HTMLElement;
  setBlocked(reason: string | null): void;
  /** `which`: whether it can be found out which of the keys someone else holds. */
  setProblem(text: string, which?: boolean): void;
  focus(): void;
  /** Leaves out keys that have been taken, or watched; what was added meanwhile stays. */
  leaveOut(done: readonly string[]): void;
}

export interface AcquireFormOptions {
  /** Live keys that fit what is being typed. */
  readonly suggest: (typed: string, most: number) => readonly string[];
  /** Whether there is such a key; one that is not there can be locked all the same. */
  readonly isKnown: (key: string) => boolean;
  readonly onAcquire: (request: LockRequest) => void;
  readonly onWatch: (keys: readonly string[]) => void;
  /** Asked which of the keys someone else holds. */
  readonly onWhich: () => void;
  readonly signal: AbortSignal;
}

const MOST_SUGGESTIONS = 200;
const KEEP = "Renewed by itself, whatever the notebook does, until you release it";

export function createAcquireForm(options: AcquireFormOptions): AcquireForm {
  const { suggest, isKnown, onAcquire, onWatch, onWhich, signal } = options;
  let keys: readonly string[] = [];
  const listId = `nvj-${randomName().slice(0, 8)}-keys`;
  const chips = h("span", { class: "nvj-chips" });
  const input = h("input", {
    type: "text",
    class: "nvj-key-input nvj-mono",
    placeholder: "add a key…",
    "aria-label": "Key to lock",
    list: listId,
    spellcheck: "false",
    autocomplete: "off",
  });
  const known = h("datalist", { id: listId });
  const seconds = h("input", {
    type: "text",
    class: "nvj-input nvj-seconds",
    inputmode: "decimal",
    "aria-label": "Seconds",
  });
  seconds.value = "10 s";
  const keep = h("input", {
    type: "checkbox",
    class: "nvj-switch",
    role: "switch",
    "aria-label": "Keep",
  });
  keep.checked = true;
  const wait = h("input", { type: "text", class: "nvj-input nvj-seconds", inputmode: "decimal" });
  wait.value = "0 s";
  const cap = h("input", { type: "text", class: "nvj-input nvj-seconds", inputmode: "decimal" });
  cap.value = "10 min";
  const more = h(
    "button",
    {
      type: "button",
      class: "nvj-quiet nvj-acquire-more",
      "aria-expanded": "false",
      "aria-label": "Waiting and limits",
      title: "Waiting and limits",
    },
    icon("more"),
  );
  const limits = h(
    "div",
    { class: "nvj-toolbar nvj-acquire-limits", hidden: true },
    h("label", { class: "nvj-duration-label" }, "wait for up to ", wait),
    h("label", { class: "nvj-duration-label" }, "hold for at most ", cap),
    h("span", { class: "nvj-dim" }, "empty: no limit"),
  );
  const which = h("button", { type: "button", class: "nvj-button", hidden: true }, "Which one?");
  const acquireButton = h("button", { type: "submit", class: "nvj-primary" }, icon("lock"), "Take");
  const watch = h(
    "button",
    {
      type: "button",
      class: "nvj-quiet nvj-acquire-watch",
      title: "Say whether they are free, mine, or someone else's, and take nothing",
    },
    "Watch",
  );
  const problemText = h("span");
  const problem = h(
    "div",
    { class: "nvj-problem nvj-toolbar-problem", role: "alert", hidden: true },
    problemText,
    " ",
    which,
  );
  const element = h(
    "form",
    { class: "nvj-acquire", novalidate: true },
    h(
      "div",
      { class: "nvj-toolbar" },
      h("label", { class: "nvj-key-box" }, chips, input, known),
      h("label", { class: "nvj-duration-label" }, "for ", seconds),
      h("label", { class: "nvj-duration-label nvj-auto-renew-label", title: KEEP }, "Keep ", keep),
      acquireButton,
      watch,
      more,
    ),
    limits,
    problem,
  );

  const setProblem = (text: string, canAsk = false) => {
    setText(problemText, visible(text, 400));
    problem.hidden = text === "";
    which.hidden = !canAsk;
  };
  /** What the fields say, or what is wrong with them. */
  const read = (): LockRequest | string => {
    const time = readSeconds(seconds.value);
    const waitTime = readWaitTime(wait.value);
    const limit = cap.value.trim() === "" ? null : readSeconds(cap.value);
    if (keys.length === 0) return "Name at least one key to lock.";
    if (!time.ok) return time.problem;
    if (!waitTime.ok) return waitTime.problem;
    if (limit !== null && !limit.ok) return limit.problem;
    return {
      keys,
      seconds: time.seconds,
      keep: keep.checked,
      cap: limit === null ? null : limit.seconds,
      wait: waitTime.seconds,
    };
  };
  const drawChips = () => {
    chips.replaceChildren(
      ...keys.map((key, index) =>
        h(
          "span",
          { class: "nvj-key-chip" },
          h("code", {}, key === "" ? "(empty)" : visible(key, 60)),
          !isKnown(key) && h("span", { class: "nvj-dim nvj-key-new" }, "no such key yet"),
          h(
            "button",
            {
              type: "button",
              class: "nvj-quiet",
              "data-index": index,
              "aria-label": `Leave out ${visible(key, 60)}`,
            },
            icon("close"),
          ),
        ),
      ),
    );
    input.placeholder = keys.length === 0 ? "add a key…" : "";
  };
  const leaveOut = (done: readonly string[]) => {
    keys = keys.filter((key) => !done.includes(key));
    drawChips();
  };
  const addTyped = (): boolean => {
    const key = input.value.trim();
    if (key === "") return false;
    if (!keys.includes(key)) keys = [...keys, key];
    input.value = "";
    drawChips();
    return true;
  };
  const drawOptions = () => {
    const found = suggest(input.value.trim(), MOST_SUGGESTIONS).filter(
      (key) => !keys.includes(key),
    );
    known.replaceChildren(...found.map((key) => h("option", { value: key })));
  };

  listen(input, "input", drawOptions, signal);
  listen(input, "focus", drawOptions, signal);
  listen(
    input,
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey) return;
      if ((event.key === "Enter" || event.key === ",") && addTyped()) event.preventDefault();
      else if (event.key === "Backspace" && input.value === "" && keys.length > 0) {
        keys = keys.slice(0, -1);
        drawChips();
      } else if (event.key === "Escape" && input.value !== "") {
        event.preventDefault();
        input.value = "";
      }
    },
    signal,
  );
  listen(
    chips,
    "click",
    (event) => {
      const button =
        event.target instanceof Element ? event.target.closest<HTMLElement>("[data-index]") : null;
      if (button === null) return;
      event.preventDefault();
      leaveOut(keys.filter((_, at) => at === Number(button.dataset.index)));
      input.focus();
    },
    signal,
  );
  listen(which, "click", onWhich, signal);
  listen(
    watch,
    "click",
    () => {
      addTyped();
      setProblem(keys.length === 0 ? "Name at least one key to watch." : "");
      if (keys.length > 0) onWatch(keys);
    },
    signal,
  );
  listen(
    more,
    "click",
    () => {
      limits.hidden = !limits.hidden;
      setAttribute(more, "aria-expanded", String(!limits.hidden));
      if (!limits.hidden) wait.focus();
    },
    signal,
  );
  listen(
    element,
    "submit",
    (event) => {
      event.preventDefault();
      addTyped();
      const request = read();
      if (typeof request === "string") setProblem(request);
      else {
        setProblem("");
        onAcquire(request);
      }
    },
    signal,
  );

  return {
    element,
    setProblem,
    focus: () => input.focus(),
    setBlocked: (reason) => {
      acquireButton.disabled = reason !== null;
      acquireButton.title = reason ?? "";
      watch.disabled = acquireButton.disabled;
    },
    leaveOut,
  };
}
