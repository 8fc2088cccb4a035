/** The rows inside of one key's value, as far as they are open. Pure. */

import { missing, open } from "../shared/page_value.ts";
import type { PageValue } from "../shared/protocol.ts";
import {
  type FindFar,
  hasInside,
  type MoreRow,
  type ValuePath,
  type ValueRow,
  valueId,
} from "./rows.ts";

export interface ValueFolds {
  isOpen(id: string): boolean;
  /** How many items of a value are shown at once. */
  limitOf(id: string): number;
  readonly far: FindFar;
}

/** Depths count from the key's own row. */
export function valueRows(
  key: string,
  value: PageValue,
  folds: ValueFolds,
): readonly (ValueRow | MoreRow)[] {
  const rows: (ValueRow | MoreRow)[] = [];

  const addItem = (step: string | number, inner: PageValue | undefined, path: ValuePath) => {
    const innerPath = [...path, step];
    const id = valueId(key, innerPath);
    const isOpen = hasInside(inner) ? folds.isOpen(id) : null;
    const depth = innerPath.length;
    rows.push({ kind: "value", id, depth, open: isOpen, key, path: innerPath, name: String(step) });
    if (isOpen === true && inner !== undefined) addInside(inner, innerPath);
  };

  const addInside = (outer: PageValue, path: ValuePath): void => {
    const opened = open(outer);
    const limit = folds.limitOf(valueId(key, path));
    let hidden = 0;
    let cut = 0;
    if (opened.kind === "list") {
      // What was cut from a list is fetched when it is looked at.
      const shown = Math.min(limit, opened.length);
      for (let index = 0; index < shown; index += 1) {
        addItem(index, opened.items[index] ?? folds.far(key, path, index), path);
      }
      hidden = opened.length - shown;
    } else if (opened.kind === "object") {
      for (const [name, inner] of opened.fields.slice(0, limit)) addItem(name, inner, path);
      hidden = Math.max(0, opened.fields.length - limit);
      cut = missing(opened);
    }
    if (hidden + cut > 0) {
      const id = `m${valueId(key, path)}`;
      rows.push({ kind: "more", id, depth: path.length + 1, open: null, key, path, hidden, cut });
    }
  };

  addInside(value, []);
  return rows;
}
