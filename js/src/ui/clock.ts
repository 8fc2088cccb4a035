/** Return seconds of a monotonic clock; only differences are meaningful. */
export const now = (): number => performance.now() / 1000;
