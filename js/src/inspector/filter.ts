/**
 * The filter box. Every word must be found: in the key, or in the value. Pure.
 *
 *   avatar          a part of the key or of the value; or first letters, as "sis" in
 *                   "suggested.interaction.scale"
 *   avatar.*        the whole key, * for anything
 *   name:an         a field of the value whose name starts so and that holds the rest
 */

import { match } from "../shared/match.ts";
import { open, someText } from "../shared/page_value.ts";
import type { PageValue } from "../shared/protocol.ts";

export interface Filter {
  matches(key: string, value: PageValue): boolean;
  /** What to mark in keys and in values, in lower case. */
  readonly keyWords: readonly string[];
  readonly valueWords: readonly string[];
}

interface Term {
  readonly matches: (key: string, value: PageValue) => boolean;
  readonly keyWords: readonly string[];
  readonly valueWords: readonly string[];
}

/** Whether `*` in the pattern can stand for what the text has. Never backtracks far. */
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

function globTerm(word: string): Term {
  const parts = word.split(/[*./]+/).filter((part) => part !== "");
  return {
    matches: (key) => globMatches(word, key.toLowerCase()),
    keyWords: parts,
    valueWords: [],
  };
}

const contains = (word: string) => (text: string) => text.toLowerCase().includes(word);

/** Whether the letters come in this order at all: rules most keys out cheaply. */
function inOrder(letters: string, text: string): boolean {
  let from = 0;
  for (const letter of letters) {
    from = text.indexOf(letter, from) + 1;
    if (from === 0) return false;
  }
  return true;
}

function plainTerm(word: string): Term {
  const has = contains(word);
  return {
    matches: (key, value) => {
      const lower = key.toLowerCase();
      if (lower.includes(word)) return true;
      // Two letters are initials of far too much.
      const initials = word.length > 2 && inOrder(word, lower) && match(word, key) !== null;
      return initials || someText(value, has);
    },
    keyWords: [word],
    valueWords: [word],
  };
}

function fieldTerm(word: string, field: string, wanted: string): Term {
  const plain = plainTerm(word);
  const has = contains(wanted);
  return {
    matches: (key, value) => {
      const opened = open(value);
      const found =
        opened.kind === "object" &&
        opened.fields.some(
          ([name, inner]) => name.toLowerCase().startsWith(field) && someText(inner, has),
        );
      return found || plain.matches(key, value);
    },
    keyWords: [word],
    valueWords: wanted === "" ? [] : [wanted],
  };
}

function termOf(word: string): Term {
  if (word.includes("*")) return globTerm(word);
  const colon = word.indexOf(":");
  if (colon > 0) return fieldTerm(word, word.slice(0, colon), word.slice(colon + 1));
  return plainTerm(word);
}

/** Null for a query that asks nothing. */
export function parseFilter(query: string): Filter | null {
  const words = query.toLowerCase().split(/\s+/);
  const terms = words.filter((word) => word !== "").map(termOf);
  if (terms.length === 0) return null;
  return {
    matches: (key, value) => terms.every((term) => term.matches(key, value)),
    keyWords: terms.flatMap((term) => term.keyWords),
    valueWords: terms.flatMap((term) => term.valueWords),
  };
}
