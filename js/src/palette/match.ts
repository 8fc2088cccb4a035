/** Which commands fit a query, in which order, and what to mark in them. Pure. */

import { joined, match } from "../shared/match.ts";
import type { CommandBody } from "../shared/protocol_palette.ts";

type Ranges = readonly (readonly [start: number, end: number])[];

export interface Found {
  readonly command: CommandBody;
  readonly inName: Ranges;
  readonly inLabel: Ranges;
}

export interface Group {
  /** What stands before the first "/" of the names, or null for one list of results. */
  readonly title: string | null;
  readonly items: readonly Found[];
}

/** A label is what its author wanted to be read, so it counts a little more than the name. */
const LABEL_BONUS = 2;

export function groupName(name: string): string {
  const slash = name.indexOf("/");
  return slash > 0 ? name.slice(0, slash) : "";
}

interface Scored extends Found {
  readonly score: number;
}

function scoreOf(command: CommandBody, words: readonly string[]): Scored | null {
  const inName: (readonly [number, number])[] = [];
  const inLabel: (readonly [number, number])[] = [];
  let score = 0;
  for (const word of words) {
    const name = match(word, command.name);
    const label = command.label === null ? null : match(word, command.label);
    if (name === null && label === null) return null;
    score += Math.max(
      name?.score ?? Number.NEGATIVE_INFINITY,
      label === null ? Number.NEGATIVE_INFINITY : label.score + LABEL_BONUS,
    );
    if (name !== null) inName.push(...name.ranges);
    if (label !== null) inLabel.push(...label.ranges);
  }
  return { command, score, inName: joined(inName), inLabel: joined(inLabel) };
}

/** Without a query all commands by group, in the server's order; with one, the best first. */
export function findCommands(commands: readonly CommandBody[], query: string): readonly Group[] {
  const words = query.split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return groups(commands);
  const found = commands
    .map((command) => scoreOf(command, words))
    .filter((scored) => scored !== null)
    .sort((a, b) => b.score - a.score);
  return found.length === 0 ? [] : [{ title: null, items: found }];
}

function groups(commands: readonly CommandBody[]): readonly Group[] {
  const byName = new Map<string, Found[]>();
  for (const command of commands) {
    const name = groupName(command.name);
    const group = byName.get(name) ?? [];
    group.push({ command, inName: [], inLabel: [] });
    byName.set(name, group);
  }
  return [...byName].map(([title, items]) => ({ title, items }));
}
