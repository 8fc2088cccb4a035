/** Process many items in time slices. Pure. */

/** Things between two looks at the clock, which take longer than one of them. */
const BETWEEN_LOOKS = 64;

/** Visits what is left until `shouldYield` says that it is time to stop; true when all are done. */
export function visitInTimeSlice<T>(
  left: Iterator<T>,
  visit: (item: T) => void,
  shouldYield: () => boolean,
): boolean {
  for (;;) {
    for (let count = 0; count < BETWEEN_LOOKS; count += 1) {
      const { done, value } = left.next();
      if (done === true) return true;
      visit(value);
    }
    if (shouldYield()) return false;
  }
}
