/** The rows on screen, from the tree and what is open in it. Pure. */

import { missing, open } from "../shared/page_value.ts";
import type { PageValue } from "../shared/protocol.ts";
import type { KeyTree, TreeNode } from "./tree.ts";

export type ValuePath = readonly (string | number)[];

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
  /** Labels of the segments from the branch above; several where a chain is drawn as one row. */
  readonly chain: readonly TreeNode[];
}
/** A part of a key's value. */
export interface ValueRow extends RowBase {
  readonly kind: "value";
  readonly key: string;
  readonly path: ValuePath;
  readonly name: string;
}
/** "… 980 more": what a long value or one that was cut still has. */
export interface MoreRow extends RowBase {
  readonly kind: "more";
  readonly key: string;
  readonly path: ValuePath;
  /** How many the page has and could show, and how many it has not. */
  readonly hidden: number;
  readonly cut: number;
}
export type Row = NodeRow | ValueRow | MoreRow;

export interface RowsState {
  readonly tree: KeyTree;
  readonly valueOf: (key: string) => PageValue | undefined;
  readonly filtered: boolean;
  readonly isOpen: (id: string, isBranch: boolean) => boolean;
  /** How many items of a value are shown at once. */
  readonly limitOf: (id: string) => number;
}

export const nodeId = (node: TreeNode): string => `n${node.path}`;
export const valueId = (key: string, path: ValuePath): string =>
  `v${JSON.stringify([key, ...path])}`;

/** The key that a row belongs to, or null for a branch without one. */
export function keyOf(row: Row): string | null {
  if (row.kind !== "node") return row.key;
  return row.node.hasKey ? row.node.path : null;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-/i;

/** Whether a branch and its only child are drawn as one row. A random name is worth a row. */
const isPassage = (node: TreeNode, only: TreeNode | undefined, count: number): only is TreeNode =>
  count === 1 && only !== undefined && !node.hasKey && !UUID.test(only.segment);

const hasInside = (value: PageValue | undefined): boolean => {
  if (value === undefined || value === null || typeof value !== "object") return false;
  const opened = open(value);
  return (opened.kind === "list" || opened.kind === "object") && opened.length > 0;
};

export function valueAt(value: PageValue | undefined, path: ValuePath): PageValue | undefined {
  let here = value;
  for (const step of path) {
    if (here === undefined) return undefined;
    const opened = open(here);
    if (opened.kind === "list" && typeof step === "number") here = opened.items[step];
    else if (opened.kind === "object") here = opened.fields.find(([name]) => name === step)?.[1];
    else return undefined;
  }
  return here;
}

export function flatten(state: RowsState): Row[] {
  const { tree, filtered } = state;
  const rows: Row[] = [];

  const shownChildren = (node: TreeNode): readonly TreeNode[] => {
    const children = tree.childrenOf(node);
    return filtered ? children.filter((child) => child.matched > 0) : children;
  };

  const addValues = (key: string, value: PageValue, path: ValuePath, depth: number): void => {
    const opened = open(value);
    const items: readonly (readonly [string | number, PageValue])[] =
      opened.kind === "list"
        ? opened.items.map((item, index) => [index, item] as const)
        : opened.kind === "object"
          ? opened.fields
          : [];
    const limit = state.limitOf(valueId(key, path));
    for (const [step, inner] of items.slice(0, limit)) {
      const innerPath = [...path, step];
      const id = valueId(key, innerPath);
      const isOpen = hasInside(inner) ? state.isOpen(id, false) : null;
      rows.push({
        kind: "value",
        id,
        depth,
        open: isOpen,
        key,
        path: innerPath,
        name: String(step),
      });
      if (isOpen === true) addValues(key, inner, innerPath, depth + 1);
    }
    const hidden = Math.max(0, items.length - limit);
    const cut = missing(opened);
    if (hidden + cut > 0) {
      const id = `m${valueId(key, path)}`;
      rows.push({ kind: "more", id, depth, open: null, key, path, hidden, cut });
    }
  };

  const addNode = (first: TreeNode, depth: number): void => {
    const chain = [first];
    let node = first;
    for (;;) {
      const only = node.children.size === 1 ? tree.childrenOf(node)[0] : undefined;
      if (!isPassage(node, only, node.children.size)) break;
      chain.push(only);
      node = only;
    }
    const value = node.hasKey ? state.valueOf(node.path) : undefined;
    const isBranch = node.children.size > 0;
    const id = nodeId(node);
    const isOpen = isBranch || hasInside(value) ? state.isOpen(id, isBranch) : null;
    rows.push({ kind: "node", id, depth, open: isOpen, node, chain });
    if (isOpen !== true) return;
    if (value !== undefined && hasInside(value)) addValues(node.path, value, [], depth + 1);
    for (const child of shownChildren(node)) addNode(child, depth + 1);
  };

  for (const child of shownChildren(tree.root)) addNode(child, 0);
  return rows;
}
