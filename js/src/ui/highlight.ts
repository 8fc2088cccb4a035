/** Highlight the matches of a search in a text. */

import { visible } from "../text/visible_text.ts";
import { h } from "./html.ts";

export type Ranges = readonly (readonly [start: number, end: number])[];

/** `ranges` refer to the original text; making it visible may lengthen it. */
export function highlightedNodes(text: string, ranges: Ranges, limit = 400): readonly Node[] {
  const nodes: Node[] = [];
  let from = 0;
  for (const [start, end] of ranges) {
    if (start >= limit) break;
    if (start > from) nodes.push(document.createTextNode(visible(text.slice(from, start))));
    nodes.push(h("mark", { class: "nvj-highlight" }, visible(text.slice(start, end))));
    from = end;
  }
  if (from < text.length) {
    nodes.push(document.createTextNode(visible(text.slice(from), Math.max(1, limit - from))));
  }
  return nodes;
}
