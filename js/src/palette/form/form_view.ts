/** The form of the selected command: fields or JSON, and the equivalent Python code. */

import type { Host } from "../../kernel/host.ts";
import type { PageRecord } from "../../protocol/common.ts";
import type { CommandBody, MemoryBody } from "../../protocol/palette.ts";
import { randomName } from "../../text/random_name.ts";
import { visible } from "../../text/visible_text.ts";
import { copyButton } from "../../ui/clipboard.ts";
import { createConfirmBox } from "../../ui/confirm.ts";
import { fill, h, setText } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { keepingCursor } from "../../ui/keep_focus.ts";
import { debounced, listen } from "../../ui/lifetime.ts";
import { cellButton } from "../cell_button.ts";
import { ChoicesOfCommand } from "./choices.ts";
import { Drafts } from "./drafts.ts";
import { drawField, type FieldView } from "./field_view.ts";
import {
  extraField,
  type Field,
  type FormReading,
  fieldsOf,
  NOTHING_REMEMBERED,
  type Remembered,
  readForm,
} from "./form.ts";
import { createJsonBox } from "./json_box.ts";
import { shownLine } from "./secrets.ts";

export interface FormView {
  readonly element: HTMLElement;
  show(command: CommandBody | null): void;
  /** Fills the form of the command that is shown with these arguments. */
  load(args: PageRecord): void;
  /** Adds an argument of this name, or goes to the one there is. */
  add(name: string): void;
  /** The reason why nothing can be run now, or null. */
  setBlocked(reason: string | null): void;
  setAvatars(count: number): void;
  setMemory(memory: MemoryBody | null): void;
  run(): void;
  focusFirst(): void;
}

export interface FormViewOptions {
  readonly host: Host;
  readonly onRun: (name: string, args: PageRecord) => void;
  readonly onPin: (command: CommandBody, args: PageRecord) => void;
  readonly signal: AbortSignal;
}

/** Milliseconds that a form has to be open before other commands are run for it. */
const ASK_AFTER = 150;

const CONTROLS = "input, textarea, select";

