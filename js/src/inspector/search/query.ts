/**
 * The language of the search box. Pure: text in, terms out; filter.ts gives them meaning.
 *
 *     query     = term { " " term }             every term must hold
 *     term      = [ "-" ] ( regex | phrase | word )
 *     regex     = "/" pattern "/"               in the key, or in a text or number of the value
 *     phrase    = '"' anything '"'              as it stands, spaces included
 *     word      = condition | glob | letters
 *     glob      = letters with "*"              the whole key, "*" for anything
 *     condition = "type:" kind                  number, text, list, object, boolean, null, bytes
 *               | "changed:" [ "<" | ">" ] time    "5s", "200ms", "2min", "1h"; "<" if left out
 *               | "rate:" comparison            changes per second
 *               | field ":" ( comparison | phrase | letters )
 *     comparison = ( "<" | "<=" | ">" | ">=" | "=" ) number
 *     field     = a field of the value at any depth, or the key itself; the start of its
 *                 name, or of a part of it; "a.b" for b inside of a
 *
 * Case never matters. "-5" is a number, as a minus before a digit belongs to it. What fits
 * no rule is looked for as it stands, so that nothing typed is an error but a bad regex.
 * Half a condition asks for no more than is typed of it: "type:" for nothing, "mass:>" for
 * whatever has a mass.
 */

export type Comparison = "<" | "<=" | ">" | ">=" | "=";

export const KINDS = ["number", "text", "list", "object", "boolean", "null", "bytes"] as const;
export type Kind = (typeof KINDS)[number];

export type Term = { readonly not: boolean } & (
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "phrase"; readonly text: string }
  | { readonly kind: "glob"; readonly pattern: string }
  | { readonly kind: "regex"; readonly pattern: string }
  | { readonly kind: "type"; readonly type: Kind }
  | { readonly kind: "changed"; readonly within: boolean; readonly seconds: number }
  | { readonly kind: "rate"; readonly comparison: Comparison; readonly number: number }
  | {
      readonly kind: "field";
      /** The word as typed, which is looked for as well: keys may hold a colon. */
      readonly word: string;
      readonly field: readonly string[];
      readonly text: string;
      readonly exactly: boolean;
      readonly compare: { readonly comparison: Comparison; readonly number: number } | null;
    }
);

/** What people call the kinds elsewhere. */
const OTHER_NAMES: ReadonlyMap<string, Kind> = new Map([
  ["string", "text"],
  ["str", "text"],
  ["int", "number"],
  ["float", "number"],
  ["double", "number"],
  ["array", "list"],
  ["dict", "object"],
  ["map", "object"],
  ["true", "boolean"],
  ["false", "boolean"],
  ["none", "null"],
]);

const SECONDS: ReadonlyMap<string, number> = new Map([
  ["ms", 0.001],
  ["", 1],
  ["s", 1],
  ["sec", 1],
  ["m", 60],
  ["min", 60],
  ["h", 3600],
  ["d", 86_400],
]);

interface Token {
  readonly not: boolean;
  readonly quoted: boolean;
  readonly text: string;
}

/** Where a regex that begins at `from` ends, or -1 if nothing closes it. */
function endOfRegex(query: string, from: number): number {
  for (let at = from + 1; at < query.length; at += 1) {
    if (query[at] === "\\") at += 1;
    else if (query[at] === "/" && /^(i?\s|i?$)/.test(query.slice(at + 1, at + 3))) return at;
  }
  return -1;
}

/** The words of the query; quotes hold words together, alone or after a colon. */
function tokens(query: string): readonly (Token & { readonly regex: boolean })[] {
  const found: (Token & { readonly regex: boolean })[] = [];
  let at = 0;
  while (at < query.length) {
    if (/\s/.test(query.charAt(at))) {
      at += 1;
      continue;
    }
    const not = /^-[^\s\d.]/.test(query.slice(at, at + 2));
    if (not) at += 1;
    const end = query[at] === "/" ? endOfRegex(query, at) : -1;
    if (end > at + 1) {
      found.push({ not, quoted: false, regex: true, text: query.slice(at + 1, end) });
      at = end + 1;
      while (at < query.length && !/\s/.test(query.charAt(at))) at += 1;
      continue;
    }
    const start = at;
    let quotes = false;
    while (at < query.length && (quotes || !/\s/.test(query.charAt(at)))) {
      const opens =
        query[at] === '"' && (quotes || at === start || /[:=]/.test(query.charAt(at - 1)));
      if (opens) quotes = !quotes;
      at += 1;
    }
    const text = query.slice(start, at);
    const quoted = text.startsWith('"');
    found.push({ not, quoted, regex: false, text: quoted ? text.replace(/^"|"$/g, "") : text });
  }
  return found;
}

