/**
 * Regular expressions whose work grows with the text and never explodes. Pure.
 *
 * What people type here is run over everything a server sends, many times a second, and
 * JavaScript's own engine cannot be stopped: `(a+)+b` would hang the page. So a pattern
 * becomes an automaton that follows all its readings at once (Thompson), with the sets of
 * states that come up kept (as lazy DFAs do). Backreferences and look-around, which no
 * automaton has, are refused in words.
 */

export interface Regex {
  /** Whether any part of the text fits. */
  test(text: string): boolean;
  /** The first part that fits, as long as it can be; null for none. */
  find(text: string): readonly [start: number, end: number] | null;
}

export class BadPattern extends Error {
  override readonly name = "BadPattern";
}

type Accepts = (code: number) => boolean;

/** A step of the automaton: takes a letter, or goes on without one. */
type Step =
  | { readonly kind: "letter"; readonly accepts: Accepts; next: number }
  | { readonly kind: "split"; next: number; other: number }
  | { readonly kind: "start" | "end" | "word" | "inner"; next: number }
  | { readonly kind: "done" };

/** Larger ones come from counts of counts, as `(a{99}){99}`. */
const MOST_STEPS = 3000;
const MOST_REPEATS = 200;
const MOST_SETS = 400;

const isDigit: Accepts = (code) => code >= 48 && code <= 57;
const isWord: Accepts = (code) =>
  isDigit(code) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122);
const isSpace: Accepts = (code) =>
  code === 32 || (code >= 9 && code <= 13) || code === 0xa0 || code === 0xfeff;
const not =
  (accepts: Accepts): Accepts =>
  (code) =>
    !accepts(code);
const CLASSES = new Map<string, Accepts>([
  ["d", isDigit],
  ["D", not(isDigit)],
  ["w", isWord],
  ["W", not(isWord)],
  ["s", isSpace],
  ["S", not(isSpace)],
]);
const CONTROLS = new Map([
  ["n", 10],
  ["r", 13],
  ["t", 9],
  ["f", 12],
  ["v", 11],
  ["0", 0],
]);

/** Texts are compared in lower case, so that a class must also take the capital's small form. */
const foldCode = (code: number): number => String.fromCharCode(code).toLowerCase().charCodeAt(0);

/** A part of the pattern: builds its steps in front of `next` and returns where they begin. */
type Part = (next: number) => number;

class Parser {
  readonly steps: Step[] = [];
  #at = 0;
  readonly #pattern: string;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  parse(): number {
    const whole = this.#choice();
    if (this.#at < this.#pattern.length) throw new BadPattern("there is a ) too many");
    return whole(this.#add({ kind: "done" }));
  }

  #add(step: Step): number {
    if (this.steps.length >= MOST_STEPS) throw new BadPattern("it stands for too much");
    return this.steps.push(step) - 1;
  }