export function createFormView({ host, onRun, onPin, signal }: FormViewOptions): FormView {
  const drafts = new Drafts();
  const choices = new ChoicesOfCommand(host, (argument) => redrawField(argument));
  const idPrefix = `nvj-${randomName().slice(0, 8)}-field`;
  let command: CommandBody | null = null;
  let fields: readonly Field[] = [];
  let views: readonly FieldView[] = [];
  let memory: MemoryBody | null = null;
  let blocked: string | null = null;
  let avatars = 0;
  /** Somebody wanted to run it: from then on, all that is wrong is said. */
  let asked = false;

  const title = h("strong", { class: "nvj-form-title" });
  const name = h("code", { class: "nvj-dim" });
  const formTab = h(
    "button",
    { type: "button", class: "nvj-quiet", "aria-pressed": "true" },
    "Form",
  );
  const jsonTab = h(
    "button",
    { type: "button", class: "nvj-quiet", "aria-pressed": "false" },
    "JSON",
  );
  const sentence = h("p", { class: "nvj-dim nvj-sentence", hidden: true });
  const rows = h("div", { class: "nvj-fields" });
  const json = createJsonBox(
    () => fields,
    (read) => {
      setFields(read);
      check();
    },
    () => check(),
    signal,
  );
  const addButton = h("button", { type: "button", class: "nvj-link" }, "+ add argument");
  const defaults = h("button", { type: "button", class: "nvj-link" }, "defaults");
  const runButton = h("button", { type: "submit", class: "nvj-primary" }, icon("play"), "Run");
  const people = h("span", { class: "nvj-chip", "data-tone": "amber", hidden: true });
  const pinButton = h(
    "button",
    { type: "button", class: "nvj-quiet" },
    icon("pin"),
    "Pin as button",
  );
  const reason = h("span", { class: "nvj-dim nvj-reason", role: "status" });
  const code = h("code", { class: "nvj-code-line" });
  const fullLine = () => code.dataset.text ?? "";
  const line = h(
    "div",
    { class: "nvj-code" },
    code,
    copyButton("Copy", fullLine, signal, "Copy the line of Python that runs this"),
    cellButton(host, fullLine, signal),
  );
  const confirm = createConfirmBox(() => runButton.focus(), signal);
  const element = h(
    "form",
    { class: "nvj-form", novalidate: true },
    h(
      "div",
      { class: "nvj-form-head" },
      h("span", { class: "nvj-form-names" }, title, " ", name),
      h("span", { class: "nvj-form-tabs", role: "group", "aria-label": "View" }, formTab, jsonTab),
    ),
    sentence,
    rows,
    json.element,
    h("div", { class: "nvj-form-more" }, addButton, defaults),
    h(
      "div",
      { class: "nvj-form-run" },
      runButton,
      people,
      reason,
      h("span", { class: "nvj-space" }),
      pinButton,
    ),
    confirm.element,
    line,
  );
  const isJson = () => !json.element.hidden;

  const remembered = (): Remembered => {
    if (memory === null || command === null) return NOTHING_REMEMBERED;
    const { last, integers } = memory;
    return {
      last: Object.hasOwn(last, command.name) ? (last[command.name] ?? null) : null,
      integers: Object.hasOwn(integers, command.name) ? (integers[command.name] ?? []) : [],
    };
  };

  const setFields = (next: readonly Field[]) => {
    fields = next;
    if (command !== null) drafts.keep(command.name, fields);
    confirm.close();
  };
  const edit = (index: number, change: Partial<Field>) => {
    setFields(fields.map((field, at) => (at === index ? { ...field, ...change } : field)));
    check();
  };

  /** What is not filled in yet is wrong only once somebody wants to run it. */
  const isQuiet = (field: Field | undefined) =>
    field !== undefined && !asked && field.text === "" && (field.extra || field.known !== null);

  const check = (): FormReading | null => {
    if (command === null) return null;
    const read = readForm(command.name, fields);
    for (const [index, view] of views.entries()) {
      const text = read.ok ? "" : (read.problems.get(index) ?? "");
      view.showProblem(isQuiet(fields[index]) ? "" : text);
    }
    json.complain(json.problem() ?? (isJson() && !read.ok ? problemsText(read) : ""));
    const fine = read.ok && json.problem() === null;
    line.hidden = !fine;
    if (read.ok) {
      code.dataset.text = read.line;
      setText(code, visible(shownLine(command.name, read.arguments, command), 2000));
    }
    runButton.disabled = blocked !== null;
    runButton.title = blocked ?? "";
    setText(reason, blocked ?? (fine || !asked ? "" : "Something in the form needs a look."));
    return json.problem() === null ? read : null;
  };
  const problemsText = (read: Extract<FormReading, { ok: false }>): string =>
    [...read.problems]
      .map(([index, text]) => `${visible(fields[index]?.name ?? "", 60)}: ${text}`)
      .join("; ");

  const run = () => {
    asked = true;
    const read = check();
    if (read === null || !read.ok) {
      const wrong = rows.querySelector<HTMLElement>(
        "[data-wrong] input, [data-wrong] textarea, [data-wrong] select",
      );
      (isJson() ? json : wrong)?.focus();
      return;
    }
    if (blocked !== null || command === null) return;
    const { name: chosen, danger, danger_to: to } = command;
    const go = () => onRun(chosen, read.arguments);
    const toOthers = to === "others" && avatars > 0;
    if (danger !== "" && (to === "everybody" || toOthers)) {
      confirm.ask(
        [`${danger} Run ${visible(chosen, 80)}?`],
        [{ label: "Run", danger: true, run: go }],
      );
    } else go();
  };

  const draw = () => {
    const drawn = fields.map((field, index) =>
      drawField(field, index, `${idPrefix}-${index}`, choices.of(field)),
    );
    views = drawn;
    fill(rows, ...drawn.map((view) => view.element));
    if (fields.length === 0)
      rows.append(h("p", { class: "nvj-dim" }, "Takes no arguments by default."));
    check();
  };
  /** Not for each command that a query passes by. */
  const askForChoices = debounced(
    ASK_AFTER,
    () => {
      if (command !== null && blocked === null) choices.ask(command);
    },
    signal,
  );
  const redrawKeepingFocus = (redraw: () => void = draw) =>
    keepingCursor(rows, ["index", "part", "integer", "give", "remove"], redraw);
  /** Only the field whose choices have come: what is typed in another goes on. */
  const redrawField = (argument: string) =>
    redrawKeepingFocus(() => {
      views = views.map((view, index) => {
        const field = fields[index];
        if (field === undefined || field.extra || field.name !== argument) return view;
        const next = drawField(field, index, `${idPrefix}-${index}`, choices.of(field));
        view.element.replaceWith(next.element);
        return next;
      });
      check();
    });

  const indexOf = (target: EventTarget | null, mark: string): number | null => {
    const found = target instanceof Element ? target.closest<HTMLElement>(`[data-${mark}]`) : null;
    return found === null ? null : Number(found.dataset[mark]);
  };

  const markInteger = (index: number) => {
    const field = fields[index];
    if (field === undefined || command === null) return;
    edit(index, { integer: !field.integer });
    draw();
    rows.querySelector<HTMLElement>(`[data-integer="${index}"]`)?.focus();
    const names = fields.filter(({ integer, known }) => integer && known?.kind !== "int");
    const body = { command: command.name, names: names.map((each) => each.name) };
    host.request("integers", body).catch(() => undefined);
  };

  const setView = (wanted: "form" | "json") => {
    const toJson = wanted === "json";
    if (toJson !== isJson()) json.write(fields);
    json.element.hidden = !toJson;
    rows.hidden = toJson;
    addButton.hidden = toJson;
    formTab.setAttribute("aria-pressed", String(!toJson));
    jsonTab.setAttribute("aria-pressed", String(toJson));
    // What could not be read as JSON is let go; the last that could stands in the form.
    if (toJson) check();
    else draw();
  };

  listen(
    rows,
    "input",
    ({ target }) => {
      if (target instanceof HTMLSelectElement)
        edit(Number(target.dataset.index), { text: target.value });
      if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)) return;
      const index = Number(target.dataset.index);
      if (target.dataset.part === "name") edit(index, { name: target.value });
      else if (target instanceof HTMLInputElement && target.type === "checkbox") {
        edit(index, { text: String(target.checked) });
      } else edit(index, { text: target.value });
    },
    signal,
  );
  listen(
    rows,
    "click",
    ({ target }) => {
      const integer = indexOf(target, "integer");
      if (integer !== null) markInteger(integer);
      const give = indexOf(target, "give");
      if (give !== null) {
        edit(give, { omitted: false });
        draw();
        rows.querySelector<HTMLElement>(`#${idPrefix}-${give}`)?.focus();
      }
      const remove = indexOf(target, "remove");
      if (remove === null) return;
      setFields(fields.filter((_, at) => at !== remove));
      draw();
      addButton.focus();
    },
    signal,
  );
  const addArgument = (argument: string) => {
    setView("form");
    setFields([...fields, extraField(argument)]);
    asked = false;
    draw();
    const part = argument === "" ? "name" : "text";
    rows.querySelector<HTMLElement>(`.nvj-field:last-child [data-part=${part}]`)?.focus();
  };
  listen(addButton, "click", () => addArgument(""), signal);
  listen(
    defaults,
    "click",
    () => {
      if (command === null) return;
      asked = false;
      setFields(fieldsOf(command, { ...remembered(), last: null }));
      if (isJson()) json.write(fields);
      draw();
    },
    signal,
  );
  listen(formTab, "click", () => setView("form"), signal);
  listen(jsonTab, "click", () => setView("json"), signal);
  listen(
    pinButton,
    "click",
    () => {
      asked = true;
      const read = check();
      if (command !== null && read?.ok === true) onPin(command, read.arguments);
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

  const drawHead = (shown: CommandBody) => {
    setText(title, visible(shown.label ?? shown.name, 120));
    setText(name, shown.label === null ? "" : visible(shown.name, 120));
    setText(sentence, visible(shown.sentence, 600));
    sentence.hidden = shown.sentence === "";
    drawPeople();
  };
  const drawPeople = () => {
    people.hidden = command?.danger_to !== "others" || command.danger === "" || avatars === 0;
    setText(
      people,
      avatars === 1 ? "somebody is in this simulation" : `${avatars} people are in this simulation`,
    );
  };

  return {
    element,
    run,
    show(next) {
      const sameCommand = command !== null && next !== null && command.name === next.name;
      const same = sameCommand && JSON.stringify(command) === JSON.stringify(next);
      command = next;
      element.hidden = next === null;
      if (next === null || same) return;
      asked = false;
      choices.turnTo(next.name);
      fields = drafts.get(next.name) ?? fieldsOf(next, remembered());
      confirm.close();
      drawHead(next);
      // What is half typed is not written over.
      if (isJson() && !(sameCommand && json.problem() !== null)) json.write(fields);
      redrawKeepingFocus();
      askForChoices();
    },
    load(args) {
      if (command === null) return;
      asked = false;
      // Arguments that the run left out stay left out.
      const all = fieldsOf(command, { ...remembered(), last: args });
      setFields(all.map((field) => ({ ...field, omitted: !Object.hasOwn(args, field.name) })));
      if (isJson()) json.write(fields);
      draw();
    },
    add(argument) {
      const at = fields.findIndex((field) => field.name === argument);
      if (at < 0) addArgument(argument);
      else {
        setView("form");
        if (fields[at]?.omitted === true) edit(at, { omitted: false });
        draw();
        rows.querySelector<HTMLElement>(`#${idPrefix}-${at}`)?.focus();
      }
    },
    setBlocked(next) {
      if (blocked !== null && next === null) askForChoices();
      blocked = next;
      check();
    },
    setAvatars(count) {
      avatars = count;
      drawPeople();
    },
    setMemory(next) {
      const first = memory === null;
      memory = next;
      // What is remembered may come after the form was opened, and is not to undo typing.
      if (!first || command === null || drafts.has(command.name)) return;
      fields = fieldsOf(command, remembered());
      redrawKeepingFocus();
    },
    focusFirst() {
      if (isJson()) json.focus();
      else (rows.querySelector<HTMLElement>(CONTROLS) ?? runButton).focus();
    },
  };
}
