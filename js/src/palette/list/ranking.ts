/** Filter and rank commands for a query, and find the text to highlight. Pure. */

import type { CommandBody } from "../../protocol/palette.ts";
import {
  matchIn,
  mergeRanges,
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
  /** For example the part of the names before the first "/"; null for no title. */
  readonly title: string | null;
  readonly items: readonly RankedCommand[];
}

/** A match in the label counts slightly more than one in the name. */
const LABEL_BONUS = 2;
/** Recent commands come first among similar matches; less than the bonus for a word start. */
const RECENT_BONUS = 6;
/** Number of recent commands listed above the groups. */
const RECENT_SHOWN = 5;
export const RECENT = "recent";

export function groupName(name: string): string {
  const slash = name.indexOf("/");
  return slash > 0 ? name.slice(0, slash) : "";
}

/** A command prepared for matching at every key press. */
interface PreparedCommand {
  readonly command: CommandBody;
  readonly name: Prepared;
  readonly label: Prepared | null;
}

const preparedFor = (command: CommandBody): PreparedCommand => ({
  command,
  name: prepare(command.name),
  label: command.label === null ? null : prepare(command.label),
});

/** A matching command. The ranges to highlight are computed when it is drawn. */
class Match implements RankedCommand {
  constructor(
    readonly prepared: PreparedCommand,
    readonly words: readonly string[],
    readonly score: number,
  ) {}

  get command(): CommandBody {
    return this.prepared.command;
  }

  get inName(): Ranges {
    return rangesIn(this.words, this.prepared.name);
  }

  get inLabel(): Ranges {
    return this.prepared.label === null ? [] : rangesIn(this.words, this.prepared.label);
  }
}

const rangesIn = (words: readonly string[], text: Prepared): Ranges =>
  mergeRanges(words.flatMap((word) => matchIn(word, text)?.ranges ?? []));

/** Return the score of all words, each in the name or the label; null if one does not match. */
function scoreOf({ name, label }: PreparedCommand, words: readonly string[]): number | null {
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
 * Find commands for a query. A query that extends the previous one is only matched against the
 * previous results.
 */
export class CommandFinder {
  #commands: readonly CommandBody[] = [];
  /** Created for the first query, so that a list without a search costs nothing. */
  #prepared: readonly PreparedCommand[] | null = null;
  #recent: readonly string[] = [];
  #found: { readonly query: string; readonly among: readonly PreparedCommand[] } | null = null;

  setCommands(commands: readonly CommandBody[]): void {
    this.#commands = commands;
    this.#prepared = null;
    this.#found = null;
  }

  /** Set the names of recent commands, newest first. */
  setRecent(recent: readonly string[]): void {
    this.#recent = recent;
  }

  /** Return recent commands and all groups without a query, else the matches, best first. */
  find(query: string): readonly Group[] {
    const words = wordsOf(query);
    if (words.length === 0) return groups(this.#commands, this.#recent);
    this.#prepared ??= this.#commands.map(preparedFor);
    const before = this.#found;
    const among = before !== null && query.startsWith(before.query) ? before.among : this.#prepared;
    const rank = new Map(this.#recent.map((name, index) => [name, index]));
    const found: Match[] = [];
    for (const prepared of among) {
      const score = scoreOf(prepared, words);
      if (score === null) continue;
      const index = rank.get(prepared.command.name);
      const bonus = index === undefined ? 0 : RECENT_BONUS * (1 - index / this.#recent.length);
      found.push(new Match(prepared, words, score + bonus));
    }
    this.#found = { query, among: found.map(({ prepared }) => prepared) };
    // The sort is stable: equal matches keep the server's order.
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
