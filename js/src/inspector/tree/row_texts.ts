/** The texts of a tree row. Pure. */

import { type Entry, rateAt } from "../../kernel/state_store.ts";
import type { PageValue } from "../../protocol/common.ts";
import { age, count, plural, rate } from "../../text/format.ts";
import { joined } from "../../text/fuzzy_match.ts";
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
import { nodeRate, type TreeNode } from "./key_tree.ts";
import type { MoreRow, MutedRow, NodeRow, Row, ValueRow } from "./rows.ts";

export interface RowTexts {
  readonly name: string;
  readonly nameRanges: Ranges;
  /** The whole of what the name is the end of. */
  readonly title: string;
  readonly count: string;
  readonly preview: string;
  /** What the search found inside of the value where the preview does not show it. */
  readonly found: MatchLocation | null;
  /** Words of ours rather than the value itself. */
  readonly sentence: boolean;
  readonly swatch: string | null;
  /** For how long nothing was heard of somebody; empty while all is well. */
  readonly stale: string;
  readonly type: string;
  readonly rate: string;
  readonly age: string;
  readonly changedAt: number | null;
  /** What lights up when something changes: a closed branch in its count. */
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

const TYPES = { list: "list", object: "object", text: "text", bytes: "bytes" } as const;
/** Entries of a closed branch that its preview tells of. */
const MOST_SHOWN = 3;

const typeOf = (value: PageValue): string => {
  const { kind } = open(value);
  return kind in TYPES ? TYPES[kind as keyof typeof TYPES] : kind;
};

const ageText = (changedAt: number | null, now: number): string =>
  changedAt === null ? "" : age(now - changedAt);

/** In the order in which they came, so that nothing is sorted for a branch that is closed. */
function firstEntries(node: TreeNode, { entries }: InspectorModel): readonly Entry[] {
  const found: Entry[] = [];
  for (const child of node.children.values()) {
    const entry = child.hasKey ? entries.get(child.path) : undefined;
    if (entry !== undefined) found.push(entry);
    if (found.length === MOST_SHOWN) break;
  }
  return found;
}

/** While filtering, a branch shows how much of it is shown; and how much stands elsewhere. */
function countText(node: TreeNode, model: InspectorModel): string {
  const { keys, matched } = node;
  const pinnedOrMuted = model.pinnedOrMutedKeys(node);
  const all =
    node.path === HEARTBEATS
      ? plural(keys, "heartbeat")
      : model.filter !== null && matched < keys
        ? `${count(matched)} of ${count(keys)}`
        : count(keys);
  return pinnedOrMuted > 0 ? `${all} · ${count(pinnedOrMuted)} on top` : all;
}

/** Marks of a whole key, moved to where its last segments are written. */
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
      // A label that is not the segment itself is marked as a whole.
      const same = text === node.segment;
      const first = same ? Math.max(0, start - from) : 0;
      const last = same ? Math.min(text.length, end - from) : text.length;
      nameRanges.push([name.length + first, name.length + last]);
    }
    name += text;
  }
  return { name, nameRanges: joined(nameRanges) };
}

function staleText(entry: Entry, now: number, watchedSince: number | null): string {
  const since = entry.changedAt ?? watchedSince;
  return since === null || now - since < STALE_AFTER ? "" : `stale ${age(now - since)}`;
}

function nodeTexts(row: NodeRow, model: InspectorModel, now: number): RowTexts {
  const { node } = row;
  const isBranch = node.children.size > 0;
  const entry = node.hasKey ? model.entries.get(node.path) : undefined;
  const known = entry === undefined ? null : describeKey(entry.key, entry.value);
  const perSecond = isBranch || entry === undefined ? nodeRate(node, now) : rateAt(entry, now);
  const closed = row.open !== true;
  const below =
    closed && node.path !== HEARTBEATS ? describeBranch(firstEntries(node, model), node.keys) : "";
  const words = entry === undefined ? below : (known?.text ?? preview(entry.value));
  const { filter } = model;
  const presence = entry !== undefined && known !== null && isPresence(entry.key);
  return {
    ...EMPTY,
    ...chainLabel(row.chain, filter?.keyRanges(node.path) ?? []),
    title: node.path,
    count: isBranch ? countText(node, model) : "",
    preview: words,
    // In an open row the parts themselves are marked.
    found: entry === undefined || !closed ? null : (filter?.placeIn(entry, words) ?? null),
    sentence: entry === undefined || known !== null,
    swatch: known?.swatch ?? null,
    stale: presence ? staleText(entry, now, model.watchedSince) : "",
    type: entry === undefined ? "" : typeOf(entry.value),
    rate: rate(perSecond),
    age: ageText(node.changedAt, now),
    changedAt: isBranch && closed ? node.changedAt : (entry?.changedAt ?? null),
    flashes: isBranch ? (closed ? "count" : null) : "preview",
  };
}

function valueTexts(row: ValueRow, model: InspectorModel): RowTexts {
  const name = partName(row.key, row.path) ?? label(row.name);
  const value = model.valueAt(row.key, row.path);
  if (value === undefined) return { ...EMPTY, name, preview: "…", sentence: true };
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
  const elsewhere = row.full
    ? "; the pane beside shows all"
    : model.fetch(row)
      ? ""
      : "; History has all of it";
  return { ...EMPTY, sentence: true, preview: `… ${count(row.hidden)} more${elsewhere}` };
}

function mutedTexts({ nodes }: MutedRow, now: number): RowTexts {
  const perSecond = nodes.reduce((sum, node) => sum + nodeRate(node, now), 0);
  return {
    ...EMPTY,
    name: "muted",
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
