/** The elements of one form field: label, control and error. */

import type { ChoiceBody } from "../../protocol/palette.ts";
import { visible } from "../../text/visible_text.ts";
import { h, setAttribute, setText } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { toJsonLine } from "../../values/value_text.ts";
import type { Field } from "./form.ts";
import { looksSecret } from "./secrets.ts";

/** What lists the choices of a field: asked for, here, or why they are not. */
export type Choices =
  | { readonly state: "asked" }
  | { readonly state: "here"; readonly options: readonly ChoiceBody[] }
  | { readonly state: "failed"; readonly reason: string };

export interface FieldView {
  readonly element: HTMLElement;
  showProblem(text: string): void;
}

const KINDS: Readonly<Record<Field["kind"], string>> = {
  number: "number",
  text: "text",
  json: "JSON",
  boolean: "yes or no",
  choice: "",
  any: "",
};

function facts(field: Field): string {
  const { kind, integer, known } = field;
  const secret = isSecret(field) ? "secret, kept nowhere" : null;
  const parts = [secret ?? (integer ? "whole number" : KINDS[kind])];
  const { min = null, max = null, unit = "", required = false } = known ?? {};
  const end = unit === "" ? "" : ` ${visible(unit, 20)}`;
  if (min !== null && max !== null) parts.push(`${min} to ${max}${end}`);
  else if (min !== null) parts.push(`at least ${min}${end}`);
  else if (max !== null) parts.push(`at most ${max}${end}`);
  else if (unit !== "") parts.push(`in${end}`);
  if (required) parts.push("required");
  return parts.filter((part) => part !== "").join(" · ");
}

function head(field: Field, index: number, id: string): HTMLElement {
  if (field.extra) return extraHead(field, index);
  const label = h("label", { for: id }, h("code", {}, visible(field.name, 80)));
  const parts: HTMLElement[] = [label, h("span", { class: "nvj-dim" }, facts(field))];
  if (field.kind === "number" && field.known?.kind !== "int" && !field.omitted) {
    const mark = h(
      "button",
      {
        type: "button",
        class: "nvj-quiet nvj-integer",
        "data-integer": index,
        "aria-pressed": String(field.integer),
        title: "Send whole numbers only: the server's own numbers do not tell 1 from 1.0",
      },
      "integer",
    );
    parts.push(mark);
  }
  return h("div", { class: "nvj-field-head" }, ...parts);
}

function extraHead(field: Field, index: number): HTMLElement {
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
}

function select(field: Field, attributes: object, choices: Choices): HTMLSelectElement {
  const options = choices.state === "here" ? choices.options : [];
  const texts = new Map(options.map(({ label, value }) => [toJsonLine(value), label]));
  // What was chosen last stays, also where it is not offered (any more).
  if (field.text !== "" && !texts.has(field.text)) texts.set(field.text, field.text);
  const first = choices.state === "asked" ? "Asking for the choices…" : "Choose one";
  const control = h(
    "select",
    { ...attributes, class: "nvj-input" },
    h("option", { value: "" }, first),
    ...[...texts].map(([text, label]) => h("option", { value: text }, visible(label, 120))),
  );
  control.value = field.text;
  return control;
}

const isSecret = ({ kind, name, extra, known }: Field): boolean =>
  kind === "text" && !extra && (known?.secret === true || looksSecret(name));

function control(field: Field, index: number, id: string, choices: Choices): HTMLElement {
  const common = { id, "data-index": index, "data-part": "text", spellcheck: "false" };
  const label = field.extra ? "Value of the added argument" : visible(field.name, 80);
  if (field.kind === "boolean") {
    const box = h("input", { ...common, type: "checkbox", class: "nvj-switch", role: "switch" });
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
  if (field.kind === "choice" && choices.state !== "failed") {
    return select(field, { ...common, "aria-label": label }, choices);
  }
  const input = h("input", {
    ...common,
    type: isSecret(field) ? "password" : "text",
    class: `nvj-input${field.kind === "text" ? "" : " nvj-mono"}`,
    // No browser is to keep it either.
    autocomplete: isSecret(field) ? "new-password" : "off",
    inputmode: field.kind === "number" ? "decimal" : null,
    "aria-label": label,
    placeholder: field.extra ? "value: JSON, or plain text" : null,
  });
  input.value = field.text;
  return input;
}

export function drawField(field: Field, index: number, id: string, choices: Choices): FieldView {
  const problem = h("div", {
    class: "nvj-problem",
    hidden: true,
    role: "alert",
    id: `${id}-wrong`,
  });
  const parts: HTMLElement[] = [head(field, index, id)];
  if (field.omitted) {
    const give = h("button", { type: "button", class: "nvj-link", "data-give": index }, "Give it");
    parts.push(h("div", { class: "nvj-dim" }, "Left out: the server's own default holds. ", give));
  } else parts.push(control(field, index, id, choices));
  const help = field.known?.help ?? "";
  if (help !== "") parts.push(h("div", { class: "nvj-dim nvj-field-help" }, visible(help, 300)));
  if (choices.state === "failed" && field.kind === "choice") {
    const words = `The choices could not be listed: ${visible(choices.reason, 300)}`;
    parts.push(h("div", { class: "nvj-dim nvj-field-help" }, words));
  }
  const element = h(
    "div",
    { class: `nvj-field${field.extra ? " nvj-field-extra" : ""}` },
    ...parts,
    problem,
  );
  return {
    element,
    showProblem(text) {
      setText(problem, text);
      problem.hidden = text === "";
      setAttribute(element, "data-wrong", text !== "");
      const input = element.querySelector("[data-part=text]");
      if (input === null) return;
      setAttribute(input, "aria-invalid", text === "" ? null : "true");
      setAttribute(input, "aria-describedby", text === "" ? null : problem.id);
    },
  };
}
