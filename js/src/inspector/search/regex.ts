/**
 * Regular expressions whose work grows with the text and never explodes. Pure.
 *
 * What people type here is run over everything a server sends, many times a second, and
 * JavaScript's own engine cannot be stopped: `(a+)+b` would hang the page. So a pattern
 * becomes an automaton that follows all its readings at once (Thompson), with the sets of
 * states that come up kept (as lazy DFAs do). Backreferences and look-around, which no
 * automaton has, are refused in words.
 */

import { isWord, readPattern, type Step, type Steps } from "./regex_parser.ts";

export { BadPattern } from "./regex_parser.ts";

/** Stands between texts that are looked through in one go: each has its own start and end. */
export const BETWEEN = "\0";

export interface Regex {
  /** Whether any part of the text fits, or of any of several with `BETWEEN` between them. */
  test(text: string): boolean;
  /** The first part that fits, as long as it can be; null for none. */
  find(text: string): readonly [start: number, end: number] | null;
}

const MOST_SETS = 400;
/** Letters below this have a place of their own in a table. */
const TABLE = 128;

type Letter = Extract<Step, { kind: "letter" }>;
type Mark = Exclude<Step["kind"], "letter" | "split" | "done">;

/** A set of states that came up, and where each letter leads from it. */
interface StateSet {
  readonly letters: readonly Letter[];
  readonly isDone: boolean;
  /** What the set becomes where the text ends. */
  readonly isDoneAtEnd: boolean;
  /** The sets after a letter, with a new reading begun there, and without. */
  readonly after: Followers;
  readonly within: Followers;
}

interface Followers {
  readonly table: (StateSet | undefined)[];
  readonly others: Map<number, StateSet>;
}

const noFollowers = (): Followers => ({ table: [], others: new Map() });

/** The set in which no reading has begun, and the text before which none can; null for none. */
interface Idle {
  readonly set: StateSet | null;
  readonly until: string;
}

/** What stands around a place of the text, as far as marks look at it. */
interface Around {
  readonly isStart: boolean;
  readonly wordBefore: boolean;
  readonly wordAfter: boolean;
}

class Automaton implements Regex {
  readonly #steps: readonly Step[];
  readonly #begin: number;
  /** Whether the way on from a letter also depends on the one after it. */
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

  /** One pass over the text, with a new reading begun at each letter. */
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
      // Nearly every step was taken before.
      const known: StateSet | undefined = isPlain ? set.after.table[code] : undefined;
      set = known ?? this.#step(set, code, text, at + 1, true);
    }
    return set.isDone || set.isDoneAtEnd;
  }

  /** Most of most texts is passed by while no reading has begun: the browser does that faster. */
  #findIdle(): Idle {
    const set = this.#setOf([this.#begin], {
      isStart: false,
      wordBefore: false,
      wordAfter: false,
    });
    const [letter, ...others] = set.letters;
    const none = { set: null, until: "" };
    if (this.#looksAhead || set.isDone || set.isDoneAtEnd || others.length > 0) return none;
    // What can only begin at a start waits for the next text.
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

  /** The states at the start of a text: the same for all texts unless a mark looks ahead. */
  #startAt(text: string, at: number): StateSet {
    if (this.#first !== null) return this.#first;
    const wordAfter = isWord(text.charCodeAt(at));
    const set = this.#setOf([this.#begin], { isStart: true, wordBefore: false, wordAfter });
    if (!this.#looksAhead) this.#first = set;
    return set;
  }

  /** The states after a letter; `next` is where the text goes on. */
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

  /** All states that can be reached without a letter from these. */
  #setOf(starts: readonly number[], around: Around): StateSet {
    // What no mark looks at makes no difference.
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
    if (this.#sets.size >= MOST_SETS) this.#forget();
    this.#sets.set(key, set);
    return set;
  }

  /** Sets hold on to each other: those in use go on, and all others go. */
  #forget(): void {
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
 * The pattern, whatever the case of letters.
 *
 * @throws {BadPattern} It is none, or asks for what is not possible; says so in words.
 */
export const compile = (pattern: string): Regex => new Automaton(readPattern(pattern));
