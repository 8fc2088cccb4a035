/** The rows inside a key's value that are expanded. Pure. */

import type { PageValue } from "../../protocol/common.ts";
import { open } from "../../values/page_value.ts";
import type { ValuePath } from "../../values/value_path.ts";
import { type FindLazyItem, isExpandable, type MoreRow, type ValueRow, valueId } from "./rows.ts";

export interface ValueRowSource {
  isOpen(id: string): boolean;
  /** Returns how many items of a value are shown. */
  limitOf(id: string): number;
  readonly findLazyItem: FindLazyItem;
  /** Returns the name of a truncated field, if it is loaded. */
  nameAt(key: string, path: ValuePath, index: number): string | undefined;
}

/** Limit for truncated fields of an object: as many as LazyItems keeps. */
const MOST_FIELDS = 5_000;

/** Return the rows inside a value; depths are relative to the row of its key. */
export function valueRows(
  key: string,
  value: PageValue,
  source: ValueRowSource,
): readonly (ValueRow | MoreRow)[] {
  const rows: (ValueRow | MoreRow)[] = [];

  const addItem = (step: string | number, inner: PageValue | undefined, path: ValuePath) => {
    const innerPath = [...path, step];
    const id = valueId(key, innerPath);
    const isOpen = isExpandable(inner) ? source.isOpen(id) : null;
    const depth = innerPath.length;
    rows.push({ kind: "value", id, depth, open: isOpen, key, path: innerPath, name: String(step) });
    if (isOpen === true && inner !== undefined) addInside(inner, innerPath);
  };

  const addInside = (outer: PageValue, path: ValuePath): void => {
    const opened = open(outer);
    const limit = source.limitOf(valueId(key, path));
    if (opened.kind !== "list" && opened.kind !== "object") return;
    const wanted = Math.min(limit, opened.length);
    let shown = 0;
    let awaited: number | null = null;
    let full = false;
    if (opened.kind === "list") {
      // Truncated items are fetched when their rows are drawn.
      for (; shown < wanted; shown += 1) {
        const inner = opened.items[shown];
        addItem(shown, inner === undefined ? source.findLazyItem(key, path, shown) : inner, path);
      }
    } else {
      const names = new Set<string>();
      const most = Math.min(wanted, Math.max(MOST_FIELDS, opened.fields.length));
      full = most < wanted;
      for (; shown < most; shown += 1) {
        const [name, inner] = opened.fields[shown] ?? [source.nameAt(key, path, shown)];
        if (name === undefined) {
          awaited = shown;
          break;
        }
        // Blocks loaded at different times may both contain a field.
        if (names.has(name)) continue;
        names.add(name);
        addItem(name, inner === undefined ? source.findLazyItem(key, path, name) : inner, path);
      }
    }
    const hidden = opened.length - shown;
    if (hidden > 0) {
      const id = `m${valueId(key, path)}`;
      const depth = path.length + 1;
      rows.push({ kind: "more", id, depth, open: null, key, path, hidden, awaited, full });
    }
  };

  addInside(value, []);
  return rows;
}
