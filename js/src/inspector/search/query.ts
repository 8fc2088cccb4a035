/**
 * Parse the query language of the search box. Pure; filter.ts evaluates the terms.
 *
 *     query     = term { " " term }             all terms must match
 *     term      = [ "-" ] ( regex | phrase | word )
 *     regex     = "/" pattern "/"               in the key, or in a text or number of the value
 *     phrase    = '"' anything '"'              the exact text, with spaces
 *     word      = condition | glob | letters
 *     glob      = letters with "*"              the full key, "*" matches anything
 *     condition = "type:" kind                  number, string, list, object, boolean, null, bytes
 *               | "changed:" [ "<" | ">" ] time    "5s", "200ms", "2min", "1h"; "<" by default
 *               | "rate:" comparison            changes per second
 *               | field ":" ( comparison | phrase | letters )
 *     comparison = ( "<" | "<=" | ">" | ">=" | "=" ) number
 *     field     = a field of the value at any depth, or the key itself; the start of its
 *                 name, or of a part of it; "a.b" for b inside a
 *
 * Case is ignored. A minus before a digit belongs to the number. Text that matches no rule is
 * searched literally, so that only an invalid regex is an error. An unfinished condition applies as
 * far as it is typed: "type:" matches everything, "mass:>" everything with a mass.
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
      /** The word as typed, which is searched too, because keys may contain a colon. */
      readonly word: string;
      readonly field: readonly string[];
      readonly text: string;
      readonly exactly: boolean;
      readonly compare: { readonly comparison: Comparison; readonly number: number } | null;
    }
);

/** Names of the kinds in other languages. */
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

/** Return where a regex that starts at `from` ends; -1 if it is not closed. */
function endOfRegex(query: string, from: number): number {
  for (let at = from + 1; at < query.length; at += 1) {
    if (query[at] === "\\") at += 1;
    else if (query[at] === "/" && /^(i?\s|i?$)/.test(query.slice(at + 1, at + 3))) return at;
  }
  return -1;
}

/** Split a query into words. Quotes, alone or after a colon, group words. */
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

/** Conditions on an entry that match everything until they are finished. */
const ENTRY_CONDITIONS: ReadonlySet<string> = new Set(["type", "changed", "rate"]);

function conditionOf(word: string, not: boolean): Term | "unfinished" | null {
  const colon = word.indexOf(":");
  if (colon <= 0) return null;
  const field = word.slice(0, colon);
  const typed = word.slice(colon + 1);
  // After a comparison sign, the number is still being typed.
  const rest = /^([<>]=?-?\.?|=)?$/.test(typed) ? "" : typed;
  if (rest === "" && ENTRY_CONDITIONS.has(field)) return "unfinished";
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

/** Return the terms of a query, in lower case except for patterns. */
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

/** Returns how many of the steps of a field path, starting at `from`, a name matches. */
export type StepsIn = (name: string, from: number) => number;

/**
 * Match the steps of a field path to names. A step matches the start of a name or of a part of it:
 * `renderer` and `rendering.renderer` both match `nanover.rendering.renderer`.
 */
export function stepsIn(steps: readonly string[]): StepsIn {
  // Longest first.
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

/** Return whether the name contains the text at its start, or after a dot or slash. */
function beginsPart(text: string, name: string): boolean {
  for (let at = name.indexOf(text); at >= 0; at = name.indexOf(text, at + 1)) {
    if (at === 0 || name[at - 1] === "." || name[at - 1] === "/") return true;
  }
  return false;
}

const MOST_CACHED_NAMES = 1000;

/** Cache the results by name, because objects share their field names. */
export function withMemory(steps: StepsIn): StepsIn {
  const known: (Map<string, number> | undefined)[] = [];
  return (name, from) => {
    const before = known[from]?.get(name);
    if (before !== undefined) return before;
    const count = steps(name, from);
    known[from] ??= new Map();
    if (known[from].size < MOST_CACHED_NAMES) known[from].set(name, count);
    return count;
  };
}
