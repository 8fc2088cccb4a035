/** The keys to lock as chips, and for how long. */

import { h, setText } from "../shared/dom.ts";
import { randomName } from "../shared/host.ts";
import { icon } from "../shared/icons.ts";
import { listen } from "../shared/lifetime.ts";
import { visible } from "../shared/visible_text.ts";
import { readSeconds } from "./lease.ts";

export interface TakeForm {
  readonly element: HTMLElement;
  setBlocked(reason: string | null): void;
  setProblem(text: string): void;
  focus(): void;
  /** Empties the form after its keys have been taken. */
  clear(): void;
}

export interface TakeFormOptions {
  /** Live keys that fit what is being typed. */
  readonly suggest: (typed: string, most: number) => readonly string[];
  /** Whether there is such a key; one that is not there can be locked all the same. */
  readonly isKnown: (key: string) => boolean;
  readonly onTake: (keys: readonly string[], seconds: number) => void;
  readonly signal: AbortSignal;
}

const MOST_SUGGESTIONS = 200;

export function createTakeForm({ suggest, isKnown, onTake, signal }: TakeFormOptions): TakeForm {
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
  const options = h("datalist", { id: listId });
  const seconds = h("input", {
    type: "text",
    class: "nvj-input nvj-seconds",
    inputmode: "decimal",
    "aria-label": "Seconds",
  });
  seconds.value = "10 s";
  const take = h("button", { type: "submit", class: "nvj-primary" }, icon("lock"), "Take");
  const problem = h("div", {
    class: "nvj-problem nvj-toolbar-problem",
    role: "alert",
    hidden: true,
  });
  const element = h(
    "form",
    { class: "nvj-take", novalidate: true },
    h(
      "div",
      { class: "nvj-toolbar" },
      h("label", { class: "nvj-key-box" }, chips, input, options),
      h("label", { class: "nvj-for" }, "for ", seconds),
      take,
    ),
    problem,
  );

  const setProblem = (text: string) => {
    setText(problem, visible(text, 400));
    problem.hidden = text === "";
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
    options.replaceChildren(...found.map((key) => h("option", { value: key })));
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
      const index = Number(button.dataset.index);
      keys = keys.filter((_, at) => at !== index);
      drawChips();
      input.focus();
    },
    signal,
  );
  listen(
    element,
    "submit",
    (event) => {
      event.preventDefault();
      addTyped();
      const read = readSeconds(seconds.value);
      if (keys.length === 0) setProblem("Name at least one key to lock.");
      else if (!read.ok) setProblem(read.problem);
      else {
        setProblem("");
        onTake(keys, read.seconds);
      }
    },
    signal,
  );

  return {
    element,
    setProblem,
    focus: () => input.focus(),
    setBlocked: (reason) => {
      take.disabled = reason !== null;
      take.title = reason ?? "";
    },
    clear: () => {
      keys = [];
      drawChips();
    },
  };
}