  #peek(): string {
    return this.#pattern.charAt(this.#at);
  }

  #choice(): Part {
    const ways = [this.#sequence()];
    while (this.#peek() === "|") {
      this.#at += 1;
      ways.push(this.#sequence());
    }
    return (next) =>
      ways
        .map((way) => way(next))
        .reduceRight((other, start) => this.#add({ kind: "split", next: start, other }));
  }

  #sequence(): Part {
    const parts: Part[] = [];
    while (this.#at < this.#pattern.length && this.#peek() !== "|" && this.#peek() !== ")") {
      parts.push(this.#repeated(this.#atom()));
    }
    return (next) => parts.reduceRight((after, part) => part(after), next);
  }

  #repeated(part: Part): Part {
    const [least, most] = this.#count();
    if (least === 1 && most === 1) return part;
    return (next) => {
      let start = next;
      if (most === Number.POSITIVE_INFINITY) {
        const loop = this.#add({ kind: "split", next: -1, other: next });
        const step = this.steps[loop];
        if (step?.kind === "split") step.next = part(loop);
        start = loop;
      } else {
        for (let times = least; times < most; times += 1) {
          start = this.#add({ kind: "split", next: part(start), other: next });
        }
      }
      for (let times = 0; times < least; times += 1) start = part(start);
      return start;
    };
  }

  #count(): readonly [least: number, most: number] {
    const rest = this.#pattern.slice(this.#at);
    const [sign, least, comma, most] = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})/.exec(rest) ?? [""];
    if (sign === "") return [1, 1];
    this.#at += sign.length;
    // Lazy or not is all one to whether there is a match.
    if (this.#peek() === "?") this.#at += 1;
    if (sign === "*") return [0, Number.POSITIVE_INFINITY];
    if (sign === "+") return [1, Number.POSITIVE_INFINITY];
    if (sign === "?") return [0, 1];
    const from = Number(least);
    const to = comma === "" ? from : most === "" ? Number.POSITIVE_INFINITY : Number(most);
    if (from > MOST_REPEATS || (to > MOST_REPEATS && to < Number.POSITIVE_INFINITY)) {
      throw new BadPattern(`more than ${MOST_REPEATS} repetitions`);
    }
    if (to < from) throw new BadPattern(`${sign} has its numbers the wrong way round`);
    return [from, to];
  }

  #letter(accepts: Accepts): Part {
    return (next) => this.#add({ kind: "letter", accepts, next });
  }

  #mark(kind: "start" | "end" | "word" | "inner"): Part {
    return (next) => this.#add({ kind, next });
  }

  #atom(): Part {
    const sign = this.#peek();
    this.#at += 1;
    switch (sign) {
      case "(":
        return this.#group();
      case "[":
        return this.#letter(this.#class());
      case ".":
        return this.#letter((code) => code !== 10);
      case "^":
        return this.#mark("start");
      case "$":
        return this.#mark("end");
      case "\\":
        return this.#escape();
      case "*":
      case "+":
      case "?":
        throw new BadPattern(`there is nothing that ${sign} could repeat`);
      default: {
        const wanted = foldCode(sign.charCodeAt(0));
        return this.#letter((code) => code === wanted);
      }
    }
  }

  #group(): Part {
    if (this.#peek() === "?") {
      const rest = this.#pattern.slice(this.#at);
      const [head] = /^\?(?::|<[A-Za-z_]\w*>)/.exec(rest) ?? [""];
      if (head === "") throw new BadPattern("looking around, as by (?=, is not possible here");
      this.#at += head.length;
    }
    const inside = this.#choice();
    if (this.#peek() !== ")") throw new BadPattern("a ( is not closed");
    this.#at += 1;
    return inside;
  }

  #escape(): Part {
    const sign = this.#peek();
    if (sign === "") throw new BadPattern("it ends with \\");
    if (/[1-9k]/.test(sign))
      throw new BadPattern("referring back, as by \\1, is not possible here");
    this.#at += 1;
    if (sign === "b") return this.#mark("word");
    if (sign === "B") return this.#mark("inner");
    const known = CLASSES.get(sign);
    if (known !== undefined) return this.#letter(known);
    const wanted = foldCode(this.#escapedCode(sign));
    return this.#letter((code) => code === wanted);
  }

  /** The code of what stands after a backslash that has just been read. */
  #escapedCode(sign: string): number {
    const digits = sign === "x" ? 2 : sign === "u" ? 4 : 0;
    const [hex] = /^[0-9a-f]*/i.exec(this.#pattern.slice(this.#at, this.#at + digits)) ?? [""];
    if (digits > 0 && hex.length === digits) {
      this.#at += digits;
      return Number.parseInt(hex, 16);
    }
    return CONTROLS.get(sign) ?? sign.charCodeAt(0);
  }

  #class(): Accepts {
    const negated = this.#peek() === "^";
    if (negated) this.#at += 1;
    const takes: Accepts[] = [];
    let first = true;
    while (first || this.#peek() !== "]") {
      if (this.#at >= this.#pattern.length) throw new BadPattern("a [ is not closed");
      first = false;
      const from = this.#classItem();
      if (typeof from === "function") takes.push(from);
      else takes.push(this.#range(from));
    }
    this.#at += 1;
    const accepts: Accepts = (code) => takes.some((take) => take(code));
    return negated ? not(accepts) : accepts;
  }

  #range(from: number): Accepts {
    const isRange = this.#peek() === "-" && this.#pattern.charAt(this.#at + 1) !== "]";
    if (!isRange) {
      const wanted = foldCode(from);
      return (code) => code === wanted;
    }
    this.#at += 1;
    const to = this.#classItem();
    if (typeof to === "function" || to < from)
      throw new BadPattern("a range in [ ] makes no sense");
    return (code) => {
      if (code >= from && code <= to) return true;
      const capital = String.fromCharCode(code).toUpperCase().charCodeAt(0);
      return capital >= from && capital <= to;
    };
  }

  #classItem(): Accepts | number {
    const sign = this.#peek();
    this.#at += 1;
    if (sign !== "\\") return sign.charCodeAt(0);
    const escaped = this.#peek();
    this.#at += 1;
    if (escaped === "b") return 8;
    return CLASSES.get(escaped) ?? this.#escapedCode(escaped);
  }
}

/** A set of states that came up, and where each letter leads from it. */
interface StateSet {
  readonly letters: readonly Extract<Step, { kind: "letter" }>[];
  readonly isDone: boolean;
  /** What the set becomes at the end of the text. */
  readonly isDoneAtEnd: boolean;
  readonly after: Map<number, StateSet>;
}

const EDGE = { start: 1, word: 2 } as const;

class Automaton implements Regex {
  readonly #steps: readonly Step[];
  readonly #begin: number;
  readonly #hasMarks: boolean;
  #sets = new Map<string, StateSet>();
  #atStart: StateSet | null = null;

