/** Fuzzy matching of a query in a text. Pure; fuzzy_match.test.ts lists the rules. */

export interface Match {
  readonly score: number;
  /** Where the query was found, as [start, end) pairs in order. */
  readonly ranges: readonly (readonly [start: number, end: number])[];
}

/** "lo" in "playback/load" begins a word, in "colour" it does not. */
const WORD_START = 8;
/** "play" in "playback/play" counts more where nothing is left over. */
const WHOLE_WORD = 4;
/** Letters side by side are what people type; "pl" is rather "play" than "pause last". */
const SIDE_BY_SIDE = 5;
/** Each letter found is worth something, so that longer queries compare fairly. */
const FOUND = 1;
/** Of two equal matches the shorter text is the nearer one. */
const PER_LETTER_LEFT = 0.02;

const SEPARATORS: ReadonlySet<string> = new Set(" \t\n\r./_:-");
const isSeparator = (character: string | undefined): boolean =>
  character === undefined || SEPARATORS.has(character);

function startsWord(text: string, position: number): boolean {
  const before = text[position - 1];
  const here = text[position];
  if (before === undefined || isSeparator(before)) return true;
  // In camelCase a capital begins a word.
  return here !== undefined && here >= "A" && here <= "Z" && before >= "a" && before <= "z";
}

/** Lower case letter by letter, so that positions stay those of the original. */
const fold = (text: string): string => {
  const lower = text.toLowerCase();
  if (lower.length === text.length) return lower;
  return [...text].map((c) => (c.toLowerCase().length === c.length ? c.toLowerCase() : c)).join("");
};

function scoreOfWhole(query: string, text: string, at: number): number {
  const starts = startsWord(text, at);
  const whole = starts && isSeparator(text[at + query.length]);
  return (
    query.length * (FOUND + SIDE_BY_SIDE) +
    (starts ? WORD_START : 0) +
    (whole ? WHOLE_WORD : 0) -
    text.length * PER_LETTER_LEFT
  );
}

/** Where the query stands whole and scores most; -1 where it does not. */
function bestWhole(query: string, text: string, folded: string): number {
  let best = folded.indexOf(query);
  if (best < 0) return best;
  let most = scoreOfWhole(query, text, best);
  for (let at = folded.indexOf(query, best + 1); at >= 0; at = folded.indexOf(query, at + 1)) {
    const score = scoreOfWhole(query, text, at);
    if (score > most) {
      most = score;
      best = at;
    }
  }
  return best;
}

/** From here on attempts that failed are kept: most texts are done before it is worth it. */
const FEW_ATTEMPTS = 50;

/** Letters in order, each beside the last one or at the start of a word: "pl" in "play/load". */
function findInitials(query: string, text: string, folded: string): readonly number[] | null {
  if (!hasInOrder(query, folded)) return null;
  const positions: number[] = [];
  // What failed once fails again: without this, "aa.aa.aa" takes exponential time.
  let failed: Set<number> | null = null;
  let attempts = 0;
  const attempt = (from: number, index: number): boolean => {
    if (index === query.length) return true;
    const place = from * 1000 + index;
    if (failed?.has(place)) return false;
    attempts += 1;
    const wanted = query.charCodeAt(index);
    if (index > 0 && folded.charCodeAt(from) === wanted) {
      positions[index] = from;
      if (attempt(from + 1, index + 1)) return true;
    }
    for (let at = from; at < folded.length; at += 1) {
      if (folded.charCodeAt(at) !== wanted || !startsWord(text, at)) continue;
      positions[index] = at;
      if (attempt(at + 1, index + 1)) return true;
      break;
    }
    if (attempts > FEW_ATTEMPTS) {
      failed ??= new Set();
      failed.add(place);
    }
    return false;
  };
  return attempt(0, 0) ? positions : null;
}

function matchInitials(query: string, text: string, folded: string): Match | null {
  const positions = findInitials(query, text, folded);
  if (positions === null) return null;
  const ranges: [number, number][] = [];
  let score = -text.length * PER_LETTER_LEFT;
  for (const at of positions) {
    const last = ranges.at(-1);
    score += FOUND;
    if (last !== undefined && last[1] === at) {
      last[1] = at + 1;
      score += SIDE_BY_SIDE;
    } else {
      ranges.push([at, at + 1]);
      score += WORD_START / 2;
    }
  }
  return { score, ranges };
}

const LONGEST_TEXT = 400;

/** A text made ready to be looked through at every key press. */
export interface Prepared {
  readonly head: string;
  readonly folded: string;
}

export function prepare(text: string): Prepared {
  const head = text.slice(0, LONGEST_TEXT);
  return { head, folded: fold(head) };
}

/** A word of a query as `matchIn` wants it. */
export const prepareWord = (word: string): string => fold(word);

/** How well one prepared word fits a prepared text, or null. An empty one fits equally. */
export function matchIn(word: string, { head, folded }: Prepared): Match | null {
  if (word === "") return { score: 0, ranges: [] };
  const at = bestWhole(word, head, folded);
  if (at >= 0) return { score: scoreOfWhole(word, head, at), ranges: [[at, at + word.length]] };
  return matchInitials(word, head, folded);
}

/** The score alone: of thousands of texts, few are drawn with what was found in them. */
export function scoreIn(word: string, { head, folded }: Prepared): number | null {
  if (word === "") return 0;
  const at = bestWhole(word, head, folded);
  if (at >= 0) return scoreOfWhole(word, head, at);
  return matchInitials(word, head, folded)?.score ?? null;
}

/** How well one word fits the text, or null. An empty query fits everything equally. */
export const match = (query: string, text: string): Match | null =>
  matchIn(prepareWord(query), prepare(text));

/** Whether the letters stand in this order at all: most texts are out by this alone. */
export function hasInOrder(query: string, folded: string, end = folded.length): boolean {
  let index = 0;
  for (let at = 0; at < end && index < query.length; at += 1) {
    if (folded.charCodeAt(at) === query.charCodeAt(index)) index += 1;
  }
  return index === query.length;
}

/** Whether `match` finds the letters of a prepared word here and there in the text. */
export function hasInitials(word: string, text: string): boolean {
  const { head, folded } = prepare(text);
  return findInitials(word, head, folded) !== null;
}

/** Several words, each of which must be found somewhere, in any order. */
export function matchWords(query: string, text: string): Match | null {
  const words = query.split(/\s+/).filter((word) => word !== "");
  let score = 0;
  const ranges: (readonly [number, number])[] = [];
  for (const word of words) {
    const found = match(word, text);
    if (found === null) return null;
    score += found.score;
    ranges.push(...found.ranges);
  }
  return { score, ranges: joined(ranges) };
}

/** In order and without overlaps, fit for marking. */
export function joined(
  ranges: readonly (readonly [number, number])[],
): readonly (readonly [number, number])[] {
  if (ranges.length < 2) return ranges;
  const result: [number, number][] = [];
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}
