/**
 * Regular expressions that run in linear time. Pure.
 *
 * A pattern is matched against the entire state many times per second, and the browser's engine
 * cannot be interrupted: `(a+)+b` would hang the page. So a pattern becomes a Thompson automaton
 * with cached state sets (a lazy DFA). Backreferences and lookaround are rejected.
 */

import { isWord, readPattern, type Step, type Steps } from "./regex_parser.ts";

export { BadPattern } from "./regex_parser.ts";

/** Separates texts that are searched together; each has its own start and end. */
export const BETWEEN = "\0";

export interface Regex {
  /** Returns whether any of the texts, separated by `BETWEEN`, contains a match. */
  test(text: string): boolean;
  /** Returns the first and longest match; null for none. */
  find(text: string): readonly [start: number, end: number] | null;
}

const MOST_SETS = 400;
/** Character codes below this are looked up in an array. */
const TABLE = 128;

type Letter = Extract<Step, { kind: "letter" }>;
type Mark = Exclude<Step["kind"], "letter" | "split" | "done">;

/** A set of states, and its successors by character. */
interface StateSet {
  readonly letters: readonly Letter[];
  readonly isDone: boolean;
  /** Whether the set accepts at the end of the text. */
  readonly isDoneAtEnd: boolean;
  /** The successors with a new match attempt started at the character, and without. */
  readonly after: Followers;
  readonly within: Followers;
}

interface Followers {
  readonly table: (StateSet | undefined)[];
  readonly others: Map<number, StateSet>;
}

const noFollowers = (): Followers => ({ table: [], others: new Map() });

/** The state set without a started match, and the text that can start one; null for none. */
interface Idle {
  readonly set: StateSet | null;
  readonly until: string;
}

/** The context of a position that assertions depend on. */
interface Around {
  readonly isStart: boolean;
  readonly wordBefore: boolean;
  readonly wordAfter: boolean;
}

class Automaton implements Regex {
  readonly #steps: readonly Step[];
  readonly #begin: number;
  /** Whether a step also depends on the next character. */
  readonly #looksAhead: boolean;
  readonly #hasStart: boolean;
  #sets = new Map<string, StateSet>();
  #first: StateSet | null = null;
  #idle: Idle | null = null;

  constructor({ steps, begin }: Steps) {
    this.#steps = steps;
    this.#begin = begin;
    this.#looksAhead = steps.some(({ kind }) => kind === "word" || kind === "inner");
    this.#hasStart = steps.some(({ kind }) => kind === "start");
  }

  test(text: string): boolean {
    return this.#sweep(text.toLowerCase());
  }

  find(text: string): readonly [number, number] | null {
    const folded = text.toLowerCase();
    if (folded.length !== text.length) return null;
    for (let start = 0; start <= folded.length; start += 1) {
      const end = this.#longestFrom(folded, start);
      if (end >= 0) return [start, end];
    }
    return null;
  }

