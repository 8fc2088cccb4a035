/** A sparkline of the frames, else the updates, per second over the last minute. */

import { createSparkline } from "../charts/sparkline.ts";
import type { Timed } from "../kernel/session.ts";
import type { HeartbeatBody } from "../protocol/common.ts";
import type { Readable } from "../ui/signal.ts";

/** Seconds shown. */
const SPAN = 60;
/** Seconds without a heartbeat that leave a gap; one is sent each second. */
const GAP = 3;

export function createRateSparkline(
  heartbeat: Readable<Timed<HeartbeatBody> | null>,
  signal: AbortSignal,
): SVGElement {
  // Starts at zero, so that small changes of a steady rate stay small.
  const spark = createSparkline(0);
  let times: readonly number[] = [];
  let rates: readonly (number | null)[] = [];
  heartbeat.observe((beat) => {
    if (beat === null) return;
    const { at, body } = beat;
    const last = times.at(-1) ?? at;
    // The reply to a hello may repeat a heartbeat.
    if (at - last < 0.5 && times.length > 0) return;
    const isLate = at - last > GAP;
    const kept = times.filter((time) => at - time <= SPAN).length;
    times = [...times.slice(times.length - kept), ...(isLate ? [last] : []), at];
    rates = [
      ...rates.slice(rates.length - kept),
      ...(isLate ? [null] : []),
      body.frames < 0.1 ? body.rate : body.frames,
    ];
    spark.draw(times, rates);
  }, signal);
  return spark.element;
}
