/** Texts at the axes of plots. */

export const numberText = (value: number): string => {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) return value.toExponential(1);
  return String(Number(value.toPrecision(6)));
};

const two = (number: number): string => String(number).padStart(2, "0");
export const clockText = (seconds: number): string => {
  const date = new Date(seconds * 1000);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
};
