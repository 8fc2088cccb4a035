/** Fuzzy matching of a query in a text. Pure; fuzzy_match.test.ts shows the rules. */

export interface Match {
  readonly score: number;
  /** Matched ranges as [start, end) pairs in order. */
  readonly ranges: readonly (readonly [start: number, end: number])[];
}

/** For a match at the start of a word, such as "lo" in "playback/load". */
const WORD_START = 8;
/** For a match of a full word, such as the second "play" in "playback/play". */
const FULL_WORD = 4;
/** For each pair of adjacent letters: "pl" matches "play" better than "pause last". */
const ADJACENT = 5;
/** For each matched letter. */
const LETTER = 1;
/** Prefers shorter texts among equal matches. */
const LENGTH_PENALTY = 0.02;

const SEPARATORS: ReadonlySet<string> = new Set(" \t\n\r./_:-");
const isSeparator = (character: string | undefined): boolean =>
  character === undefined || SEPARATORS.has(character);

function startsWord(text: string, position: number): boolean {
  const before = text[position - 1];
  const here = text[position];
  if (before === undefined || isSeparator(before)) return true;
  // camelCase
  return here !== undefined && here >= "A" && here <= "Z" && before >= "a" && before <= "z";
}

/** Convert to lower case without changing the length, so that positions stay valid. */
const fold = (text: string): string => {
  const lower = text.toLowerCase();
  if (lower.length === text.length) return lower;
  return [...text].map((c) => (c.toLowerCase().length === c.length ? c.toLowerCase() : c)).join("");
};

function substringScore(query: string, text: string, at: number): number {
  const starts = startsWord(text, at);
  const isWord = starts && isSeparator(text[at + query.length]);
  return (
    query.length * (LETTER + ADJACENT) +
    (starts ? WORD_START : 0) +
    (isWord ? FULL_WORD : 0) -
    text.length * LENGTH_PENALTY
  );
}

/** Return the position of the best exact match, or -1. */
function bestSubstring(query: string, text: string, folded: string): number {
  let best = folded.indexOf(query);
  if (best < 0) return best;
  let most = substringScore(query, text, best);
  for (let at = folded.indexOf(query, best + 1); at >= 0; at = folded.indexOf(query, at + 1)) {
    const score = substringScore(query, text, at);
    if (score > most) {
      most = score;
      best = at;
    }
  }
  return best;
}

/** Number of attempts before failed ones are cached; most texts need fewer. */
const CACHE_AFTER = 50;

/** Find the letters in order, each after the last one or at a word start: "pl" in "play/load". */
function findInitials(query: string, text: string, folded: string): readonly number[] | null {
  if (!hasInOrder(query, folded)) return null;
  const positions: number[] = [];
  // Without this cache, "aa.aa.aa" takes exponential time.
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
    if (attempts > CACHE_AFTER) {
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
  let score = -text.length * LENGTH_PENALTY;
  for (const at of positions) {
    const last = ranges.at(-1);
    score += LETTER;
    if (last !== undefined && last[1] === at) {
      last[1] = at + 1;
      score += ADJACENT;
    } else {
      ranges.push([at, at + 1]);
      score += WORD_START / 2;
    }
  }
  return { score, ranges };
}

const LONGEST_TEXT = 400;

/** A text prepared for repeated matching. */
export interface Prepared {
  readonly head: string;
  readonly folded: string;
}

export function prepare(text: string): Prepared {
  const head = text.slice(0, LONGEST_TEXT);
  return { head, folded: fold(head) };
}

/** Prepare a query word for `matchIn`. */
export const prepareWord = (word: string): string => fold(word);

/** Match a prepared word in a prepared text. An empty word matches with score 0. */
export function matchIn(word: string, { head, folded }: Prepared): Match | null {
  if (word === "") return { score: 0, ranges: [] };
  const at = bestSubstring(word, head, folded);
  if (at >= 0) return { score: substringScore(word, head, at), ranges: [[at, at + word.length]] };
  return matchInitials(word, head, folded);
}

/** Return only the score of `matchIn`, which is cheaper. */
export function scoreIn(word: string, { head, folded }: Prepared): number | null {
  if (word === "") return 0;
  const at = bestSubstring(word, head, folded);
  if (at >= 0) return substringScore(word, head, at);
  return matchInitials(word, head, folded)?.score ?? null;
}

/** Match one word in a text. */
export const match = (query: string, text: string): Match | null =>
  matchIn(prepareWord(query), prepare(text));

/** Return whether the letters occur in this order: a fast first test. */
export function hasInOrder(query: string, folded: string, end = folded.length): boolean {
  let index = 0;
  for (let at = 0; at < end && index < query.length; at += 1) {
    if (folded.charCodeAt(at) === query.charCodeAt(index)) index += 1;
  }
  return index === query.length;
}

/** Return whether the letters of a prepared word match as initials. */
export function hasInitials(word: string, text: string): boolean {
  const { head, folded } = prepare(text);
  return findInitials(word, head, folded) !== null;
}

/** Match several words in any order; each must match. */
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
  return { score, ranges: mergeRanges(ranges) };
}

/** Sort ranges and merge overlapping ones. */
export function mergeRanges(
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
