/** Which names a condition on a field means. Pure. */

/** How many of the steps, from one of them on, a name in small letters stands for; 0 for none. */
export type StepsIn = (name: string, from: number) => number;

/**
 * A step is the start of a name, or of a part of it: names have dots of their own, as keys
 * do, so that `renderer` and `rendering.renderer` both are `nanover.rendering.renderer`.
 */
export function stepsIn(steps: readonly string[]): StepsIn {
  // The most steps first, and each with the signs that parts begin with.
  const starts = steps.map((_, from) =>
    steps
      .slice(from)
      .map((_, index) => steps.slice(from, from + index + 1).join("."))
      .map((text, index) => ({ text, parts: [`.${text}`, `/${text}`], count: index + 1 }))
      .reverse(),
  );
  return (name, from) => {
    for (const { text, parts, count } of starts[from] ?? []) {
      if (name.startsWith(text) || parts.some((part) => name.includes(part))) return count;
    }
    return 0;
  };
}
