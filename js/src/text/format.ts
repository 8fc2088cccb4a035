/** Format times, sizes and counts, always with units. */

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
] as const;

/** Format an age with one unit: "0.4 s", "12 s", "2 min", "3 h". */
export function age(seconds: number): string {
  const positive = Math.max(0, seconds);
  if (positive < 9.95) return `${positive.toFixed(1)} s`;
  for (const [unit, size] of UNITS) {
    if (positive >= size) return `${Math.floor(positive / size)} ${unit}`;
  }
  return `${Math.floor(positive)} s`;
}

/** Format a duration: "8 s", "1 min 12 s", "2 h 5 min". */
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

/** Format an elapsed time: "4 ms", "0.31 s", "2.4 s", "1 min 12 s". */
export function elapsed(seconds: number): string {
  if (seconds < 0.01) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  // Values that would be rounded up to the next unit use that unit.
  if (seconds < 0.995) return `${seconds.toFixed(2)} s`;
  return seconds < 59.95 ? `${seconds.toFixed(1)} s` : duration(Math.max(60, seconds));
}

/** Format a size: "680 B", "1.9 MB". */
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

/** Format a number in groups of three: "2 412". A narrow space is unambiguous in every locale. */
export function count(number: number): string {
  return String(Math.trunc(number)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** Format a rate: "30/s", "0.5/s", or a dash below 0.1/s. */
export function rate(perSecond: number): string {
  if (perSecond < 0.1) return "—";
  return perSecond < 9.5 ? `${perSecond.toFixed(1)}/s` : `${Math.round(perSecond)}/s`;
}

/** Return the message of a thrown value. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
