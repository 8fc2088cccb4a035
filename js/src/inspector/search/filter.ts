/** Evaluate a query: which keys match, and where. Pure. */

import { type Entry, rateAt } from "../../kernel/state_store.ts";
import type { PageRecord, PageValue } from "../../protocol/common.ts";
import {
  hasInitials,
  hasInOrder,
  match,
  mergeRanges,
  prepareWord,
} from "../../text/fuzzy_match.ts";
import type { Ranges } from "../../ui/highlight.ts";
import { isPlain, kindOf, type Opened, open, someText } from "../../values/page_value.ts";
import type { ValuePath } from "../../values/value_path.ts";
import * as strings from "../strings.ts";
import { findMatchLocation, type Highlighter, type MatchLocation } from "./match_location.ts";
import {
  type Comparison,
  parseQuery,
  type StepsIn,
  stepsIn,
  type Term,
  withMemory,
} from "./query.ts";
import { BadPattern, BETWEEN, compile } from "./regex.ts";

export interface Filter {
  /** Ages are relative to `time`. */
  matches(entry: Entry, time: number): boolean;
  /** Returns the highlights of a key or the path of a branch, and of the text of a value. */
  keyRanges(key: string): Ranges;
  valueRanges(text: string): Ranges;
  /** Returns a match inside a value that neither its key nor its preview shows. */
  placeIn(entry: Entry, previewText: string): MatchLocation | null;
  /** Whether matches change with time alone. */
  readonly timed: boolean;
  /** The error in the query; empty if it is valid. */
  readonly problem: string;
}

interface Matcher {
  matches(entry: Entry, time: number): boolean;
  readonly keyRanges?: (key: string) => Ranges;
  readonly valueRanges?: (text: string) => Ranges;
  /** Finds matches inside a value; undefined if values are not searched. */
  readonly highlighter?: Highlighter;
  readonly timed?: boolean;
  readonly problem?: string;
}

const MAX_DEPTH = 20;

/**
 * Return the searchable text of an entry: its key and all texts of its value, in lower case.
 * It is cached with the entry, because creating it for 100 000 values takes too long for a key press.
 */
export function searchText(entry: Entry): string {
  entry.searchText ??= writeSearchText(entry);
  return entry.searchText;
}

function writeSearchText({ key, value }: Entry): string {
  const parts = [key];
  someText(value, (part) => {
    parts.push(part);
    return false;
  });
  // One join makes a flat string, which a pattern scans several times faster.
  return parts.join(BETWEEN).toLowerCase();
}

/** Return whether a pattern with `*` matches the entire text. Runs in at most quadratic time. */
export function globMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p;
      p += 1;
      resume = t;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      t = resume;
    } else return false;
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}

/** Return all occurrences of the words. */
function rangesOf(text: string, words: readonly string[]): Ranges {
  const lower = text.toLowerCase();
  if (lower.length !== text.length) return [];
  const found: [number, number][] = [];
  for (const word of words) {
    if (word === "") continue;
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length)) {
      found.push([at, at + word.length]);
    }
  }
  return found;
}

const contains = (word: string) => (text: string) => text.toLowerCase().includes(word);

/** Return whether a key or any text of its value contains the word. */
function isIn(word: string, entry: Entry): boolean {
  // A match in the key saves creating the searchable text.
  if (entry.searchText === undefined && entry.key.toLowerCase().includes(word)) return true;
  return searchText(entry).includes(word);
}

/** Highlight matches in any text and any field name of a value. */
const inAnyText = (ranges: (text: string) => Ranges) => ({
  valueRanges: ranges,
  highlighter: { inText: ranges, inName: ranges },
});

function wordMatcher(word: string): Matcher {
  // Two letters match the initials of too many keys.
  const initials = word.length > 2 ? prepareWord(word) : "";
  return {
    matches: (entry) =>
      isIn(word, entry) ||
      (initials !== "" &&
        hasInOrder(initials, searchText(entry), entry.key.length) &&
        hasInitials(initials, entry.key)),
    keyRanges: (key) => {
      const exact = rangesOf(key, [word]);
      if (exact.length > 0 || word.length <= 2) return exact;
      return match(word, key)?.ranges ?? [];
    },
    ...inAnyText((text) => rangesOf(text, [word])),
  };
}

