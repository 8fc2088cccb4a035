/** The elements of a tree row, reused while scrolling. */

import type { Entry } from "../../kernel/state_store.ts";
import { visible } from "../../text/visible_text.ts";
import { highlightedNodes } from "../../ui/highlight.ts";
import { h, setAttribute, setText } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { restartFlash } from "../../values/pretty_view.ts";
import type { RowPart, RowPartView } from "../context.ts";
import type { Filter } from "../search/filter.ts";
import type { MatchLocation } from "../search/match_location.ts";
import type { InspectorModel } from "../state/model.ts";
import { type Place, samePlace } from "../state/place.ts";
import * as strings from "../strings.ts";
import { type RowTexts, textsOf } from "./row_texts.ts";
import { keyOf, type Row } from "./rows.ts";

export interface RowView {
  readonly element: HTMLElement;
  draw(row: Row, index: number, state: RowState, model: InspectorModel, now: number): void;
}

export interface RowState {
  readonly selected: boolean;
  /** Whether the row is the Tab stop of the tree. */
  readonly current: boolean;
  /** The place being edited. */
  readonly edited: Place | null;
  /** Changes when rows must be drawn again although their keys have not changed. */
  readonly stamp: number;
}

export interface PlacedPart {
  readonly at: RowPart["at"];
  readonly view: RowPartView;
}

/** Seconds between two flashes of a row. */
const FLASH_PAUSE = 0.25;
/** Seconds between two drawings of an unchanged row, of which only the age grows. */
const REDRAW_AFTER = 0.2;
/** Seconds after which a change does not flash, for example when a row scrolls into view. */
const FLASH_WITHIN = 0.5;
const FULL_INDENTS = 5;

const pathOf = (row: Row) => (row.kind === "value" || row.kind === "more" ? row.path : []);

const isEdited = (row: Row, edited: Place | null): boolean => {
  const key = keyOf(row);
  return edited !== null && key !== null && samePlace(edited, { key, path: pathOf(row) });
};

/** Return all inputs of a row's drawing except the time. */
const inputsOf = (
  row: Row,
  index: number,
  state: RowState,
  model: InspectorModel,
  entry: Entry | undefined,
): readonly unknown[] => [
  row.id,
  row.open,
  row.depth,
  index,
  entry,
  row.kind === "node" ? row.node.changedAt : null,
  model.version,
  model.filter,
  state.selected,
  state.current,
  state.edited,
  state.stamp,
];

/** Return the indentation of a row; smaller steps at great depth leave room for the value. */
const indent = (depth: number): number => {
  const deep = Math.min(Math.max(0, depth - FULL_INDENTS), 30);
  return Math.min(depth, FULL_INDENTS) + deep / 5;
};

const sameInputs = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((input, index) => Object.is(input, b[index]));

