/** Find where in a value a search matches, if no preview shows it. Pure. */

import type { PageValue } from "../../protocol/common.ts";
import type { Ranges } from "../../ui/highlight.ts";
import { open, preview } from "../../values/page_value.ts";
import type { ValuePath } from "../../values/value_path.ts";
import { pathText } from "../../values/value_path.ts";

/** As in `components[0].name: headset`. */
export interface MatchLocation {
  readonly place: string;
  readonly placeRanges: Ranges;
  /** What stands there, with the long text around a match cut. */
  readonly text: string;
  readonly textRanges: Ranges;
}

export interface Highlighter {
  /** What to mark in the text of a scalar at this path; nothing where it is not meant. */
  inText(text: string, path: ValuePath, value: PageValue): Ranges;
  /** What to mark in the name of a field. */
  inName?(name: string): Ranges;
}

const DEEPEST = 20;
/** Parts of one value that are looked at: rows are drawn many times a second. */
const MOST = 2000;
/** Characters of a long text before a match, and in all. */
const BEFORE = 20;
const ROOM = 60;

export function findMatchLocation(value: PageValue, look: Highlighter): MatchLocation | null {
  let left = MOST;
  const search = (inner: PageValue, path: ValuePath): MatchLocation | null => {
    left -= 1;
    if (left < 0 || path.length > DEEPEST) return null;
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
    const ranges = typeof step === "string" ? (look.inName?.(step) ?? []) : [];
    if (ranges.length === 0) return null;
    const place = pathText([...path, step]);
    // A name that is written with quotes is marked as far as it stands there as it is.
    const from = place.lastIndexOf(String(step));
    const placeRanges = from < 0 ? [] : moved(ranges, from);
    return { place, placeRanges, text: preview(inner, ROOM), textRanges: [] };
  };
  const atText = (text: string, path: ValuePath, inner: PageValue): MatchLocation | null => {
    const [range] = look.inText(text, path, inner);
    if (range === undefined) return null;
    const from = Math.max(0, range[0] - BEFORE);
    const to = Math.min(text.length, Math.max(from + ROOM, range[1]));
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
