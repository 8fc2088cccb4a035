/** Reduce a series to what a plot of a certain width can show. Pure. */

export interface Points {
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[];
  /** One per time; null breaks the line. */
  readonly values: readonly (number | null)[];
}

/** Seconds without a frame that break the line, unless frames are always that rare. */
const GAP_SECONDS = 2;
const GAP_INTERVALS = 5;

/** Return the index of the first time that is not before `time`. */
export function firstAtOrAfter(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Return the points of the series between two times, with one before them, so that the line starts
 * at the edge. Of each step of time only the first, least, greatest and last value remain if there
 * are more points than `most`.
 */
export function reduceSeries(
  times: Float64Array,
  values: Float64Array,
  [from, to]: readonly [number, number],
  most: number,
): Points {
  const begin = Math.max(0, firstAtOrAfter(times, from) - 1);
  const end = firstAtOrAfter(times, to + 1e-9);
  const out: { times: number[]; values: (number | null)[] } = { times: [], values: [] };
  const steps = Math.max(1, Math.floor(most / 4));
  const width = end - begin <= most ? 0 : (to - from) / steps;
  let step = Number.NaN;
  let first = -1;
  let least = -1;
  let greatest = -1;
  let last = -1;
  let previous = Number.NaN;
  let interval = Number.POSITIVE_INFINITY;

  const flush = () => {
    if (first < 0) return;
    const kept = [...new Set([first, least, greatest, last])].sort((a, b) => a - b);
    for (const index of kept) {
      out.times.push(times[index] ?? 0);
      out.values.push(values[index] ?? null);
    }
    first = -1;
  };
  for (let index = begin; index < end; index += 1) {
    const time = times[index] ?? 0;
    const value = values[index] ?? Number.NaN;
    const passed = time - previous;
    if (passed > GAP_SECONDS && passed > GAP_INTERVALS * interval) {
      flush();
      out.times.push(previous + passed / 2);
      out.values.push(null);
    } else if (passed > 0) interval = passed;
    previous = time;
    if (!Number.isFinite(value)) {
      flush();
      out.times.push(time);
      out.values.push(null);
      continue;
    }
    const current = width === 0 ? index : Math.floor((time - from) / width);
    if (current !== step) {
      flush();
      step = current;
    }
    if (first < 0) {
      first = index;
      least = index;
      greatest = index;
    }
    if (value < (values[least] ?? value)) least = index;
    if (value > (values[greatest] ?? value)) greatest = index;
    last = index;
  }
  flush();
  return out;
}
