/** The numbers that JSON cannot represent, and their names in every notation. */

interface NonFinite {
  readonly value: number;
  /** As Python's json module writes and reads them. */
  readonly json: string;
  /** In page form (widgets/sync/value_encoding.py). */
  readonly mark: string;
}

export const NON_FINITE: readonly NonFinite[] = [
  { value: Number.NaN, json: "NaN", mark: "nan" },
  { value: Number.POSITIVE_INFINITY, json: "Infinity", mark: "inf" },
  { value: Number.NEGATIVE_INFINITY, json: "-Infinity", mark: "-inf" },
];

const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ["nan", "NaN"],
  ["inf", "Infinity"],
  ["infinity", "Infinity"],
  ["∞", "Infinity"],
]);

/** Return the JSON name of a number in any common spelling, or undefined. */
export function nonFiniteName(typed: string): string | undefined {
  const [, sign = "", rest = ""] = /^([+\-−]?)(.*)$/s.exec(typed.trim().toLowerCase()) ?? [];
  const name = SPELLINGS.get(rest);
  if (name === undefined || (name === "NaN" && sign !== "")) return undefined;
  return sign === "" || sign === "+" ? name : `-${name}`;
}

export const nonFiniteValue = (name: string): number | undefined =>
  NON_FINITE.find(({ json }) => json === name)?.value;
