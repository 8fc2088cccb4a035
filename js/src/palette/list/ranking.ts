/** Filter and rank commands for a query, and find the text to highlight. Pure. */

import type { CommandBody } from "../../protocol/palette.ts";
import {
  joined,
  matchIn,
  type Prepared,
  prepare,
  prepareWord,
  scoreIn,
} from "../../text/fuzzy_match.ts";

type Ranges = readonly (readonly [start: number, end: number])[];

export interface RankedCommand {
  readonly command: CommandBody;
  readonly inName: Ranges;
  readonly inLabel: Ranges;
}

export interface Group {
  /** A title, such as what stands before the first "/" of the names; null for none. */
  readonly title: string | null;
  readonly items: readonly RankedCommand[];
}

/** A label is what its author wanted to be read, so it counts a little more than the name. */
const LABEL_BONUS = 2;
/** What was run last comes first among what fits about as well: less than a word's start. */
const RECENT_BONUS = 6;
/** As many of the last commands stand above the groups. */
const RECENT_SHOWN = 5;
export const RECENT = "recent";

export function groupName(name: string): string {
  const slash = name.indexOf("/");
  return slash > 0 ? name.slice(0, slash) : "";
}

/** A command made ready to be looked through at every key press. */
interface Ready {
  readonly command: CommandBody;
  readonly name: Prepared;
  readonly label: Prepared | null;
}

const readyFor = (command: CommandBody): Ready => ({
  command,
  name: prepare(command.name),
  label: command.label === null ? null : prepare(command.label),
});

/** A command that fits. What to mark in it is looked for when it is drawn. */
class Hit implements RankedCommand {
  constructor(
    readonly ready: Ready,
    readonly words: readonly string[],
    readonly score: number,
  ) {}

  get command(): CommandBody {
    return this.ready.command;
  }

  get inName(): Ranges {
    return marksIn(this.words, this.ready.name);
  }

  get inLabel(): Ranges {
    return this.ready.label === null ? [] : marksIn(this.words, this.ready.label);
  }
}

const marksIn = (words: readonly string[], text: Prepared): Ranges =>
  joined(words.flatMap((word) => matchIn(word, text)?.ranges ?? []));

/** How well all words fit, each in the name or the label; null where one does not. */
function scoreOf({ name, label }: Ready, words: readonly string[]): number | null {
  let sum = 0;
  for (const word of words) {
    const inName = scoreIn(word, name);
    const inLabel = label === null ? null : scoreIn(word, label);
    if (inName === null && inLabel === null) return null;
    sum += Math.max(
      inName ?? Number.NEGATIVE_INFINITY,
      inLabel === null ? Number.NEGATIVE_INFINITY : inLabel + LABEL_BONUS,
    );
  }
  return sum;
}

const wordsOf = (query: string): readonly string[] =>
  query
    .split(/\s+/)
    .filter((word) => word !== "")
    .map(prepareWord);

/**
 * Finds commands while somebody types. A longer query of the same beginning can only
 * find fewer, so that is looked for among what was found before.
 */
export class Finder {
  #commands: readonly CommandBody[] = [];
  /** Made with the first query: a list that nobody searches costs nothing. */
  #ready: readonly Ready[] | null = null;
  #recent: readonly string[] = [];
  #found: { readonly query: string; readonly among: readonly Ready[] } | null = null;

  setCommands(commands: readonly CommandBody[]): void {
    this.#commands = commands;
    this.#ready = null;
    this.#found = null;
  }

  /** The commands that were run last, the newest first. */
  setRecent(recent: readonly string[]): void {
    this.#recent = recent;
  }

  /** Without a query the last ones and all by group; with one, the best first. */
  find(query: string): readonly Group[] {
    const words = wordsOf(query);
    if (words.length === 0) return groups(this.#commands, this.#recent);
    this.#ready ??= this.#commands.map(readyFor);
    const before = this.#found;
    const among = before !== null && query.startsWith(before.query) ? before.among : this.#ready;
    const rank = new Map(this.#recent.map((name, index) => [name, index]));
    const found: Hit[] = [];
    for (const ready of among) {
      const score = scoreOf(ready, words);
      if (score === null) continue;
      const index = rank.get(ready.command.name);
      const bonus = index === undefined ? 0 : RECENT_BONUS * (1 - index / this.#recent.length);
      found.push(new Hit(ready, words, score + bonus));
    }
    this.#found = { query, among: found.map(({ ready }) => ready) };
    // Sorting is stable: what fits equally well keeps the server's order.
    found.sort((a, b) => b.score - a.score);
    return found.length === 0 ? [] : [{ title: null, items: found }];
  }
}

const plain = (command: CommandBody): RankedCommand => ({ command, inName: [], inLabel: [] });

function groups(commands: readonly CommandBody[], recent: readonly string[]): readonly Group[] {
  const known = new Map(commands.map((command) => [command.name, command]));
  const last = recent
    .map((name) => known.get(name))
    .filter((command) => command !== undefined)
    .slice(0, RECENT_SHOWN);
  const above = new Set(last);
  const byName = new Map<string, RankedCommand[]>();
  for (const command of commands) {
    if (above.has(command)) continue;
    const name = groupName(command.name);
    const group = byName.get(name) ?? [];
    group.push(plain(command));
    byName.set(name, group);
  }
  const rest = [...byName].map(([title, items]) => ({ title, items }));
  return last.length === 0 ? rest : [{ title: RECENT, items: last.map(plain) }, ...rest];
}
