/** The kinds of tree rows: keys and branches, parts of values, and placeholders for more. */

import type { PageValue } from "../../protocol/common.ts";
import { missing, type Opened, open } from "../../values/page_value.ts";
import type { Step, ValuePath } from "../../values/value_path.ts";
import type { TreeNode } from "./key_tree.ts";

interface RowBase {
  /** Stable as long as the row means the same. */
  readonly id: string;
  readonly depth: number;
  /** Null for a row with nothing inside. */
  readonly open: boolean | null;
}
/** A key, a branch, or both. */
export interface NodeRow extends RowBase {
  readonly kind: "node";
  readonly node: TreeNode;
  /** Nodes of the segments from the branch above; several where a chain is drawn as one row. */
  readonly chain: readonly TreeNode[];
  /** Kept on top. */
  readonly pinned: boolean;
}
/** A part of a key's value. */
export interface ValueRow extends RowBase {
  readonly kind: "value";
  readonly key: string;
  readonly path: ValuePath;
  readonly name: string;
}
/** "… 980 more": what a long value still has. */
export interface MoreRow extends RowBase {
  readonly kind: "more";
  readonly key: string;
  readonly path: ValuePath;
  /** How many are not shown. */
  readonly hidden: number;
  /** The first of those that are to be shown but have not come yet; null where all have. */
  readonly awaited: number | null;
  /** Whether no more of them can be shown here. */
  readonly full: boolean;
}
/** The branches that are muted, folded into one. */
export interface MutedRow extends RowBase {
  readonly kind: "muted";
  readonly nodes: readonly TreeNode[];
}
export type Row = NodeRow | ValueRow | MoreRow | MutedRow;

export const MUTED_ID = "muted";
export const keyId = (key: string): string => `n${key}`;
export const nodeId = (node: TreeNode): string => keyId(node.path);
export const valueId = (key: string, path: ValuePath): string =>
  `v${JSON.stringify([key, ...path])}`;

/** The place that the id of a value's row, or of what follows it, stands for. */
export function placeOfId(id: string): { readonly key: string; readonly path: ValuePath } | null {
  const text = id.startsWith("m") ? id.slice(1) : id;
  if (!text.startsWith("v")) return null;
  const [key, ...path] = JSON.parse(text.slice(1)) as [string, ...(string | number)[]];
  return { key, path };
}

/** The key that a row belongs to, or null for a branch without one. */
export function keyOf(row: Row): string | null {
  switch (row.kind) {
    case "node":
      return row.node.hasKey ? row.node.path : null;
    case "value":
    case "more":
      return row.key;
    case "muted":
      return null;
  }
}

export const hasInside = (value: PageValue | undefined): boolean => {
  if (value === undefined || value === null || typeof value !== "object") return false;
  const opened = open(value);
  return (opened.kind === "list" || opened.kind === "object") && opened.length > 0;
};

/** Finds items and fields that were cut on their way, as far as they are known. */
export type FindLazyItem = (key: string, path: ValuePath, step: Step) => PageValue | undefined;

function stepInto(
  opened: Opened,
  step: Step,
  findLazyItem: () => PageValue | undefined,
): PageValue | undefined {
  if (opened.kind === "list" && typeof step === "number") {
    // An item may be null, which is here all the same; behind the end there is nothing.
    if (step < opened.items.length) return opened.items[step];
    return step < opened.length ? findLazyItem() : undefined;
  }
  if (opened.kind !== "object") return undefined;
  const field = opened.fields.find(([name]) => name === step);
  if (field !== undefined) return field[1];
  return missing(opened) > 0 ? findLazyItem() : undefined;
}

/** The part of a key's value at a path; undefined where there is none, or none has come yet. */
export function valueAt(
  key: string,
  value: PageValue | undefined,
  path: ValuePath,
  findLazyItem: FindLazyItem,
): PageValue | undefined {
  let here = value;
  for (const [at, step] of path.entries()) {
    if (here === undefined) return undefined;
    here = stepInto(open(here), step, () => findLazyItem(key, path.slice(0, at), step));
  }
  return here;
}
