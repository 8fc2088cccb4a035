/** Seconds on a clock that never jumps; only differences mean something. */
export const now = (): number => performance.now() / 1000;