  constructor(steps: readonly Step[], begin: number) {
    this.#steps = steps;
    this.#begin = begin;
    this.#hasMarks = steps.some(({ kind }) => kind === "word" || kind === "inner");
  }

  test(text: string): boolean {
    return this.#sweep(text.toLowerCase());
  }

  find(text: string): readonly [number, number] | null {
    const folded = text.toLowerCase();
    return folded.length === text.length ? this.#find(folded) : null;
  }

  /** One pass over the text, with a new reading begun at each letter. */
  #sweep(text: string): boolean {
    let set = this.#beginOf(text);
    for (let at = 0; at < text.length; at += 1) {
      if (set.isDone) return true;
      set = this.#step(set, text, at, true);
    }
    return set.isDone || set.isDoneAtEnd;
  }

  /** The states at the start of a text: the same for all texts unless a mark looks at them. */
  #beginOf(text: string): StateSet {
    if (this.#hasMarks) return this.#closure([this.#begin], text, 0);
    this.#atStart ??= this.#closure([this.#begin], text, 0);
    return this.#atStart;
  }

  #find(text: string): readonly [number, number] | null {
    for (let start = 0; start <= text.length; start += 1) {
      const end = this.#longestFrom(text, start);
      if (end >= 0) return [start, end];
    }
    return null;
  }

  #longestFrom(text: string, start: number): number {
    let set = this.#closure([this.#begin], text, start);
    let end = -1;
    for (let at = start; ; at += 1) {
      if (set.isDone || (at === text.length && set.isDoneAtEnd)) end = at;
      if (at >= text.length || set.letters.length === 0) return end;
      set = this.#step(set, text, at, false);
    }
  }

  #step(set: StateSet, text: string, at: number, anew: boolean): StateSet {
    const code = text.charCodeAt(at);
    // Marks look at the letters around, so that the way on is not the letter's alone.
    const key = anew ? code : -1 - code;
    const known = this.#hasMarks ? undefined : set.after.get(key);
    if (known !== undefined) return known;
    const starts = set.letters.filter(({ accepts }) => accepts(code)).map(({ next }) => next);
    if (anew) starts.push(this.#begin);
    const next = this.#closure(starts, text, at + 1);
    if (!this.#hasMarks) set.after.set(key, next);
    return next;
  }

  /** All states that can be reached without a letter, at this place of the text. */
  #closure(starts: readonly number[], text: string, at: number): StateSet {
    const reached = new Set<number>();
    const atEnd = new Set<number>();
    this.#reach(starts, reached, (kind) => this.#holds(kind, text, at, false));
    const key = `${at === 0 ? EDGE.start : 0}:${[...reached].sort((a, b) => a - b).join()}`;
    const known = this.#hasMarks ? undefined : this.#sets.get(key);
    if (known !== undefined) return known;
    this.#reach(starts, atEnd, (kind) =>
      this.#holds(kind, text, at, at === text.length || !this.#hasMarks),
    );
    const isFinal = (state: number) => this.#steps[state]?.kind === "done";
    const set: StateSet = {
      letters: [...reached]
        .map((state) => this.#steps[state])
        .filter((step): step is Extract<Step, { kind: "letter" }> => step?.kind === "letter"),
      isDone: [...reached].some(isFinal),
      isDoneAtEnd: [...atEnd].some(isFinal),
      after: new Map(),
    };
    if (this.#sets.size >= MOST_SETS) this.#sets = new Map();
    if (!this.#hasMarks) this.#sets.set(key, set);
    return set;
  }

  #holds(
    kind: "start" | "end" | "word" | "inner",
    text: string,
    at: number,
    end: boolean,
  ): boolean {
    if (kind === "start") return at === 0;
    if (kind === "end") return end;
    const edge = isWord(text.charCodeAt(at - 1)) !== isWord(text.charCodeAt(at));
    return kind === "word" ? edge : !edge;
  }

  #reach(
    starts: readonly number[],
    reached: Set<number>,
    holds: (kind: "start" | "end" | "word" | "inner") => boolean,
  ): void {
    const todo = [...starts];
    for (let state = todo.pop(); state !== undefined; state = todo.pop()) {
      if (reached.has(state)) continue;
      reached.add(state);
      const step = this.#steps[state];
      if (step === undefined || step.kind === "letter" || step.kind === "done") continue;
      if (step.kind === "split") todo.push(step.next, step.other);
      else if (holds(step.kind)) todo.push(step.next);
    }
  }
}

/**
 * The pattern, whatever the case of letters.
 *
 * @throws {BadPattern} It is none, or asks for what is not possible; says so in words.
 */
export function compile(pattern: string): Regex {
  const parser = new Parser(pattern);
  const begin = parser.parse();
  return new Automaton(parser.steps, begin);
}
