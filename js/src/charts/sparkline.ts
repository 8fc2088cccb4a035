/** A small line chart of recent values. */

import { setAttribute, svg } from "../ui/html.ts";

const WIDTH = 46;
const HEIGHT = 14;

/**
 * Return the SVG path of a line through the values; empty for fewer than two. Null leaves a gap.
 * The minimum is at the bottom, or `floor` if that is smaller.
 */
export function sparklinePath(
  times: readonly number[],
  values: readonly (number | null)[],
  floor = Number.POSITIVE_INFINITY,
  [width, height]: readonly [number, number] = [WIDTH, HEIGHT],
): string {
  const present = values.filter((value) => value !== null);
  const begin = times[0];
  const end = times.at(-1);
  if (present.length < 2 || begin === undefined || end === undefined || end <= begin) return "";
  const least = Math.min(floor, ...present);
  const span = Math.max(...present) - least;
  let path = "";
  let pen = "M";
  for (const [index, value] of values.entries()) {
    const time = times[index];
    if (value === null || time === undefined) {
      pen = "M";
      continue;
    }
    const x = ((time - begin) / (end - begin)) * (width - 2) + 1;
    // A constant is drawn in the middle.
    const y = span === 0 ? height / 2 : height - 1.5 - ((value - least) / span) * (height - 3);
    path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
  }
  return path;
}

export interface Sparkline {
  readonly element: SVGElement;
  draw(times: readonly number[], values: readonly (number | null)[]): void;
}

export function createSparkline(floor?: number): Sparkline {
  const line = svg("path", { d: "" });
  const element = svg(
    "svg",
    { class: "nvj-sparkline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" },
    line,
  );
  return {
    element,
    draw: (times, values) => setAttribute(line, "d", sparklinePath(times, values, floor)),
  };
}
