/** The form that acquires locks: keys, duration and options. */

import { randomName } from "../text/random_name.ts";
import { keyText, visible } from "../text/visible_text.ts";
import { h, setAttribute, setBlocked, setText } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import { listen } from "../ui/lifetime.ts";
import { readSeconds, readWaitTime } from "./lease_status.ts";
import { ACQUIRE_FORM as TEXT } from "./strings.ts";

/** The values of the form. */
export interface LockRequest {
  readonly keys: readonly string[];
  readonly seconds: number;
  readonly auto_renew: boolean;
  /** The longest time to hold it in seconds; null for no limit. */
  readonly max_hold: number | null;
  /** Seconds to wait while another client holds a key; null until it is free. */
  readonly wait: number | null;
  /** A message to the holder while waiting. */
  readonly note: string;
}

export interface AcquireForm {
  readonly element: HTMLElement;
  setBlocked(reason: string | null): void;
  /** `which` offers to check which of the keys another client holds. */
  setProblem(text: string, which?: boolean): void;
  focus(): void;
  /** Removes keys that were acquired or are watched now; keys added since stay. */
  remove(done: readonly string[]): void;
}

export interface AcquireFormOptions {
  /** Keys of the state that contain the typed text. */
  readonly suggest: (typed: string, limit: number) => readonly string[];
  /** Whether the state has this key. A new key can be locked too. */
  readonly isKnown: (key: string) => boolean;
  readonly onAcquire: (request: LockRequest) => void;
  readonly onWatch: (keys: readonly string[]) => void;
  /** Checks which of the keys another client holds. */
  readonly onWhich: () => void;
  readonly signal: AbortSignal;
}

const MAX_SUGGESTIONS = 200;

export function createAcquireForm(options: AcquireFormOptions): AcquireForm {
  const { suggest, isKnown, onAcquire, onWatch, onWhich, signal } = options;
  let keys: readonly string[] = [];
  const listId = `nvj-${randomName().slice(0, 8)}-keys`;
  const chips = h("span", { class: "nvj-chips" });
  const input = h("input", {
    type: "text",
    class: "nvj-key-input nvj-mono",
    placeholder: TEXT.key,
    "aria-label": TEXT.keyLabel,
    list: listId,
    spellcheck: "false",
    autocomplete: "off",
  });
  const known = h("datalist", { id: listId });
  const seconds = h("input", {
    type: "text",
    class: "nvj-input nvj-seconds",
    inputmode: "decimal",
    "aria-label": TEXT.duration,
  });
  seconds.value = "10 s";
  const autoRenew = h("input", {
    type: "checkbox",
    class: "nvj-switch",
    role: "switch",
    "aria-label": TEXT.autoRenew,
  });
  autoRenew.checked = true;
  const wait = h("input", { type: "text", class: "nvj-input nvj-seconds", inputmode: "decimal" });
  wait.value = "0 s";
  const cap = h("input", { type: "text", class: "nvj-input nvj-seconds", inputmode: "decimal" });
  cap.value = "10 min";
  const note = h("input", {
    type: "text",
    class: "nvj-input nvj-wait-note",
    maxlength: 120,
    placeholder: TEXT.noteHint,
  });
  const more = h(
    "button",
    {
      type: "button",
      class: "nvj-quiet nvj-acquire-more",
      "aria-expanded": "false",
      "aria-label": TEXT.options,
      title: TEXT.options,
    },
    icon("more"),
  );
  const limits = h(
    "div",
    { class: "nvj-toolbar nvj-acquire-limits", hidden: true },
    h("label", { class: "nvj-duration-label" }, TEXT.waitUpTo, " ", wait),
    h("label", { class: "nvj-duration-label" }, TEXT.holdAtMost, " ", cap),
    h("span", { class: "nvj-dim" }, TEXT.noLimit),
    h("label", { class: "nvj-duration-label" }, TEXT.note, " ", note),
  );
  const which = h("button", { type: "button", class: "nvj-button", hidden: true }, TEXT.whichKeys);
  const acquireButton = h(
    "button",
    { type: "submit", class: "nvj-primary" },
    icon("lock"),
    TEXT.acquire,
  );
  const watch = h(
    "button",
    {
      type: "button",
      class: "nvj-quiet nvj-acquire-watch",
      title: TEXT.watchTitle,
    },
    TEXT.watch,
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
      h("label", { class: "nvj-duration-label" }, TEXT.duration, " ", seconds),
      h(
        "label",
        { class: "nvj-duration-label nvj-auto-renew-label", title: TEXT.autoRenewTitle },
        TEXT.autoRenew,
        " ",
        autoRenew,
      ),
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
  /** The request, or the problem with the fields. */
  const read = (): LockRequest | string => {
    const time = readSeconds(seconds.value);
    const waitTime = readWaitTime(wait.value);
    const limit = cap.value.trim() === "" ? null : readSeconds(cap.value);
    if (keys.length === 0) return TEXT.nothingToLock;
    if (!time.ok) return time.problem;
    if (!waitTime.ok) return waitTime.problem;
    if (limit !== null && !limit.ok) return limit.problem;
    return {
      keys,
      seconds: time.seconds,
      auto_renew: autoRenew.checked,
      max_hold: limit === null ? null : limit.seconds,
      wait: waitTime.seconds,
      note: note.value.trim(),
    };
  };
  const drawChips = () => {
    chips.replaceChildren(
      ...keys.map((key, index) =>
        h(
          "span",
          { class: "nvj-key-chip" },
          h("code", {}, keyText(key, 60)),
          !isKnown(key) && h("span", { class: "nvj-dim nvj-key-new" }, TEXT.newKey),
          h(
            "button",
            {
              type: "button",
              class: "nvj-quiet",
              "data-index": index,
              "aria-label": TEXT.remove(key),
            },
            icon("close"),
          ),
        ),
      ),
    );
    input.placeholder = keys.length === 0 ? TEXT.key : "";
  };
  const remove = (done: readonly string[]) => {
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
    const found = suggest(input.value.trim(), MAX_SUGGESTIONS).filter((key) => !keys.includes(key));
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
      remove(keys.filter((_, at) => at === Number(button.dataset.index)));
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
      setProblem(keys.length === 0 ? TEXT.nothingToWatch : "");
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
      setBlocked(acquireButton, reason);
      watch.disabled = acquireButton.disabled;
    },
    remove,
  };
}