export function createRowView(parts: readonly PlacedPart[]): RowView {
  const twisty = h("span", { class: "nvj-twisty", "aria-hidden": "true" }, icon("chevron"));
  const pin = h("span", { class: "nvj-pin", title: strings.toolbarPinned }, icon("star"));
  const name = h("span", { class: "nvj-key" });
  const number = h("span", { class: "nvj-pill" });
  const swatch = h("span", { class: "nvj-swatch", "aria-hidden": "true" });
  const text = h("span", { class: "nvj-preview" });
  const place = h("span", { class: "nvj-match-location" });
  const match = h("span", { class: "nvj-match-text" });
  const found = h("span", { class: "nvj-match", hidden: true }, place, match);
  const stale = h("span", { class: "nvj-chip", "data-tone": "amber", hidden: true });
  const main = h("span", { class: "nvj-cell-main", role: "gridcell" });
  const partsAt = (at: RowPart["at"]) =>
    parts.filter((part) => part.at === at).map(({ view }) => view.element);
  const end = h("span", { class: "nvj-row-end" });
  end.append(...partsAt("end"));
  main.append(twisty, pin, name, number, swatch, text, found, stale, ...partsAt("value"), end);
  const type = h("span", { class: "nvj-cell-type", role: "gridcell" });
  const perSecond = h("span", { class: "nvj-cell-rate", role: "gridcell" });
  const ago = h("span", { class: "nvj-cell-age", role: "gridcell" });
  const element = h("div", { class: "nvj-row", role: "row" }, main, type, perSecond, ago);

  let drawnId = "";
  let drawnName = "";
  let drawnPreview = "";
  let drawnFound: MatchLocation | null = null;
  let drawnFilter: Filter | null = null;
  let flashedAt = Number.NEGATIVE_INFINITY;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawnInputs: readonly unknown[] = [];

  const flash = (texts: RowTexts, sameRow: boolean, before: string, now: number) => {
    if (!sameRow) {
      // The element showed another row before, whose flash must end.
      delete text.dataset.flash;
      delete number.dataset.flash;
      flashedAt = Number.NEGATIVE_INFINITY;
      return;
    }
    const { changedAt, flashes } = texts;
    const changed =
      changedAt === null
        ? flashes === "preview" && before !== texts.preview
        : now - changedAt < FLASH_WITHIN && changedAt > flashedAt;
    if (flashes === null || !changed || now - flashedAt < FLASH_PAUSE) return;
    flashedAt = now;
    restartFlash(flashes === "preview" ? text : number);
  };

  const drawTexts = (texts: RowTexts, filter: Filter | null) => {
    if (texts.name !== drawnName || filter !== drawnFilter) {
      name.replaceChildren(...highlightedNodes(texts.name, texts.nameRanges));
      drawnName = texts.name;
    }
    if (texts.preview !== drawnPreview || filter !== drawnFilter) {
      const ranges = filter?.valueRanges(texts.preview) ?? [];
      text.replaceChildren(...highlightedNodes(texts.preview, ranges));
      text.title = texts.sentence ? visible(texts.preview, 300) : "";
      drawnPreview = texts.preview;
    }
    drawnFilter = filter;
    if (texts.found !== drawnFound) {
      drawnFound = texts.found;
      found.hidden = drawnFound === null;
      place.replaceChildren(
        ...highlightedNodes(drawnFound?.place ?? "", drawnFound?.placeRanges ?? []),
      );
      match.replaceChildren(
        ...highlightedNodes(drawnFound?.text ?? "", drawnFound?.textRanges ?? []),
      );
    }
    setText(number, texts.count);
    number.hidden = texts.count === "";
    swatch.hidden = texts.swatch === null;
    if (texts.swatch !== null) swatch.style.backgroundColor = texts.swatch;
    text.classList.toggle("nvj-sentence", texts.sentence);
    text.dataset.type = texts.type;
    setText(stale, texts.stale);
    stale.hidden = texts.stale === "";
    element.classList.toggle("nvj-stale", texts.stale !== "");
    setText(type, texts.type);
    setText(perSecond, texts.rate);
    setText(ago, texts.age);
  };

  /** Draws what changes only when the element shows another row, or expands. */
  const drawPlace = (row: Row, title: string) => {
    element.dataset.open = String(row.open);
    element.dataset.kind = row.kind;
    pin.hidden = !(row.kind === "node" && row.pinned);
    name.title = title.length > 40 ? visible(title, 1000) : "";
    element.style.setProperty("--nvj-depth", String(indent(row.depth)));
    element.setAttribute("aria-level", String(row.depth + 1));
    setAttribute(element, "aria-expanded", row.open === null ? null : String(row.open));
  };

  return {
    element,
    draw(row, index, state, model, now) {
      const key = keyOf(row);
      const entry = key === null ? undefined : model.entries.get(key);
      const inputs = inputsOf(row, index, state, model, entry);
      if (now - drawnAt < REDRAW_AFTER && sameInputs(inputs, drawnInputs)) return;
      drawnInputs = inputs;
      drawnAt = now;
      const sameRow = row.id === drawnId;
      const before = drawnPreview;
      const texts = textsOf(row, model, now);
      drawTexts(texts, model.filter);
      const edited = isEdited(row, state.edited);
      setAttribute(element, "data-edited", edited ? "true" : null);
      if (!edited) flash(texts, sameRow, before, now);
      for (const { view } of parts) view.draw(row, entry, now);
      element.tabIndex = state.current ? 0 : -1;
      setAttribute(element, "aria-selected", String(state.selected));
      setAttribute(element, "aria-rowindex", index + 1);
      drawnId = row.id;
      drawPlace(row, texts.title);
    },
  };
}
