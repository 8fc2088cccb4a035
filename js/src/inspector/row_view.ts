/** One row of the tree as elements, made once and drawn again for whatever scrolls by. */

import { h, setAttribute, setText } from "../shared/dom.ts";
import { icon } from "../shared/icons.ts";
import { findWords, markedNodes } from "../shared/marks.ts";
import { type Entry, rateAt } from "../shared/page_mirror.ts";
import { open, preview } from "../shared/page_value.ts";
import { restartFlash } from "../shared/pretty_view.ts";
import type { PageValue } from "../shared/protocol.ts";
import { label } from "../shared/visible_text.ts";
import { age, count, rate } from "../shared/words.ts";
import type { Place, RowPart, RowPartView } from "./bench.ts";
import type { Filter } from "./filter.ts";
import { describeBranch, describeKnown } from "./known.ts";
import type { InspectorModel } from "./model.ts";
import { keyOf, type NodeRow, type Row, valueAt } from "./rows.ts";
import { nodeRate, type TreeNode } from "./tree.ts";

export interface RowContext {
  readonly model: InspectorModel;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly now: number;
}

export interface RowView {
  readonly element: HTMLElement;
  draw(row: Row, index: number, state: RowState, context: RowContext): void;
}

export interface RowState {
  readonly selected: boolean;
  /** Whether Tab comes to this row. */
  readonly current: boolean;
  /** What somebody edits, here or elsewhere. */
  readonly edited: Place | null;
}

/** What a row says, apart from where it stands. */
interface Texts {
  readonly name: string;
  readonly count: string;
  readonly preview: string;
  readonly sentence: boolean;
  readonly swatch: string | null;
  readonly type: string;
  readonly rate: string;
  readonly age: string;
  readonly changedAt: number | null;
}

const TYPES = { list: "list", object: "object", text: "text", bytes: "bytes" } as const;
/** Seconds; a change on screen flashes at most so often, or it would only glow. */
const FLASH_PAUSE = 0.25;

const typeOf = (value: PageValue): string => {
  const { kind } = open(value);
  return kind in TYPES ? TYPES[kind as keyof typeof TYPES] : kind;
};

const ageText = (changedAt: number | null, now: number): string =>
  changedAt === null ? "" : age(now - changedAt);

function firstEntries(node: TreeNode, { model, entries }: RowContext): Entry[] {
  const found: Entry[] = [];
  for (const child of model.tree.childrenOf(node)) {
    const entry = child.hasKey ? entries.get(child.path) : undefined;
    if (entry !== undefined) found.push(entry);
    if (found.length === 3) break;
  }
  return found;
}

/** While filtering, a branch shows how much of it is shown. */
const countText = ({ keys, matched }: TreeNode, filtered: boolean): string =>
  filtered && matched < keys ? `${count(matched)} of ${count(keys)}` : count(keys);

const chainText = (chain: readonly TreeNode[]): string =>
  chain.map((node, index) => (index === 0 ? "" : node.separator) + label(node.segment)).join("");

function nodeTexts(row: NodeRow, context: RowContext): Texts {
  const { node } = row;
  const { now, entries } = context;
  const isBranch = node.children.size > 0;
  const entry = node.hasKey ? entries.get(node.path) : undefined;
  const known = entry === undefined ? null : describeKnown(entry.key, entry.value);
  const perSecond = isBranch || entry === undefined ? nodeRate(node, now) : rateAt(entry, now);
  const own = entry === undefined ? "" : (known?.text ?? preview(entry.value));
  const below = row.open === true ? "" : describeBranch(firstEntries(node, context), node.keys);
  return {
    name: chainText(row.chain),
    count: isBranch ? countText(node, context.model.filter !== null) : "",

    preview: entry === undefined ? below : own,
    sentence: entry === undefined || known !== null,
    swatch: known?.swatch ?? null,
    type: entry === undefined ? "" : typeOf(entry.value),
    rate: rate(perSecond),
    age: ageText(node.changedAt, now),
    changedAt: node.changedAt,
  };
}

function textsOf(row: Row, context: RowContext): Texts {
  const empty = {
    name: "",
    count: "",
    preview: "",
    sentence: false,
    swatch: null,
    type: "",
    rate: "",
    age: "",
    changedAt: null,
  };
  switch (row.kind) {
    case "node":
      return nodeTexts(row, context);
    case "value": {
      const value = valueAt(context.entries.get(row.key)?.value, row.path);
      if (value === undefined) return { ...empty, name: label(row.name) };
      return {
        ...empty,
        name: label(row.name),
        preview: preview(value),
        type: typeOf(value),
      };
    }
    case "more": {
      const cut = row.cut > 0 ? `${count(row.cut)} not sent to the page` : "";
      const hidden = row.hidden > 0 ? `… ${count(row.hidden)} more` : "";
      return {
        ...empty,
        sentence: true,
        preview: [hidden, cut].filter((text) => text !== "").join(" · "),
      };
    }
  }
}

