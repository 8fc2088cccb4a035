/** A table of the fields of the current frame, read about once a second while it is visible. */

import type { ToolContext } from "../panel/tool.ts";
import type { FieldBody } from "../protocol/simulation.ts";
import { reasonOf } from "../text/format.ts";
import { visible } from "../text/visible_text.ts";
import { h, setAttribute, setText } from "../ui/html.ts";
import { shortNumber } from "./format.ts";
import { FIELDS as TEXT } from "./strings.ts";

export interface FieldsView {
  readonly element: HTMLElement;
  /** Read the frame again, unless a request is pending. */
  refresh(): void;
}

const COLUMNS = ["key", "shape", "dtype", "unit", "range", "preview"] as const;

interface Row {
  readonly element: HTMLElement;
  readonly cells: readonly HTMLElement[];
}

function rangeText({ minimum, maximum, sampled }: FieldBody): string {
  if (minimum === null || maximum === null) return "";
  const range = TEXT.range(shortNumber(minimum), shortNumber(maximum));
  return sampled ? TEXT.sampled(range) : range;
}

export function createFieldsView({ host, signal }: ToolContext): FieldsView {
  const body = h("tbody");
  const table = h(
    "table",
    { class: "nvj-fields-table", "aria-label": TEXT.label },
    h("thead", {}, h("tr", {}, ...TEXT.heads.map((head) => h("th", { scope: "col" }, head)))),
    body,
  );
  const more = h("p", { class: "nvj-dim nvj-fields-note", hidden: true });
  const problem = h("p", { class: "nvj-problem nvj-fields-note", hidden: true });
  const element = h("div", { class: "nvj-fields-scroll", tabindex: 0 }, table, problem, more);
  const rows = new Map<string, Row>();
  let pending = false;

  const rowOf = (key: string): Row => {
    const known = rows.get(key);
    if (known !== undefined) return known;
    const cells = COLUMNS.map((column) =>
      column === "key"
        ? h("th", { scope: "row" }, h("code"))
        : h("td", { class: `nvj-field-${column}` }),
    );
    const row = { element: h("tr", {}, ...cells), cells };
    rows.set(key, row);
    return row;
  };
  const draw = (fields: readonly FieldBody[]) => {
    const keys = new Set(fields.map(({ key }) => key));
    for (const [key, row] of rows) {
      if (keys.has(key)) continue;
      row.element.remove();
      rows.delete(key);
    }
    fields.forEach((field, index) => {
      const { element: line, cells } = rowOf(field.key);
      const texts = [
        visible(field.key, 120),
        field.shape,
        field.dtype,
        field.unit,
        rangeText(field),
        field.problem === "" ? visible(field.preview, 160) : visible(field.problem, 200),
      ];
      texts.forEach((text, column) => {
        const cell = cells[column];
        const place = column === 0 ? cell?.firstChild : cell;
        if (place !== null && place !== undefined) setText(place, text);
      });
      cells.at(-1)?.classList.toggle("nvj-problem", field.problem !== "");
      setAttribute(line, "title", field.problem === "" ? null : field.problem);
      if (body.children[index] !== line) body.insertBefore(line, body.children[index] ?? null);
    });
  };

  return {
    element,
    refresh() {
      if (pending) return;
      pending = true;
      host
        .request("frame_fields", {})
        .then(
          (reply) => {
            if (signal.aborted) return;
            problem.hidden = true;
            draw(reply.fields);
            more.hidden = reply.more === 0;
            setText(more, TEXT.more(reply.more));
          },
          (error: unknown) => {
            problem.hidden = false;
            setText(problem, TEXT.failed(reasonOf(error)));
          },
        )
        .finally(() => {
          pending = false;
        });
    },
  };
}