const phraseMatcher = (phrase: string): Matcher => ({
  matches: (entry) => isIn(phrase, entry),
  keyRanges: (key) => rangesOf(key, [phrase]),
  ...inAnyText((text) => rangesOf(text, [phrase])),
});

function globMatcher(pattern: string): Matcher {
  const parts = pattern.split("*").map((part) => part.replace(/^[./]+|[./]+$/g, ""));
  return {
    matches: ({ key }) => globMatches(pattern, key.toLowerCase()),
    keyRanges: (key) => rangesOf(key, parts),
  };
}

function regexMatcher(pattern: string): Matcher {
  try {
    const regex = compile(pattern);
    const ranges = (text: string): Ranges => {
      const found = regex.find(text.slice(0, 400));
      return found === null || found[0] === found[1] ? [] : [found];
    };
    return {
      matches: (entry) => regex.test(searchText(entry)),
      keyRanges: ranges,
      ...inAnyText(ranges),
    };
  } catch (error) {
    if (!(error instanceof BadPattern)) throw error;
    return { matches: () => true, problem: strings.searchBadRegex(pattern, error.message) };
  }
}

const compare = (left: number, comparison: Comparison, right: number): boolean => {
  switch (comparison) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    case "=":
      return left === right;
  }
};

interface FieldPath {
  readonly count: number;
  readonly steps: StepsIn;
}

/**
 * Return whether a value in a field of this path passes. A matching field of an object takes
 * precedence over deeper ones: `name:an` tests the name of an avatar, not those of its hands.
 */
function someField(
  value: PageValue,
  path: FieldPath,
  passes: (value: PageValue) => boolean,
  depth = 0,
  at = 0,
): boolean {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return false;
  if (isPlain(value)) return inFields(value, path, passes, depth, at);
  const opened = open(value);
  if (opened.kind === "list") {
    return opened.items.some((item) => someField(item, path, passes, depth + 1, at));
  }
  return (
    opened.kind === "object" && inFields(Object.fromEntries(opened.fields), path, passes, depth, at)
  );
}

function inFields(
  fields: PageRecord,
  path: FieldPath,
  passes: (value: PageValue) => boolean,
  depth: number,
  at: number,
): boolean {
  let hasField = false;
  for (const field in fields) {
    const used = path.steps(field, at);
    if (used === 0) continue;
    hasField = true;
    if (isUnder(fields[field] ?? null, path, passes, depth, at + used)) return true;
  }
  if (hasField) return false;
  for (const field in fields) {
    if (someField(fields[field] ?? null, path, passes, depth + 1, at)) return true;
  }
  return false;
}

/** Return whether a value passes after the path up to `at` has matched. */
function isUnder(
  value: PageValue,
  path: FieldPath,
  passes: (value: PageValue) => boolean,
  depth: number,
  at: number,
): boolean {
  return at >= path.count ? passes(value) : someField(value, path, passes, depth + 1, at);
}

function numberOf(value: PageValue): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "object" || value === null || isPlain(value)) return null;
  const opened = open(value);
  return opened.kind === "number" ? Number(opened.text) : null;
}

function textOf(opened: Opened): string | null {
  switch (opened.kind) {
    case "text":
    case "number":
      return opened.text;
    case "boolean":
      return String(opened.value);
    case "null":
      return "null";
    case "bytes":
    case "list":
    case "object":
      return null;
  }
}

function fieldMatcher(term: Extract<Term, { kind: "field" }>): Matcher {
  const { word, field, text, exactly, compare: wanted } = term;
  const has = text.includes("*")
    ? (other: string) => globMatches(text, other.toLowerCase())
    : contains(text);
  const passes = (value: PageValue): boolean => {
    if (wanted !== null) {
      const number = numberOf(value);
      if (number !== null && compare(number, wanted.comparison, wanted.number)) return true;
      // "=100" may also mean a text.
    }
    if (exactly) return textOf(open(value))?.toLowerCase() === text;
    return wanted === null && someText(value, has);
  };
  const steps = stepsIn(field);
  const path = { count: field.length, steps: withMemory(steps) };
  /** A key counts as the field name of its value. */
  const isNamed = (key: string, value: PageValue): boolean => {
    const used = steps(key, 0);
    return used > 0 && isUnder(value, path, passes, 0, used);
  };
  // A match of "<" or ">" is the entire number, no part of it.
  const highlighted =
    wanted === null ? text.split("*") : wanted.comparison === "=" ? [String(wanted.number)] : [];
  const highlights = (shown: string): Ranges => rangesOf(shown, highlighted);
  const isBelow = (place: ValuePath): boolean => {
    let at = 0;
    for (const step of place) if (typeof step === "string") at += path.steps(step, at);
    return at >= path.count;
  };
  // Testing for the text first excludes most entries without visiting their fields.
  const sought = wanted !== null || text.includes("*") ? "" : text;
  return {
    matches: (entry) =>
      (sought === "" || isIn(sought, entry)) &&
      (isNamed(entry.key, entry.value) ||
        someField(entry.value, path, passes) ||
        isIn(word, entry)),
    keyRanges: (key) => rangesOf(key, [word, field.join(".")]),
    valueRanges: highlights,
    highlighter: {
      inText: (inner, place, value) => {
        if (!isBelow(place) || !passes(value)) return [];
        const found = highlights(inner);
        return found.length > 0 ? found : [[0, inner.length]];
      },
    },
  };
}

