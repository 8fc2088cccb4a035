/** The texts of a tree row. Pure. */

import { type Entry, rateAt } from "../../kernel/state_store.ts";
import type { PageValue } from "../../protocol/common.ts";
import { age, count, plural, rate } from "../../text/format.ts";
import { mergeRanges } from "../../text/fuzzy_match.ts";
import { label } from "../../text/visible_text.ts";
import type { Ranges } from "../../ui/highlight.ts";
import { open, preview } from "../../values/page_value.ts";
import type { MatchLocation } from "../search/match_location.ts";
import {
  describeBranch,
  describeKey,
  HEARTBEATS,
  isPresence,
  partName,
  STALE_AFTER,
} from "../state/key_descriptions.ts";
import type { InspectorModel } from "../state/model.ts";
import * as strings from "../strings.ts";
import { nodeRate, type TreeNode } from "./key_tree.ts";
import type { MoreRow, MutedRow, NodeRow, Row, ValueRow } from "./rows.ts";

export interface RowTexts {
  readonly name: string;
  readonly nameRanges: Ranges;
  /** The full path that the name is the end of. */
  readonly title: string;
  readonly count: string;
  readonly preview: string;
  /** A match inside the value that the preview does not show. */
  readonly found: MatchLocation | null;
  /** Whether the preview is a description, not the value itself. */
  readonly sentence: boolean;
  readonly swatch: string | null;
  /** How long a client has not updated its presence; empty if recently. */
  readonly stale: string;
  readonly type: string;
  readonly rate: string;
  readonly age: string;
  readonly changedAt: number | null;
  /** The element that flashes on a change; the count for a collapsed branch. */
  readonly flashes: "preview" | "count" | null;
}

const EMPTY: RowTexts = {
  name: "",
  nameRanges: [],
  title: "",
  count: "",
  preview: "",
  found: null,
  sentence: false,
  swatch: null,
  stale: "",
  type: "",
  rate: "",
  age: "",
  changedAt: null,
  flashes: null,
};

/** Number of keys in the preview of a collapsed branch. */
const PREVIEWED_KEYS = 3;

const typeOf = (value: PageValue): string => {
  const { kind } = open(value);
  return kind === "text" ? "string" : kind;
};

const ageText = (changedAt: number | null, now: number): string =>
  changedAt === null ? "" : age(now - changedAt);

/** Return the first entries of a branch in order of insertion, which needs no sorting. */
function firstEntries(node: TreeNode, { entries }: InspectorModel): readonly Entry[] {
  const found: Entry[] = [];
  for (const child of node.children.values()) {
    const entry = child.hasKey ? entries.get(child.path) : undefined;
    if (entry !== undefined) found.push(entry);
    if (found.length === PREVIEWED_KEYS) break;
  }
  return found;
}

/** Return the number of keys of a branch, of those that match, and of those that are pinned. */
function countText(node: TreeNode, model: InspectorModel): string {
  const { keys, matched } = node;
  const pinned = model.pinnedOrMutedKeys(node);
  const all =
    node.path === HEARTBEATS
      ? plural(keys, "heartbeat")
      : model.filter !== null && matched < keys
        ? strings.searchMatches(matched, keys)
        : count(keys);
  return pinned > 0 ? strings.treePinnedKeys(all, pinned) : all;
}

/** Return the name of a chain, and the highlights of its full key moved to that name. */
function chainLabel(
  chain: readonly TreeNode[],
  ranges: Ranges,
): { readonly name: string; readonly nameRanges: Ranges } {
  let name = "";
  const nameRanges: [number, number][] = [];
  for (const [index, node] of chain.entries()) {
    if (index > 0) name += node.separator;
    const text = label(node.segment);
    const from = node.path.length - node.segment.length;
    const to = node.path.length;
    for (const [start, end] of ranges) {
      if (end <= from || start >= to) continue;
      // A label that differs from its segment is highlighted entirely.
      const same = text === node.segment;
      const first = same ? Math.max(0, start - from) : 0;
      const last = same ? Math.min(text.length, end - from) : text.length;
      nameRanges.push([name.length + first, name.length + last]);
    }
    name += text;
  }
  return { name, nameRanges: mergeRanges(nameRanges) };
}

function staleText(entry: Entry, now: number, watchedSince: number | null): string {
  const since = entry.changedAt ?? watchedSince;
  return since === null || now - since < STALE_AFTER ? "" : strings.treeStale(age(now - since));
}

function nodeTexts(row: NodeRow, model: InspectorModel, now: number): RowTexts {
  const { node } = row;
  const isBranch = node.children.size > 0;
  const entry = node.hasKey ? model.entries.get(node.path) : undefined;
  const known = entry === undefined ? null : describeKey(entry.key, entry.value);
  const perSecond = isBranch || entry === undefined ? nodeRate(node, now) : rateAt(entry, now);
  const collapsed = row.open !== true;
  const below =
    collapsed && node.path !== HEARTBEATS
      ? describeBranch(firstEntries(node, model), node.keys)
      : "";
  const previewText = entry === undefined ? below : (known?.text ?? preview(entry.value));
  const { filter } = model;
  const presence = entry !== undefined && known !== null && isPresence(entry.key);
  return {
    ...EMPTY,
    ...chainLabel(row.chain, filter?.keyRanges(node.path) ?? []),
    title: node.path,
    count: isBranch ? countText(node, model) : "",
    preview: previewText,
    // In an expanded row, the rows of the parts are highlighted.
    found: entry === undefined || !collapsed ? null : (filter?.placeIn(entry, previewText) ?? null),
    sentence: entry === undefined || known !== null,
    swatch: known?.swatch ?? null,
    stale: presence ? staleText(entry, now, model.watchedSince) : "",
    type: entry === undefined ? "" : typeOf(entry.value),
    rate: rate(perSecond),
    age: ageText(node.changedAt, now),
    changedAt: isBranch && collapsed ? node.changedAt : (entry?.changedAt ?? null),
    flashes: isBranch ? (collapsed ? "count" : null) : "preview",
  };
}

function valueTexts(row: ValueRow, model: InspectorModel): RowTexts {
  const name = partName(row.key, row.path) ?? label(row.name);
  const value = model.valueAt(row.key, row.path);
  if (value === undefined)
    return { ...EMPTY, name, preview: strings.treeValueNotLoaded, sentence: true };
  return {
    ...EMPTY,
    name,
    nameRanges: [],
    preview: preview(value),
    type: typeOf(value),
    flashes: "preview",
  };
}

function moreTexts(row: MoreRow, model: InspectorModel): RowTexts {
  const hint = row.full ? strings.treeSeeDetails : model.fetch(row) ? "" : strings.treeSeeHistory;
  return { ...EMPTY, sentence: true, preview: strings.treeMore(row.hidden, hint) };
}

function mutedTexts({ nodes }: MutedRow, now: number): RowTexts {
  const perSecond = nodes.reduce((sum, node) => sum + nodeRate(node, now), 0);
  return {
    ...EMPTY,
    name: strings.treeMuted,
    count: plural(nodes.length, "branch", "branches"),
    preview: nodes.map((node) => label(node.segment)).join(", "),
    sentence: true,
    rate: rate(perSecond),
  };
}

export function textsOf(row: Row, model: InspectorModel, now: number): RowTexts {
  switch (row.kind) {
    case "node":
      return nodeTexts(row, model, now);
    case "value":
      return valueTexts(row, model);
    case "more":
      return moreTexts(row, model);
    case "muted":
      return mutedTexts(row, now);
  }
}
