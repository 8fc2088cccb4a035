/** A place inside of a value, as people read it. */

import type { ValuePath } from "./rows.ts";

/** `components[0].name`, or `["a b"].c` where a name is none. */
export function pathText(path: ValuePath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[\p{L}\p{N}_-]+$/u.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}