function matcherOf(term: Term): Matcher {
  switch (term.kind) {
    case "word":
      return wordMatcher(term.text);
    case "phrase":
      return phraseMatcher(term.text);
    case "glob":
      return globMatcher(term.pattern);
    case "regex":
      return regexMatcher(term.pattern);
    case "type":
      return { matches: ({ value }) => kindOf(value) === term.type };
    case "changed":
      return {
        timed: true,
        matches: ({ changedAt }, time) => {
          // Entries that never changed since we connected count as infinitely old.
          const age = changedAt === null ? Number.POSITIVE_INFINITY : time - changedAt;
          return term.within ? age < term.seconds : age > term.seconds;
        },
      };
    case "rate":
      return {
        timed: true,
        matches: (entry, time) => compare(rateAt(entry, time), term.comparison, term.number),
      };
    case "field":
      return fieldMatcher(term);
  }
}

/** Relative costs: cheap conditions are tested first. */
const COST: Readonly<Record<Term["kind"], number>> = {
  type: 0,
  changed: 0,
  rate: 0,
  glob: 1,
  word: 2,
  phrase: 2,
  field: 3,
  regex: 4,
};

/** Cache matches by value, because rows are drawn many times per second. */
function cachedByValue(placeIn: Filter["placeIn"]): Filter["placeIn"] {
  const known = new WeakMap<
    object,
    { readonly previewText: string; readonly found: MatchLocation | null }
  >();
  return (entry, previewText) => {
    const { value } = entry;
    if (typeof value !== "object" || value === null) return placeIn(entry, previewText);
    const before = known.get(value);
    if (before?.previewText === previewText) return before.found;
    const found = placeIn(entry, previewText);
    known.set(value, { previewText, found });
    return found;
  };
}

/** Return the filter of a query; null for an empty query. */
export function parseFilter(query: string): Filter | null {
  const terms = [...parseQuery(query)].sort((a, b) => COST[a.kind] - COST[b.kind]);
  if (terms.length === 0) return null;
  const matchers = terms.map((term) => ({ not: term.not, matcher: matcherOf(term) }));
  const wanted = matchers.filter(({ not }) => !not).map(({ matcher }) => matcher);
  const problem = matchers.map(({ matcher }) => matcher.problem ?? "").find((text) => text !== "");
  return {
    timed: matchers.some(({ matcher }) => matcher.timed === true),
    problem: problem ?? "",
    matches: (entry, time) =>
      matchers.every(({ not, matcher }) =>
        // An invalid pattern matches everything, negated or not.
        matcher.problem !== undefined ? true : matcher.matches(entry, time) !== not,
      ),
    keyRanges: (key) => mergeRanges(wanted.flatMap(({ keyRanges }) => keyRanges?.(key) ?? [])),
    valueRanges: (text) =>
      mergeRanges(wanted.flatMap(({ valueRanges }) => valueRanges?.(text) ?? [])),
    placeIn: cachedByValue(({ key, value }, previewText) => {
      for (const { highlighter, keyRanges, valueRanges } of wanted) {
        if (highlighter === undefined) continue;
        const shows = [keyRanges?.(key), valueRanges?.(previewText)].some((found) => found?.length);
        const found = shows ? null : findMatchLocation(value, highlighter);
        if (found !== null) return found;
      }
      return null;
    }),
  };
}