  /** Scans the text once, starting a match attempt at each character. */
  #sweep(text: string): boolean {
    const isPlain = !this.#looksAhead;
    const { length } = text;
    this.#idle ??= this.#findIdle();
    const { set: idle, until } = this.#idle;
    let set = this.#startAt(text, 0);
    for (let at = 0; at < length; at += 1) {
      if (set.isDone) return true;
      if (set === idle) {
        at = text.indexOf(until, at);
        if (at < 0) return false;
      }
      const code = text.charCodeAt(at);
      if (code === 0) {
        if (set.isDoneAtEnd) return true;
        set = this.#startAt(text, at + 1);
        continue;
      }
      // Fast path: nearly all steps are cached.
      const known: StateSet | undefined = isPlain ? set.after.table[code] : undefined;
      set = known ?? this.#step(set, code, text, at + 1, true);
    }
    return set.isDone || set.isDoneAtEnd;
  }

  /** Finds the text to skip to with `indexOf`, which is faster than stepping. */
  #findIdle(): Idle {
    const set = this.#setOf([this.#begin], {
      isStart: false,
      wordBefore: false,
      wordAfter: false,
    });
    const [letter, ...others] = set.letters;
    const none = { set: null, until: "" };
    if (this.#looksAhead || set.isDone || set.isDoneAtEnd || others.length > 0) return none;
    // A match that must start at the beginning can only start in the next text.
    if (letter === undefined) return { set, until: BETWEEN };
    return letter.only === null || this.#hasStart ? none : { set, until: letter.only };
  }

  #longestFrom(text: string, start: number): number {
    let set = this.#setOf([this.#begin], {
      isStart: start === 0,
      wordBefore: isWord(text.charCodeAt(start - 1)),
      wordAfter: isWord(text.charCodeAt(start)),
    });
    let end = -1;
    for (let at = start; ; at += 1) {
      if (set.isDone || (at === text.length && set.isDoneAtEnd)) end = at;
      if (at >= text.length || set.letters.length === 0) return end;
      set = this.#step(set, text.charCodeAt(at), text, at + 1, false);
    }
  }

  /** Returns the states at the start of a text; cached unless an assertion looks ahead. */
  #startAt(text: string, at: number): StateSet {
    if (this.#first !== null) return this.#first;
    const wordAfter = isWord(text.charCodeAt(at));
    const set = this.#setOf([this.#begin], { isStart: true, wordBefore: false, wordAfter });
    if (!this.#looksAhead) this.#first = set;
    return set;
  }

  /** Returns the states after a character; `next` is the position after it. */
  #step(set: StateSet, code: number, text: string, next: number, anew: boolean): StateSet {
    const { table, others } = anew ? set.after : set.within;
    const wordAfter = this.#looksAhead && isWord(text.charCodeAt(next));
    const place = wordAfter ? -1 - code : code;
    const inTable = place >= 0 && place < TABLE;
    const known = inTable ? table[place] : others.get(place);
    if (known !== undefined) return known;
    const starts = set.letters.filter(({ accepts }) => accepts(code)).map((letter) => letter.next);
    if (anew) starts.push(this.#begin);
    const found = this.#setOf(starts, { isStart: false, wordBefore: isWord(code), wordAfter });
    if (inTable) table[place] = found;
    else others.set(place, found);
    return found;
  }

  /** Returns the states that are reachable without consuming a character. */
  #setOf(starts: readonly number[], around: Around): StateSet {
    // Context that no assertion uses must not create different sets.
    const isStart = around.isStart && this.#hasStart;
    const wordBefore = around.wordBefore && this.#looksAhead;
    const wordAfter = around.wordAfter && this.#looksAhead;
    const reached = this.#reach(starts, { isStart, wordBefore, wordAfter, isEnd: false });
    const edges = `${Number(isStart)}${Number(wordBefore)}${Number(wordAfter)}`;
    const key = `${edges}:${[...reached].sort((a, b) => a - b).join()}`;
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const atEnd = this.#reach(starts, { isStart, wordBefore, wordAfter: false, isEnd: true });
    const isFinal = (state: number) => this.#steps[state]?.kind === "done";
    const set: StateSet = {
      letters: [...reached]
        .map((state) => this.#steps[state])
        .filter((step): step is Letter => step?.kind === "letter"),
      isDone: [...reached].some(isFinal),
      isDoneAtEnd: [...atEnd].some(isFinal),
      after: noFollowers(),
      within: noFollowers(),
    };
    if (this.#sets.size >= MOST_SETS) this.#clearCache();
    this.#sets.set(key, set);
    return set;
  }

  /** Empties the cache. Sets still in use are kept by their references. */
  #clearCache(): void {
    this.#sets = new Map();
    this.#first = null;
    this.#idle = null;
  }

  #reach(
    starts: readonly number[],
    around: Around & { readonly isEnd: boolean },
  ): ReadonlySet<number> {
    const reached = new Set<number>();
    const todo = [...starts];
    for (let state = todo.pop(); state !== undefined; state = todo.pop()) {
      if (reached.has(state)) continue;
      reached.add(state);
      const step = this.#steps[state];
      if (step === undefined || step.kind === "letter" || step.kind === "done") continue;
      if (step.kind === "split") todo.push(step.next, step.other);
      else if (holds(step.kind, around)) todo.push(step.next);
    }
    return reached;
  }
}

function holds(
  kind: Mark,
  { isStart, isEnd, wordBefore, wordAfter }: Around & { readonly isEnd: boolean },
): boolean {
  switch (kind) {
    case "start":
      return isStart;
    case "end":
      return isEnd;
    case "word":
      return wordBefore !== wordAfter;
    case "inner":
      return wordBefore === wordAfter;
  }
}

/**
 * Compile a pattern that ignores case.
 *
 * @throws {BadPattern} The pattern is invalid or not supported.
 */
export const compile = (pattern: string): Regex => new Automaton(readPattern(pattern));
