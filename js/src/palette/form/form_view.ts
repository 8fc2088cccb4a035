/** The form of the selected command: fields or JSON, and the equivalent Python code. */

import type { Host } from "../../kernel/host.ts";
import type { PageRecord } from "../../protocol/common.ts";
import type { CommandBody, MemoryBody } from "../../protocol/palette.ts";
import { randomName } from "../../text/random_name.ts";
import { visible } from "../../text/visible_text.ts";
import { copyButton } from "../../ui/clipboard.ts";
import { createConfirmBox } from "../../ui/confirm.ts";
import { fill, h, setBlocked, setText } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { keepingCursor } from "../../ui/keep_focus.ts";
import { debounced, listen } from "../../ui/lifetime.ts";
import { cellButton } from "../cell_button.ts";
import { FORM } from "../strings.ts";
import { ArgumentChoices } from "./choices.ts";
import { drawField, type FieldView } from "./field_view.ts";
import {
  Drafts,
  extraField,
  type Field,
  type FormReading,
  fieldsOf,
  problemsText,
  readForm,
  rememberedFor,
} from "./form.ts";
import { createJsonBox } from "./json_form.ts";
import { shownLine } from "./secrets.ts";

export interface FormView {
  readonly element: HTMLElement;
  show(command: CommandBody | null): void;
  /** Fill the form with these arguments. */
  load(args: PageRecord): void;
  /** Add an argument with this name, or focus the existing one. */
  add(name: string): void;
  /** Set the reason why commands cannot be run now, or null. */
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

/** Milliseconds before choices are requested, so that a search does not request them for each match. */
const CHOICES_DELAY = 150;

export function createFormView({ host, onRun, onPin, signal }: FormViewOptions): FormView {
  const drafts = new Drafts();
  const choices = new ArgumentChoices(host, (argument) => redrawField(argument));
  const idPrefix = `nvj-${randomName().slice(0, 8)}-field`;
  let command: CommandBody | null = null;
  let fields: readonly Field[] = [];
  let views: readonly FieldView[] = [];
  let memory: MemoryBody | null = null;
  let blocked: string | null = null;
  let avatars = 0;
  /** Whether the user has tried to run the command: then empty fields are problems too. */
  let attempted = false;

  const title = h("strong", { class: "nvj-form-title" });
  const name = h("code", { class: "nvj-dim" });
  const viewButton = (text: string, pressed: boolean) =>
    h("button", { type: "button", class: "nvj-quiet", "aria-pressed": String(pressed) }, text);
  const formTab = viewButton(FORM.form, true);
  const jsonTab = viewButton(FORM.json, false);
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
  const addButton = h("button", { type: "button", class: "nvj-link" }, FORM.addArgument);
  const defaults = h("button", { type: "button", class: "nvj-link" }, FORM.reset);
  const runButton = h("button", { type: "submit", class: "nvj-primary" }, icon("play"), FORM.run);
  const people = h("span", { class: "nvj-chip", "data-tone": "amber", hidden: true });
  const pinButton = h("button", { type: "button", class: "nvj-quiet" }, icon("pin"), FORM.pin);
  const reason = h("span", { class: "nvj-dim nvj-reason", role: "status" });
  const code = h("code", { class: "nvj-code-line" });
  const fullCode = () => code.dataset.text ?? "";
  const line = h(
    "div",
    { class: "nvj-code" },
    code,
    copyButton(FORM.copy, fullCode, signal, FORM.copyTitle),
    cellButton(host, fullCode, signal),
  );
  const confirm = createConfirmBox(() => runButton.focus(), signal);
  const element = h(
    "form",
    { class: "nvj-form", novalidate: true },
    h(
      "div",
      { class: "nvj-form-head" },
      h("span", { class: "nvj-form-names" }, title, " ", name),
      h(
        "span",
        { class: "nvj-form-tabs", role: "group", "aria-label": FORM.view },
        formTab,
        jsonTab,
      ),
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

  const setFields = (next: readonly Field[]) => {
    fields = next;
    if (command !== null) drafts.set(command.name, fields);
    confirm.close();
  };
  const edit = (index: number, change: Partial<Field>) => {
    setFields(fields.map((field, at) => (at === index ? { ...field, ...change } : field)));
    check();
  };

  /** An empty field is a problem only after an attempt to run the command. */
  const isIgnored = (field: Field | undefined) =>
    field !== undefined && !attempted && field.text === "" && (field.extra || field.known !== null);

  const check = (): FormReading | null => {
    if (command === null) return null;
    const read = readForm(command.name, fields);
    for (const [index, view] of views.entries()) {
      const text = read.ok ? "" : (read.problems.get(index) ?? "");
      view.showProblem(isIgnored(fields[index]) ? "" : text);
    }
    json.showProblem(
      json.problem() ?? (isJson() && !read.ok ? problemsText(read.problems, fields) : ""),
    );
    const valid = read.ok && json.problem() === null;
    line.hidden = !valid;
    if (read.ok) {
      code.dataset.text = read.line;
      setText(code, visible(shownLine(command.name, read.arguments, command), 2000));
    }
    setBlocked(runButton, blocked);
    setText(reason, blocked ?? (valid || !attempted ? "" : FORM.invalid));
    return json.problem() === null ? read : null;
  };

  const run = () => {
    attempted = true;
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
      confirm.ask([FORM.confirm(danger, chosen)], [{ label: FORM.run, danger: true, run: go }]);
    } else go();
  };

  const draw = () => {
    const drawn = fields.map((field, index) =>
      drawField(field, index, `${idPrefix}-${index}`, choices.of(field)),
    );
    views = drawn;
    fill(rows, ...drawn.map((view) => view.element));
    if (fields.length === 0) rows.append(h("p", { class: "nvj-dim" }, FORM.noArguments));
    check();
  };
  const requestChoices = debounced(
    CHOICES_DELAY,
    () => {
      if (command !== null && blocked === null) choices.request(command);
    },
    signal,
  );
  const redrawKeepingFocus = (redraw: () => void = draw) =>
    keepingCursor(rows, ["index", "part", "integer", "set", "remove"], redraw);
  /** Redraw only the field whose choices arrived, to keep input in the others. */
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

  const indexOf = (target: EventTarget | null, attribute: string): number | null => {
    const found =
      target instanceof Element ? target.closest<HTMLElement>(`[data-${attribute}]`) : null;
    return found === null ? null : Number(found.dataset[attribute]);
  };

  const toggleInteger = (index: number) => {
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
    // Invalid JSON is discarded: the form shows the last valid fields.
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
      if (integer !== null) toggleInteger(integer);
      const set = indexOf(target, "set");
      if (set !== null) {
        edit(set, { omitted: false });
        draw();
        rows.querySelector<HTMLElement>(`#${idPrefix}-${set}`)?.focus();
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
    attempted = false;
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
      attempted = false;
      setFields(fieldsOf(command, { ...rememberedFor(command, memory), last: null }));
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
      attempted = true;
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
    setText(people, FORM.people(avatars));
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
      attempted = false;
      choices.setCommand(next.name);
      fields = drafts.get(next.name) ?? fieldsOf(next, rememberedFor(command, memory));
      confirm.close();
      drawHead(next);
      // Do not overwrite unfinished input.
      if (isJson() && !(sameCommand && json.problem() !== null)) json.write(fields);
      redrawKeepingFocus();
      requestChoices();
    },
    load(args) {
      if (command === null) return;
      attempted = false;
      // Arguments that the run omitted stay omitted.
      const all = fieldsOf(command, { ...rememberedFor(command, memory), last: args });
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
      if (blocked !== null && next === null) requestChoices();
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
      // The memory may arrive after the form was opened and must not overwrite input.
      if (!first || command === null || drafts.get(command.name) !== undefined) return;
      fields = fieldsOf(command, rememberedFor(command, memory));
      redrawKeepingFocus();
    },
    focusFirst() {
      if (isJson()) json.focus();
      else (rows.querySelector<HTMLElement>("input, textarea, select") ?? runButton).focus();
    },
  };
}
