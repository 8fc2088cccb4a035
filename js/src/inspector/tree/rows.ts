/** The kinds of tree rows: keys and branches, parts of values, and placeholders for hidden items. */

import type { PageValue } from "../../protocol/common.ts";
import { missing, type Opened, open } from "../../values/page_value.ts";
import type { Step, ValuePath } from "../../values/value_path.ts";
import type { TreeNode } from "./key_tree.ts";

interface RowBase {
  /** Stable while the row shows the same place. */
  readonly id: string;
  readonly depth: number;
  /** Whether the row is expanded; null if it has no content. */
  readonly open: boolean | null;
}
/** A key, a branch, or both. */
export interface NodeRow extends RowBase {
  readonly kind: "node";
  readonly node: TreeNode;
  /** The nodes drawn in this row; several for a chain of branches with one child each. */
  readonly chain: readonly TreeNode[];
  readonly pinned: boolean;
}
/** A part of a key's value. */
export interface ValueRow extends RowBase {
  readonly kind: "value";
  readonly key: string;
  readonly path: ValuePath;
  readonly name: string;
}
/** The placeholder "… 980 more" for hidden items. */
export interface MoreRow extends RowBase {
  readonly kind: "more";
  readonly key: string;
  readonly path: ValuePath;
  /** The number of hidden items. */
  readonly hidden: number;
  /** The first item that should be shown but is not loaded yet; null if all are. */
  readonly awaited: number | null;
  /** Whether no more items can be shown in the tree. */
  readonly full: boolean;
}
/** All muted branches in one row. */
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

/** Return the place of a value's row or placeholder from its id; null for other rows. */
export function placeOfId(id: string): { readonly key: string; readonly path: ValuePath } | null {
  const text = id.startsWith("m") ? id.slice(1) : id;
  if (!text.startsWith("v")) return null;
  const [key, ...path] = JSON.parse(text.slice(1)) as [string, ...(string | number)[]];
  return { key, path };
}

/** Return the key that a row belongs to; null for a branch. */
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

export const isExpandable = (value: PageValue | undefined): boolean => {
  if (value === undefined || value === null || typeof value !== "object") return false;
  const opened = open(value);
  return (opened.kind === "list" || opened.kind === "object") && opened.length > 0;
};

/** Returns an item or field that was truncated, if it is loaded. */
export type FindLazyItem = (key: string, path: ValuePath, step: Step) => PageValue | undefined;

function stepInto(
  opened: Opened,
  step: Step,
  findLazyItem: () => PageValue | undefined,
): PageValue | undefined {
  if (opened.kind === "list" && typeof step === "number") {
    // Not `??`: an item may be null.
    if (step < opened.items.length) return opened.items[step];
    return step < opened.length ? findLazyItem() : undefined;
  }
  if (opened.kind !== "object") return undefined;
  const field = opened.fields.find(([name]) => name === step);
  if (field !== undefined) return field[1];
  return missing(opened) > 0 ? findLazyItem() : undefined;
}

/** Return the part of a key's value at a path; undefined if it does not exist or is not loaded. */
export function valueAt(
  key: string,
  value: PageValue | undefined,
  path: ValuePath,
  findLazyItem: FindLazyItem = () => undefined,
): PageValue | undefined {
  let here = value;
  for (const [at, step] of path.entries()) {
    if (here === undefined) return undefined;
    here = stepInto(open(here), step, () => findLazyItem(key, path.slice(0, at), step));
  }
  return here;
}
