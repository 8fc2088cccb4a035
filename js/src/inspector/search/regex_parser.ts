/** Parse a regular expression into the steps of an automaton; see regex.ts. Pure. */

export class BadPattern extends Error {
  override readonly name = "BadPattern";
}

type Accepts = (code: number) => boolean;

/** A step of the automaton, which may consume a character. */
export type Step =
  | {
      readonly kind: "letter";
      readonly accepts: Accepts;
      /** The only accepted character, in lower case; null if there are several. */
      readonly only: string | null;
      next: number;
    }
  | { readonly kind: "split"; next: number; other: number }
  | { readonly kind: "start" | "end" | "word" | "inner"; next: number }
  | { readonly kind: "done" };

/** Limit for nested repetitions such as `(a{99}){99}`. */
const MOST_STEPS = 3000;
const MOST_REPEATS = 200;

const isDigit: Accepts = (code) => code >= 48 && code <= 57;
export const isWord: Accepts = (code) =>
  isDigit(code) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122);
const isSpace: Accepts = (code) =>
  code === 32 ||
  (code >= 9 && code <= 13) ||
  (code >= 0xa0 && /\s/.test(String.fromCharCode(code)));
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

/** Texts are matched in lower case, so character classes must be folded too. */
const foldCode = (code: number): number => String.fromCharCode(code).toLowerCase().charCodeAt(0);

/** Return the upper case of a character if that is a single character, else the character. */
function capitalOf(code: number): number {
  const capital = String.fromCharCode(code).toUpperCase();
  const found = capital.length === 1 ? capital.charCodeAt(0) : code;
  return code >= 128 && found < 128 ? code : found;
}

/** A part of the pattern: adds its steps before `next` and returns its first step. */
type Part = (next: number) => number;

class Parser {
  readonly steps: Step[] = [];
  #at = 0;
  readonly #pattern: string;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  parse(): number {
    const root = this.#choice();
    if (this.#at < this.#pattern.length) throw new BadPattern("unmatched )");
    return root(this.#add({ kind: "done" }));
  }

  #add(step: Step): number {
    if (this.steps.length >= MOST_STEPS) throw new BadPattern("pattern is too large");
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
    // Laziness does not affect whether there is a match.
    if (this.#peek() === "?") this.#at += 1;
    if (sign === "*") return [0, Number.POSITIVE_INFINITY];
    if (sign === "+") return [1, Number.POSITIVE_INFINITY];
    if (sign === "?") return [0, 1];
    const from = Number(least);
    const to = comma === "" ? from : most === "" ? Number.POSITIVE_INFINITY : Number(most);
    if (from > MOST_REPEATS || (to > MOST_REPEATS && to < Number.POSITIVE_INFINITY)) {
      throw new BadPattern(`more than ${MOST_REPEATS} repetitions`);
    }
    if (to < from) throw new BadPattern(`numbers out of order in ${sign}`);
    return [from, to];
  }

  #letter(accepts: Accepts, only: string | null = null): Part {
    return (next) => this.#add({ kind: "letter", accepts, only, next });
  }

  #exactly(code: number): Part {
    const wanted = foldCode(code);
    return this.#letter((other) => other === wanted, String.fromCharCode(wanted));
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
        throw new BadPattern(`nothing to repeat before ${sign}`);
      default:
        return this.#exactly(sign.charCodeAt(0));
    }
  }

  #group(): Part {
    if (this.#peek() === "?") {
      const rest = this.#pattern.slice(this.#at);
      const [head] = /^\?(?::|<[A-Za-z_]\w*>)/.exec(rest) ?? [""];
      if (head === "") throw new BadPattern("lookaround such as (?= is not supported");
      this.#at += head.length;
    }
    const inside = this.#choice();
    if (this.#peek() !== ")") throw new BadPattern("missing )");
    this.#at += 1;
    return inside;
  }

  #escape(): Part {
    const sign = this.#peek();
    if (sign === "") throw new BadPattern("trailing \\");
    if (/[1-9k]/.test(sign)) throw new BadPattern("backreferences such as \\1 are not supported");
    this.#at += 1;
    if (sign === "b") return this.#mark("word");
    if (sign === "B") return this.#mark("inner");
    const known = CLASSES.get(sign);
    if (known !== undefined) return this.#letter(known);
    return this.#exactly(this.#escapedCode(sign));
  }

  /** Returns the character code of an escape sequence after its backslash. */
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
      if (this.#at >= this.#pattern.length) throw new BadPattern("missing ]");
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
    if (typeof to === "function" || to < from) throw new BadPattern("invalid range in [ ]");
    return (code) => {
      if (code >= from && code <= to) return true;
      const capital = capitalOf(code);
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

export interface Steps {
  readonly steps: readonly Step[];
  /** The first step. */
  readonly begin: number;
}

/** @throws {BadPattern} The pattern is invalid or not supported. */
export function readPattern(pattern: string): Steps {
  const parser = new Parser(pattern);
  const begin = parser.parse();
  return { steps: parser.steps, begin };
}
