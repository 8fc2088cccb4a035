/** Find where a search matches in a value, if its preview does not show it. Pure. */

import type { PageValue } from "../../protocol/common.ts";
import type { Ranges } from "../../ui/highlight.ts";
import { open, preview } from "../../values/page_value.ts";
import type { ValuePath } from "../../values/value_path.ts";
import { pathText } from "../../values/value_path.ts";

/** A match such as `components[0].name: headset`. */
export interface MatchLocation {
  readonly place: string;
  readonly placeRanges: Ranges;
  /** The text around the match. */
  readonly text: string;
  readonly textRanges: Ranges;
}

export interface Highlighter {
  /** Returns the highlights in the text of a scalar at this path. */
  inText(text: string, path: ValuePath, value: PageValue): Ranges;
  /** Returns the highlights in the name of a field. */
  inName?(name: string): Ranges;
}

const MAX_DEPTH = 20;
/** Limit for the searched parts of a value, because rows are drawn many times per second. */
const MOST_PARTS = 2000;
/** Shown characters before a match, and in total. */
const BEFORE = 20;
const SHOWN = 60;

export function findMatchLocation(
  value: PageValue,
  highlighter: Highlighter,
): MatchLocation | null {
  let left = MOST_PARTS;
  const search = (inner: PageValue, path: ValuePath): MatchLocation | null => {
    left -= 1;
    if (left < 0 || path.length > MAX_DEPTH) return null;
    const opened = open(inner);
    switch (opened.kind) {
      case "list":
        return first(opened.items.entries(), path);
      case "object":
        return first(opened.fields, path);
      case "bytes":
        return atText(opened.hex, path, inner);
      case "number":
      case "text":
        return atText(opened.text, path, inner);
      case "boolean":
      case "null":
        return atText(String(inner), path, inner);
    }
  };
  const first = (
    parts: Iterable<readonly [string | number, PageValue]>,
    path: ValuePath,
  ): MatchLocation | null => {
    for (const [step, inner] of parts) {
      const found = atName(step, inner, path) ?? search(inner, [...path, step]);
      if (found !== null || left < 0) return found;
    }
    return null;
  };
  const atName = (
    step: string | number,
    inner: PageValue,
    path: ValuePath,
  ): MatchLocation | null => {
    const ranges = typeof step === "string" ? (highlighter.inName?.(step) ?? []) : [];
    if (ranges.length === 0) return null;
    const place = pathText([...path, step]);
    // A name that is quoted and escaped in the path is not highlighted.
    const from = place.lastIndexOf(String(step));
    const placeRanges = from < 0 ? [] : moved(ranges, from);
    return { place, placeRanges, text: preview(inner, SHOWN), textRanges: [] };
  };
  const atText = (text: string, path: ValuePath, inner: PageValue): MatchLocation | null => {
    const [range] = highlighter.inText(text, path, inner);
    if (range === undefined) return null;
    const from = Math.max(0, range[0] - BEFORE);
    const to = Math.min(text.length, Math.max(from + SHOWN, range[1]));
    const before = from > 0 ? "…" : "";
    return {
      place: pathText(path),
      placeRanges: [],
      text: `${before}${text.slice(from, to)}${to < text.length ? "…" : ""}`,
      textRanges: moved([range], before.length - from),
    };
  };
  return search(value, []);
}

const moved = (ranges: Ranges, by: number): Ranges =>
  ranges.map(([start, end]) => [start + by, end + by]);
