/** A plot of numbers over time with uPlot; loaded on demand. */

import UPlot from "uplot";
import { clockText, numberText } from "./axis_text.ts";
import type { CreatePlot, PlotLine, PlotLook } from "./plot_types.ts";

type Columns = UPlot.AlignedData;

/** Merge lines with different times; a line continues where it has no value. */
function align(lines: readonly PlotLine[]): Columns {
  if (lines.length === 0) return [[]];
  const tables = lines.map(({ times, values }) => [[...times], [...values]] as Columns);
  return UPlot.join(tables);
}

function options(
  lines: readonly PlotLine[],
  { text, grid, font }: PlotLook,
  [width, height]: readonly [number, number],
  onCursor: (plot: UPlot) => void,
): UPlot.Options {
  const stepped = UPlot.paths.stepped?.({ align: 1 });
  const axis = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: { x: { time: true } },
    axes: [
      { ...axis, size: 30, values: (_plot, ticks) => ticks.map(clockText) },
      { ...axis, size: 54, values: (_plot, ticks) => ticks.map(numberText) },
    ],
    series: [
      {},
      ...lines.map(({ label, color }) => ({
        label,
        stroke: color,
        width: 1.5,
        points: { show: false },
        ...(stepped === undefined ? {} : { paths: stepped }),
      })),
    ],
    hooks: { setCursor: [onCursor] },
  };
}

export const createPlot: CreatePlot = (place, onPoint) => {
  let plot: UPlot | null = null;
  let drawnWith = "";
  let size: readonly [number, number] = [300, 160];

  const onCursor = ({ cursor, data }: UPlot) => {
    const { idx } = cursor;
    const time = typeof idx === "number" ? data[0][idx] : undefined;
    if (typeof idx !== "number" || time === undefined) {
      onPoint(null);
      return;
    }
    // A line continues from its last value.
    const valueAt = (column: (typeof data)[number]): number | null => {
      for (let at = idx; at >= 0; at -= 1) {
        const value = column[at];
        if (value !== undefined) return value;
      }
      return null;
    };
    onPoint({ time, values: data.slice(1).map(valueAt) });
  };

  return {
    draw(lines, look) {
      const data = align(lines);
      const wanted = JSON.stringify([lines.map(({ label, color }) => [label, color]), look]);
      if (plot !== null && wanted === drawnWith) {
        plot.setData(data);
        return;
      }
      plot?.destroy();
      plot = new UPlot(options(lines, look, size, onCursor), data, place);
      drawnWith = wanted;
    },
    resize(width, height) {
      size = [width, height];
      plot?.setSize({ width, height });
    },
    close() {
      plot?.destroy();
      plot = null;
    },
  };
};
