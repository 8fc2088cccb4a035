/** Format times, sizes and counts, always with units. */

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
] as const;

/** "0.4 s", "12 s", "2 min", "3 h": an age to glance at. */
export function age(seconds: number): string {
  const positive = Math.max(0, seconds);
  if (positive < 9.95) return `${positive.toFixed(1)} s`;
  for (const [unit, size] of UNITS) {
    if (positive >= size) return `${Math.floor(positive / size)} ${unit}`;
  }
  return `${Math.floor(positive)} s`;
}

/** "8 s", "1 min 12 s", "2 h 5 min": how long something lasts. */
export function duration(seconds: number): string {
  const rounded = Math.max(0, Math.floor(seconds));
  if (rounded < 60) return `${rounded} s`;
  if (rounded < 3600) {
    return rounded % 60 === 0
      ? `${rounded / 60} min`
      : `${Math.floor(rounded / 60)} min ${rounded % 60} s`;
  }
  const minutes = Math.floor((rounded % 3600) / 60);
  const hours = Math.floor(rounded / 3600);
  return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
}

/** "4 ms", "0.31 s", "2.4 s", "1 min 12 s": how long an answer took. */
export function elapsed(seconds: number): string {
  if (seconds < 0.01) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  // What would be rounded up to the next unit is told in that.
  if (seconds < 0.995) return `${seconds.toFixed(2)} s`;
  return seconds < 59.95 ? `${seconds.toFixed(1)} s` : duration(Math.max(60, seconds));
}

/** "680 B", "1.9 MB". */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  for (const [unit, factor] of [
    ["kB", 1e3],
    ["MB", 1e6],
  ] as const) {
    const amount = bytes / factor;
    if (amount < 999.5) return `${amount < 9.95 ? amount.toFixed(1) : amount.toFixed(0)} ${unit}`;
  }
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** "2 412": groups of three with a narrow space, which no language reads as a decimal point. */
export function count(number: number): string {
  return String(Math.trunc(number)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** "30/s", "0.5/s", and a dash for what hardly changes. */
export function rate(perSecond: number): string {
  if (perSecond < 0.1) return "—";
  return perSecond < 9.5 ? `${perSecond.toFixed(1)}/s` : `${Math.round(perSecond)}/s`;
}

/** "1st", "2nd", "11th". */
export function ordinal(number: number): string {
  const tens = number % 100;
  const suffix = tens >= 11 && tens <= 13 ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th");
  return `${number}${suffix}`;
}

/** Why something failed, in the words of whoever threw it. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
