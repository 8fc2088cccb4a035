/** The path to a part of a value, and its text. */

export type Step = string | number;
export type ValuePath = readonly Step[];

/** Format a path: `components[0].name`, or `["a b"].c` for a name with other characters. */
export function pathText(path: ValuePath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[\p{L}\p{N}_-]+$/u.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}
