/** Draws a laid-out value, and marks the parts that changed since it was last drawn. */

import { h, setText } from "./dom.ts";
import { listen } from "./lifetime.ts";
import { type Layout, pretty } from "./pretty.ts";
import type { PageValue } from "./protocol.ts";
import { visible } from "./visible_text.ts";

export interface PrettyView {
  readonly element: HTMLElement;
  /** `changes` marks what differs from the value drawn before. */
  show(value: PageValue, options?: { readonly changes?: boolean; readonly lines?: number }): void;
}

const LONGEST_TOKEN = 20_000;

export function createPrettyView(onMore: () => void, signal: AbortSignal): PrettyView {
  const lines = h("div", { class: "nvj-pretty-lines" });
  const more = h("button", { type: "button", class: "nvj-link", hidden: true }, "Show more lines");
  listen(more, "click", onMore, signal);
  const element = h("div", { class: "nvj-pretty" }, lines, more);
  let shape = "";
  let spans: HTMLElement[] = [];

  const rebuild = (layout: Layout) => {
    spans = [];
    lines.replaceChildren(
      ...layout.lines.map(({ indent, tokens }) => {
        const line = h("div", { class: "nvj-pretty-line" });
        line.style.paddingLeft = `${indent * 2}ch`;
        for (const { kind, text } of tokens) {
          const span = h("span", { class: `nvj-token-${kind}` }, visible(text, LONGEST_TOKEN));
          spans.push(span);
          line.append(span);
        }
        return line;
      }),
    );
  };

  const update = (layout: Layout, changes: boolean) => {
    let position = 0;
    for (const { tokens } of layout.lines) {
      for (const { text } of tokens) {
        const span = spans[position];
        position += 1;
        const shown = visible(text, LONGEST_TOKEN);
        if (span === undefined || span.textContent === shown) continue;
        setText(span, shown);
        if (changes) restartFlash(span);
      }
    }
  };

  return {
    element,
    show(value, { changes = false, lines: limit = 600 } = {}) {
      const layout = pretty(value, limit);
      const next = layout.lines
        .map(({ indent, tokens }) => indent + tokens.map(({ kind }) => kind.charAt(0)).join(""))
        .join("\n");
      if (next === shape) update(layout, changes);
      else rebuild(layout);
      shape = next;
      more.hidden = layout.complete;
    },
  };
}

/** Two names for one animation: changing the name is what starts it again. */
export function restartFlash(element: HTMLElement): void {
  const again = element.dataset.flash === "a" ? "b" : "a";
  element.dataset.flash = again;
}