function comparisonOf(
  text: string,
): { readonly comparison: Comparison; readonly number: number } | null {
  const [, sign, digits = ""] = /^(<=|>=|<|>|=)(.+)$/.exec(text) ?? [];
  const number = digits === "" ? Number.NaN : Number(digits);
  if (sign === undefined || Number.isNaN(number)) return null;
  return { comparison: sign as Comparison, number };
}

function kindOf(text: string): Kind | null {
  if (text === "") return null;
  return OTHER_NAMES.get(text) ?? KINDS.find((kind) => kind.startsWith(text)) ?? null;
}

/** Conditions on a key as a whole, of which nothing is asked before something follows. */
const ON_THE_WHOLE: ReadonlySet<string> = new Set(["type", "changed", "rate"]);

function conditionOf(word: string, not: boolean): Term | "unfinished" | null {
  const colon = word.indexOf(":");
  if (colon <= 0) return null;
  const field = word.slice(0, colon);
  const typed = word.slice(colon + 1);
  // Somebody who has come as far as the sign of a comparison goes on with a number.
  const rest = /^([<>]=?-?\.?|=)?$/.test(typed) ? "" : typed;
  if (rest === "" && ON_THE_WHOLE.has(field)) return "unfinished";
  if (field === "type") {
    const type = kindOf(rest);
    if (type !== null) return { kind: "type", not, type };
  }
  if (field === "changed") {
    const [, sign, digits, unit = ""] = /^([<>]?)=?(\d+(?:\.\d+)?)([a-z]*)$/.exec(rest) ?? [];
    const scale = SECONDS.get(unit);
    if (digits !== undefined && scale !== undefined) {
      return { kind: "changed", not, within: sign !== ">", seconds: Number(digits) * scale };
    }
  }
  const compare = comparisonOf(rest);
  if (field === "rate" && compare !== null) return { kind: "rate", not, ...compare };
  const exactly = rest.startsWith("=");
  const text = (exactly ? rest.slice(1) : rest).replace(/^"(.*?)"?$/, "$1");
  const steps = field.split(".").filter((step) => step !== "");
  if (steps.length === 0) return null;
  return { kind: "field", not, word, field: steps, text, exactly, compare };
}

/** The terms of a query, in lower case but for patterns; none for a query that asks nothing. */
export function parseQuery(query: string): readonly Term[] {
  return tokens(query).flatMap(({ not, quoted, regex, text }): Term[] => {
    if (text === "") return [];
    if (regex) return [{ kind: "regex", not, pattern: text }];
    const word = text.toLowerCase();
    if (quoted) return [{ kind: "phrase", not, text: word }];
    const condition = conditionOf(word, not);
    if (condition === "unfinished") return [];
    if (condition !== null) return [condition];
    if (word.includes("*")) return [{ kind: "glob", not, pattern: word }];
    return [{ kind: "word", not, text: word }];
  });
}

/** How many of the steps, from one of them on, a name stands for; 0 for none. */
export type StepsIn = (name: string, from: number) => number;

/**
 * A step is the start of a name, or of a part of it: names have dots of their own, as keys
 * do, so that `renderer` and `rendering.renderer` both are `nanover.rendering.renderer`.
 */
export function stepsIn(steps: readonly string[]): StepsIn {
  // The most steps first.
  const starts = steps.map((_, from) =>
    steps
      .slice(from)
      .map((_, index) => steps.slice(from, from + index + 1).join("."))
      .map((text, index) => ({ text, count: index + 1 }))
      .reverse(),
  );
  return (name, from) => {
    const folded = name.toLowerCase();
    for (const { text, count } of starts[from] ?? []) if (beginsPart(text, folded)) return count;
    return 0;
  };
}

/** Whether the name has the text at its start, or behind a dot or slash. */
function beginsPart(text: string, name: string): boolean {
  for (let at = name.indexOf(text); at >= 0; at = name.indexOf(text, at + 1)) {
    if (at === 0 || name[at - 1] === "." || name[at - 1] === "/") return true;
  }
  return false;
}

/** Objects of one kind share their names: of most, what they stand for is known. */
const MOST_NAMES = 1000;

export function withMemory(steps: StepsIn): StepsIn {
  const known: (Map<string, number> | undefined)[] = [];
  return (name, from) => {
    const before = known[from]?.get(name);
    if (before !== undefined) return before;
    const count = steps(name, from);
    known[from] ??= new Map();
    if (known[from].size < MOST_NAMES) known[from].set(name, count);
    return count;
  };
}
