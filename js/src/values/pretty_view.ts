/** Draw a formatted value and flash the parts that changed. */

import type { PageValue } from "../protocol/common.ts";
import { visible } from "../text/visible_text.ts";
import { h, setText } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import { listen, observeSize } from "../ui/lifetime.ts";
import { VALUE } from "../ui/strings.ts";
import { type Fold, type Layout, type PrettyOptions, pretty, type Token } from "./pretty.ts";

export interface PrettyView {
  readonly element: HTMLElement;
  /** Draw the value; return whether any number was shortened. */
  show(value: PageValue, options?: ShowOptions): boolean;
}

export interface ShowOptions {
  /** Whether to flash parts that differ from the last value. */
  readonly changes?: boolean;
  readonly lines?: number;
  readonly short?: boolean;
  readonly isOpen?: PrettyOptions["isOpen"];
}

const MAX_TOKEN = 150_000;
/** Width of a character in the 12 px code font. */
const CHARACTER_WIDTH = 7.25;
const COLUMNS = { min: 24, default: 52, max: 110 } as const;

const columnsIn = (pixels: number): number =>
  pixels === 0
    ? COLUMNS.default
    : Math.min(COLUMNS.max, Math.max(COLUMNS.min, Math.floor(pixels / CHARACTER_WIDTH)));

export function createPrettyView(onMore: () => void, signal: AbortSignal): PrettyView {
  const lines = h("div", { class: "nvj-pretty-lines" });
  const more = h("button", { type: "button", class: "nvj-link", hidden: true }, VALUE.moreLines);
  listen(more, "click", onMore, signal);
  const element = h("div", { class: "nvj-pretty" }, lines, more);
  let shape = "";
  let spans: HTMLElement[] = [];
  let columns: number = COLUMNS.default;
  let drawAgain: (() => unknown) | null = null;

  const write = (span: HTMLElement, { text, exact }: Token) => {
    setText(span, visible(text, MAX_TOKEN));
    if (span.title !== (exact ?? "")) span.title = exact ?? "";
  };

  const rebuild = (layout: Layout) => {
    spans = [];
    lines.replaceChildren(
      ...layout.lines.map(({ indent, tokens, fold }) => {
        const line = h("div", { class: "nvj-pretty-line" });
        // Limits the indent of deeply nested lines.
        line.style.paddingLeft = `min(${indent}ch, 50%)`;
        if (fold !== undefined) line.append(foldButton(fold));
        for (const token of tokens) {
          const span = h("span", { class: `nvj-token-${token.kind}` });
          write(span, token);
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
      for (const token of tokens) {
        const span = spans[position];
        position += 1;
        if (span === undefined) continue;
        const before = span.textContent;
        write(span, token);
        if (changes && span.textContent !== before) restartFlash(span);
      }
    }
  };

  const measure = (): boolean => {
    const before = columns;
    columns = columnsIn(element.clientWidth);
    return columns !== before;
  };
  observeSize(element, () => element.clientWidth > 0 && measure() && drawAgain?.(), signal);

  const show = (value: PageValue, options: ShowOptions = {}): boolean => {
    const { changes = false, lines: limit = 600, short = false, isOpen } = options;
    if (drawAgain === null) measure();
    drawAgain = () => show(value, { ...options, changes: false });
    const layout = pretty(value, {
      lines: limit,
      columns,
      short,
      ...(isOpen === undefined ? {} : { isOpen }),
    });
    const next = layout.lines
      .map(({ indent, tokens, fold }) => {
        const folded = fold === undefined ? "" : fold.path + fold.open;
        return indent + folded + tokens.map(({ kind }) => kind.charAt(0)).join("");
      })
      .join("\n");
    if (next === shape) update(layout, changes);
    else rebuild(layout);
    shape = next;
    more.hidden = layout.complete;
    return layout.lines.some(({ tokens }) => tokens.some(({ exact }) => exact !== undefined));
  };
  return { element, show };
}

function foldButton({ path, name, open }: Fold): HTMLElement {
  const part = name === "" ? VALUE.all : visible(name, 60);
  return h(
    "button",
    {
      type: "button",
      class: "nvj-fold",
      tabindex: -1,
      "data-path": path,
      "aria-expanded": String(open),
      "aria-label": (open ? VALUE.collapse : VALUE.expand)(part),
    },
    icon("chevron"),
  );
}

/** Restart the flash animation by switching between two names for it. */
export function restartFlash(element: HTMLElement): void {
  element.dataset.flash = element.dataset.flash === "a" ? "b" : "a";
}
