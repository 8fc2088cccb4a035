/** The form of the chosen command, and the line of Python that would do the same. */

import { copyButton } from "../shared/copy_button.ts";
import { h, setAttribute, setText } from "../shared/dom.ts";
import { icon } from "../shared/icons.ts";
import { listen } from "../shared/lifetime.ts";
import type { PageRecord } from "../shared/protocol.ts";
import type { CommandBody } from "../shared/protocol_palette.ts";
import { visible } from "../shared/visible_text.ts";
import { extraField, type Field, fieldsOf, readForm } from "./form.ts";

export interface FormView {
  readonly element: HTMLElement;
  show(command: CommandBody | null): void;
  /** The reason why nothing can be run now, or null. */
  setBlocked(reason: string | null): void;
  run(): void;
  focusFirst(): void;
}

export interface FormViewOptions {
  readonly onRun: (name: string, args: PageRecord, line: string) => void;
  readonly signal: AbortSignal;
}

const KINDS = { number: "number", text: "text", json: "JSON", boolean: "yes or no", any: "" };
/** Drafts of this many commands are kept while others are looked at. */
const MOST_DRAFTS = 200;

export function createFormView({ onRun, signal }: FormViewOptions): FormView {
  const drafts = new Map<string, readonly Field[]>();
  let command: CommandBody | null = null;
  let fields: readonly Field[] = [];
  let problemLines: readonly HTMLElement[] = [];
  let blocked: string | null = null;
  let asked = false;

  const title = h("strong", { class: "nvj-form-title" });
  const name = h("code", { class: "nvj-dim" });
  const rows = h("div", { class: "nvj-fields" });
  const addButton = h("button", { type: "button", class: "nvj-link" }, "+ add argument");
  const runButton = h("button", { type: "submit", class: "nvj-primary" }, icon("play"), "Run");
  const reason = h("span", { class: "nvj-dim nvj-reason", role: "status" });
  const code = h("code", { class: "nvj-line" });
  const line = h(
    "div",
    { class: "nvj-code" },
    code,
    copyButton("Copy", () => code.dataset.text ?? "", signal),
  );
  const element = h(
    "form",
    { class: "nvj-form", novalidate: true },
    h("div", { class: "nvj-form-head" }, title, " ", name),
    rows,
    addButton,
    h("div", { class: "nvj-form-run" }, runButton, reason),
    line,
  );

  const edit = (index: number, change: Partial<Field>) => {
    fields = fields.map((field, at) => (at === index ? { ...field, ...change } : field));
    if (command !== null) {
      drafts.set(command.name, fields);
      const oldest = drafts.keys().next().value;
      if (drafts.size > MOST_DRAFTS && oldest !== undefined) drafts.delete(oldest);
    }
    check();
  };

  const check = () => {
    if (command === null) return null;
    const read = readForm(command.name, fields);
    for (const [index, problem] of problemLines.entries()) {
      const text = read.ok ? "" : (read.problems.get(index) ?? "");
      // An argument just added is not wrong yet.
      const quiet = fields[index]?.extra === true && !asked && fields[index].text === "";
      setText(problem, quiet ? "" : text);
      problem.hidden = problem.textContent === "";
      const field = problem.parentElement;
      if (field === null) continue;
      setAttribute(field, "data-wrong", !problem.hidden);
      for (const control of field.querySelectorAll("input, textarea")) {
        setAttribute(control, "aria-invalid", problem.hidden ? null : "true");
      }
    }
    line.hidden = !read.ok;
    if (read.ok) {
      code.dataset.text = read.line;
      setText(code, visible(read.line, 2000));
    }
    runButton.disabled = blocked !== null;
    runButton.title = blocked ?? "";
    setText(reason, blocked ?? (read.ok ? "" : "Something in the form needs a look."));
    return read;
  };

  const run = () => {
    asked = true;
    const read = check();
    if (read === null || blocked !== null || command === null) return;
    if (read.ok) onRun(command.name, read.arguments, read.line);
    else rows.querySelector<HTMLElement>("[data-wrong] input, [data-wrong] textarea")?.focus();
  };

  const control = (field: Field, index: number): HTMLElement => {
    const common = { "data-index": index, "data-part": "text", spellcheck: "false" };
    const label = field.extra ? "Value of the added argument" : field.name;
    if (field.kind === "boolean") {
      const box = h("input", { ...common, type: "checkbox", class: "nvj-switch" });
      box.setAttribute("role", "switch");
      box.setAttribute("aria-label", label);
      box.checked = field.text === "true";
      return box;
    }
    if (field.kind === "json") {
      const area = h("textarea", { ...common, class: "nvj-input nvj-mono", "aria-label": label });
      area.value = field.text;
      area.rows = Math.min(8, field.text.split("\n").length);
      return area;
    }
    const mono = field.kind === "text" ? "" : " nvj-mono";
    const input = h("input", {
      ...common,
      type: "text",
      class: `nvj-input${mono}`,
      autocomplete: "off",
      inputmode: field.kind === "number" ? "decimal" : null,
      "aria-label": label,
      placeholder: field.extra ? "value: JSON, or plain text" : null,
    });
    input.value = field.text;
    return input;
  };

  const draw = () => {
    const problems: HTMLElement[] = [];
    rows.replaceChildren(
      ...fields.map((field, index) => {
        const problem = h("div", { class: "nvj-problem", hidden: true, role: "alert" });
        problems.push(problem);
        const head = field.extra ? extraHead(field, index) : plainHead(field);
        return h(
          "div",
          { class: `nvj-field${field.extra ? " nvj-field-extra" : ""}` },
          head,
          control(field, index),
          problem,
        );
      }),
    );
    problemLines = problems;
    if (fields.length === 0) {
      rows.append(h("p", { class: "nvj-dim" }, "Takes no arguments by default."));
    }
    check();
  };

  const plainHead = (field: Field): HTMLElement =>
    h(
      "div",
      { class: "nvj-field-head" },
      h("code", {}, visible(field.name, 80)),
      h("span", { class: "nvj-dim" }, KINDS[field.kind]),
    );

  const extraHead = (field: Field, index: number): HTMLElement => {
    const input = h("input", {
      type: "text",
      class: "nvj-input nvj-mono",
      placeholder: "name",
      "aria-label": "Name of the added argument",
      "data-index": index,
      "data-part": "name",
      spellcheck: "false",
      autocomplete: "off",
    });
    input.value = field.name;
    const remove = h(
      "button",
      { type: "button", class: "nvj-quiet", "data-remove": index, "aria-label": "Remove argument" },
      icon("close"),
    );
    return h("div", { class: "nvj-field-head" }, input, remove);
  };

  listen(
    rows,
    "input",
    ({ target }) => {
      if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)) return;
      const index = Number(target.dataset.index);
      if (target.dataset.part === "name") edit(index, { name: target.value });
      else if (target.type === "checkbox" && target instanceof HTMLInputElement) {
        edit(index, { text: String(target.checked) });
      } else edit(index, { text: target.value });
    },
    signal,
  );
  listen(
    rows,
    "click",
    ({ target }) => {
      const button =
        target instanceof Element ? target.closest<HTMLElement>("[data-remove]") : null;
      if (button === null) return;
      const index = Number(button.dataset.remove);
      fields = fields.filter((_, at) => at !== index);
      if (command !== null) drafts.set(command.name, fields);
      draw();
      addButton.focus();
    },
    signal,
  );
  listen(
    addButton,
    "click",
    () => {
      fields = [...fields, extraField()];
      asked = false;
      draw();
      rows.querySelector<HTMLElement>(".nvj-field:last-child [data-part=name]")?.focus();
    },
    signal,
  );
  listen(
    element,
    "submit",
    (event) => {
      event.preventDefault();
      run();
    },
    signal,
  );

  return {
    element,
    run,
    show(next) {
      const same =
        command !== null &&
        next !== null &&
        command.name === next.name &&
        JSON.stringify(command.arguments) === JSON.stringify(next.arguments);
      command = next;
      element.hidden = next === null;
      if (next === null || same) return;
      asked = false;
      fields = drafts.get(next.name) ?? fieldsOf(next);
      setText(title, visible(next.label ?? next.name, 120));
      setText(name, next.label === null ? "" : visible(next.name, 120));
      draw();
    },
    setBlocked(next) {
      blocked = next;
      check();
    },
    focusFirst() {
      const first = rows.querySelector<HTMLElement>("input, textarea") ?? runButton;
      first.focus();
    },
  };
}
