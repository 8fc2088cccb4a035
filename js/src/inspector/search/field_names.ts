/** Find the field names that a query condition refers to. Pure. */

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