export interface PlacedPart {
  readonly at: RowPart["at"];
  readonly view: RowPartView;
}

const isEdited = (row: Row, edited: Place | null): boolean =>
  edited !== null &&
  edited.key === keyOf(row) &&
  JSON.stringify(edited.path) === JSON.stringify(row.kind === "node" ? [] : row.path);

export function createRowView(parts: readonly PlacedPart[]): RowView {
  const twisty = h("span", { class: "nvj-twisty", "aria-hidden": "true" }, icon("chevron"));
  const name = h("span", { class: "nvj-key" });
  const number = h("span", { class: "nvj-pill" });
  const swatch = h("span", { class: "nvj-swatch", "aria-hidden": "true" });
  const text = h("span", { class: "nvj-preview" });
  const main = h("span", { class: "nvj-cell-main", role: "gridcell" });
  const partsAt = (at: RowPart["at"]) =>
    parts.filter((part) => part.at === at).map(({ view }) => view.element);
  const end = h("span", { class: "nvj-row-end" });
  end.append(...partsAt("end"));
  main.append(twisty, name, number, swatch, text, ...partsAt("value"), end);
  const type = h("span", { class: "nvj-cell-type", role: "gridcell" });
  const perSecond = h("span", { class: "nvj-cell-rate", role: "gridcell" });
  const ago = h("span", { class: "nvj-cell-age", role: "gridcell" });
  const element = h("div", { class: "nvj-row", role: "row" }, main, type, perSecond, ago);

  let drawnId = "";
  let drawnName = "";
  let drawnPreview = "";
  let drawnFilter: Filter | null = null;
  let drawnText = "";
  let flashedAt = Number.NEGATIVE_INFINITY;

  const flash = (texts: Texts, context: RowContext, sameRow: boolean, before: string) => {
    const fresh = texts.changedAt !== null && context.now - texts.changedAt < 0.5;
    if (!sameRow) {
      // An element that was another row's must not go on with that row's flash.
      delete text.dataset.flash;
      flashedAt = Number.NEGATIVE_INFINITY;
      return;
    }
    const changed = texts.changedAt === null ? before !== texts.preview : fresh;
    if (!changed || context.now - flashedAt < FLASH_PAUSE) return;
    if (texts.changedAt !== null && texts.changedAt <= flashedAt) return;
    flashedAt = context.now;
    restartFlash(text);
  };

  const drawTexts = (texts: Texts, filter: Filter | null) => {
    if (texts.name !== drawnName || filter !== drawnFilter) {
      name.replaceChildren(
        ...markedNodes(texts.name, findWords(texts.name, filter?.keyWords ?? [])),
      );
      drawnName = texts.name;
    }
    if (texts.preview !== drawnPreview || filter !== drawnFilter) {
      const ranges = findWords(texts.preview, filter?.valueWords ?? []);
      text.replaceChildren(...markedNodes(texts.preview, ranges));
      drawnPreview = texts.preview;
    }
    drawnFilter = filter;
    setText(number, texts.count);
    number.hidden = texts.count === "";
    swatch.hidden = texts.swatch === null;
    if (texts.swatch !== null) swatch.style.backgroundColor = texts.swatch;
    text.classList.toggle("nvj-sentence", texts.sentence);
    text.dataset.type = texts.type;
    setText(type, texts.type);
    setText(perSecond, texts.rate);
    setText(ago, texts.age);
  };

  return {
    element,
    draw(row, index, state, context) {
      const sameRow = row.id === drawnId;
      const before = drawnText;
      const texts = textsOf(row, context);
      drawTexts(texts, context.model.filter);
      const held = isEdited(row, state.edited);
      setAttribute(element, "data-edited", held ? "true" : null);
      if (!held) flash(texts, context, sameRow, before);
      const key = keyOf(row);
      const entry = key === null ? undefined : context.entries.get(key);
      for (const { view } of parts) view.draw(row, entry, context.now);
      drawnText = texts.preview;
      element.tabIndex = state.current ? 0 : -1;
      element.setAttribute("aria-selected", String(state.selected));
      if (sameRow && element.dataset.open === String(row.open)) {
        element.setAttribute("aria-rowindex", String(index + 1));
        return;
      }
      drawnId = row.id;
      element.dataset.open = String(row.open);
      element.dataset.kind = row.kind;
      element.style.setProperty("--nvj-depth", String(Math.min(row.depth, 16)));
      element.setAttribute("aria-level", String(row.depth + 1));
      element.setAttribute("aria-rowindex", String(index + 1));
      if (row.open === null) element.removeAttribute("aria-expanded");
      else element.setAttribute("aria-expanded", String(row.open));
    },
  };
}
