/** Format simulated times and plotted numbers. */

const NARROW_SPACE = "\u202f";

/** Format a simulated time in ps: "12.41 ps", "1.204 ns". */
export function simulatedTime(ps: number): string {
  const size = Math.abs(ps);
  if (size < 1e3) return `${ps.toFixed(2)} ps`;
  return size < 1e6 ? `${(ps / 1e3).toFixed(3)} ns` : `${(ps / 1e6).toFixed(3)} µs`;
}

/** Format a number with about five digits: "1 204.6", "301.2", "-0.0412", "3.1e-7". */
export function plotNumber(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return "0.0";
  if (size >= 1e7 || size < 1e-3) return value.toExponential(2);
  if (size < 10) return size < 0.1 ? value.toPrecision(3) : value.toFixed(3);
  const [whole = "", fraction] = value.toFixed(size < 1e5 ? 1 : 0).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, NARROW_SPACE);
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Format a number of a table with at most five digits. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) return value.toExponential(2);
  return String(Number(value.toPrecision(5)));
}
