/** Chooses the quality by the time that the graphics hardware takes for a picture. */

import type { Quality } from "../types.ts";

const LEVELS = ["full", "reduced", "low"] as const;
/** Milliseconds of a picture above which the quality falls, and below which it rises. */
const TOO_SLOW = 45;
const FAST = 12;
const SLOW_PICTURES = 3;
const FAST_PICTURES = 60;
const POLL_MS = 4;

export interface QualityControl {
  quality(): Quality;
  setQuality(quality: Quality | "automatic"): void;
  /** Call after the commands of a picture, with the time that the script took. */
  drawn(scriptMilliseconds: number): void;
  /** The time of the last picture whose end was seen. */
  milliseconds(): number;
  /** Stop waiting for the end of a picture. */
  reset(): void;
}

export function createQualityControl(gl: WebGL2RenderingContext): QualityControl {
  let forced: Quality | null = null;
  let level = 0;
  let slow = 0;
  let fast = 0;
  let rises = 0;
  let last = 0;
  let pending: WebGLSync | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const record = (elapsed: number) => {
    last = elapsed;
    slow = elapsed > TOO_SLOW ? slow + 1 : 0;
    fast = elapsed < FAST ? fast + 1 : 0;
    if (slow >= SLOW_PICTURES && level < LEVELS.length - 1) {
      level += 1;
      slow = 0;
    } else if (fast >= FAST_PICTURES * 4 ** rises && level > 0) {
      // Rarer each time, so that the quality does not go up and down.
      rises += 1;
      level -= 1;
      fast = 0;
    }
  };
  const reset = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (pending !== null) gl.deleteSync(pending);
    pending = null;
  };

  return {
    quality: () => forced ?? LEVELS[level] ?? "low",
    setQuality(quality) {
      forced = quality === "automatic" ? null : quality;
    },
    drawn(scriptMilliseconds) {
      // A picture whose end is not seen yet includes this one.
      if (forced !== null || pending !== null) return;
      const start = performance.now() - scriptMilliseconds;
      pending = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
      gl.flush();
      const poll = () => {
        timer = null;
        if (pending === null) return;
        if (gl.getSyncParameter(pending, gl.SYNC_STATUS) === gl.SIGNALED) {
          record(performance.now() - start);
          reset();
        } else if (!gl.isContextLost()) timer = setTimeout(poll, POLL_MS);
      };
      timer = setTimeout(poll, 0);
    },
    milliseconds: () => last,
    reset,
  };
}
