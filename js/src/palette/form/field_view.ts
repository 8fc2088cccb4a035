/** The elements of one form field: label, control and error. */

import type { ChoiceBody } from "../../protocol/palette.ts";
import { visible } from "../../text/visible_text.ts";
import { h, setAttribute, setText } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { toJsonLine } from "../../values/value_text.ts";
import { FIELD } from "../strings.ts";
import type { Field } from "./form.ts";
import { looksSecret } from "./secrets.ts";

/** The choices of a field, if they are loaded. */
export type Choices =
  | { readonly state: "loading" }
  | { readonly state: "loaded"; readonly options: readonly ChoiceBody[] }
  | { readonly state: "failed"; readonly reason: string };

export interface FieldView {
  readonly element: HTMLElement;
  showProblem(text: string): void;
}

function facts(field: Field): string {
  const { kind, integer, known } = field;
  const type = integer ? FIELD.integer : FIELD.kinds[kind];
  const parts: string[] = [isSecret(field) ? FIELD.secret : type];
  const { min = null, max = null, unit = "", required = false } = known ?? {};
  const end = unit === "" ? "" : ` ${visible(unit, 20)}`;
  if (min !== null && max !== null) parts.push(`${min} to ${max}${end}`);
  else if (min !== null) parts.push(`at least ${min}${end}`);
  else if (max !== null) parts.push(`at most ${max}${end}`);
  else if (unit !== "") parts.push(`in${end}`);
  if (required) parts.push(FIELD.required);
  return parts.filter((part) => part !== "").join(" · ");
}

function head(field: Field, index: number, id: string): HTMLElement {
  if (field.extra) return extraHead(field, index);
  const label = h("label", { for: id }, h("code", {}, visible(field.name, 80)));
  const parts: HTMLElement[] = [label, h("span", { class: "nvj-dim" }, facts(field))];
  if (field.kind === "number" && field.known?.kind !== "int" && !field.omitted) {
    const toggle = h(
      "button",
      {
        type: "button",
        class: "nvj-quiet nvj-integer",
        "data-integer": index,
        "aria-pressed": String(field.integer),
        title: FIELD.integerTitle,
      },
      FIELD.integer,
    );
    parts.push(toggle);
  }
  return h("div", { class: "nvj-field-head" }, ...parts);
}

function extraHead(field: Field, index: number): HTMLElement {
  const input = h("input", {
    type: "text",
    class: "nvj-input nvj-mono",
    placeholder: FIELD.name,
    "aria-label": FIELD.nameLabel,
    "data-index": index,
    "data-part": "name",
    spellcheck: "false",
    autocomplete: "off",
  });
  input.value = field.name;
  const remove = h(
    "button",
    { type: "button", class: "nvj-quiet", "data-remove": index, "aria-label": FIELD.remove },
    icon("close"),
  );
  return h("div", { class: "nvj-field-head" }, input, remove);
}

function select(field: Field, attributes: object, choices: Choices): HTMLSelectElement {
  const options = choices.state === "loaded" ? choices.options : [];
  const texts = new Map(options.map(({ label, value }) => [toJsonLine(value), label]));
  // Keep the selected value even if it is no longer offered.
  if (field.text !== "" && !texts.has(field.text)) texts.set(field.text, field.text);
  const first = choices.state === "loading" ? FIELD.loadingChoices : FIELD.noChoice;
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
  const label = field.extra ? FIELD.valueLabel : visible(field.name, 80);
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
    // Keeps browsers from saving it.
    autocomplete: isSecret(field) ? "new-password" : "off",
    inputmode: field.kind === "number" ? "decimal" : null,
    "aria-label": label,
    placeholder: field.extra ? FIELD.value : null,
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
    const set = h(
      "button",
      { type: "button", class: "nvj-link", "data-set": index },
      FIELD.setValue,
    );
    parts.push(h("div", { class: "nvj-dim" }, FIELD.omitted, " ", set));
  } else parts.push(control(field, index, id, choices));
  const help = field.known?.help ?? "";
  if (help !== "") parts.push(h("div", { class: "nvj-dim nvj-field-help" }, visible(help, 300)));
  if (choices.state === "failed" && field.kind === "choice") {
    const text = FIELD.choicesFailed(choices.reason);
    parts.push(h("div", { class: "nvj-dim nvj-field-help" }, text));
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
