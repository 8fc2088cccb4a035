/** The differences between two history entries of a key. */

import type { PageValue } from "../../protocol/common.ts";
import type { DifferenceBody, DiffResult } from "../../protocol/inspector.ts";
import { visible } from "../../text/visible_text.ts";
import { fill, h } from "../../ui/html.ts";
import { preview } from "../../values/page_value.ts";
import * as strings from "../strings.ts";

const SIGNS = { added: "+", removed: "−", changed: "±" } as const;

const side = (name: string, value: DifferenceBody["before"]) =>
  value === undefined
    ? null
    : h("span", { class: `nvj-diff-${name}` }, visible(preview(value, 200), 400));

function line(difference: DifferenceBody): HTMLElement {
  const { kind, path, before, after } = difference;
  return h(
    "li",
    { class: "nvj-diff-line", "data-kind": kind },
    h("span", { class: "nvj-diff-sign", title: kind }, SIGNS[kind]),
    h(
      "span",
      { class: "nvj-diff-path" },
      path === "" ? strings.historyEntireValue : visible(path, 200),
    ),
    side("before", before),
    kind === "changed"
      ? h("span", { class: "nvj-dim", "aria-label": strings.historyChangedTo }, "→")
      : null,
    side("after", after),
  );
}

/** The line of a value without an earlier one to compare it with. */
export const valueLine = (value: PageValue): HTMLElement =>
  h("p", { class: "nvj-diff-line" }, visible(preview(value, 2000), 4000));

export function drawDiff(place: HTMLElement, { differences, total }: DiffResult): void {
  const left = total - differences.length;
  fill(
    place,
    total === 0 ? h("p", { class: "nvj-dim" }, strings.historyNoDifferences) : null,
    h("ul", { class: "nvj-diff" }, ...differences.map(line)),
    left > 0 ? h("p", { class: "nvj-dim" }, strings.historyMoreDifferences(left)) : null,
  );
}
