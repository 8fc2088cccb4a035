/** A plot of one series over time with uPlot; loaded on demand. */

import UPlot from "uplot";
import { clockText, numberText } from "./axis_text.ts";
import type { CreateTimePlot, PlotLook, TimePlotData } from "./plot_types.ts";

const TIME_AXIS = 22;
/** The height without time labels, so that the line does not touch the border. */
const NO_TIME_AXIS = 6;
const VALUE_AXIS = 52;
/** Half the width of a time label. */
const HALF_LABEL = 26;
const DASH = [3, 3];

/** Return the limits of the value axis: with a margin, also around a constant. */
function valueRange(_plot: UPlot, min: number | null, max: number | null): UPlot.Range.MinMax {
  if (min === null || max === null) return [min, max];
  if (min !== max) return UPlot.rangeNum(min, max, 0.1, true);
  const margin = Math.abs(min) * 0.05 || 1;
  return [min - margin, max + margin];
}

/** Draw a dashed vertical line at each mark, with a text beside it if there is room. */
function drawMarks(plot: UPlot, marks: readonly number[], text: string, look: PlotLook): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = look.text;
  ctx.fillStyle = look.text;
  ctx.font = look.font.replace(/^[\d.]+/, (size) => String(0.9 * Number(size) * UPlot.pxRatio));
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.lineWidth = UPlot.pxRatio;
  const gap = 3 * UPlot.pxRatio;
  const needed = ctx.measureText(text).width + 2 * gap;
  ctx.setLineDash(DASH.map((length) => length * UPlot.pxRatio));
  ctx.beginPath();
  for (const [index, mark] of marks.entries()) {
    const x = Math.round(plot.valToPos(mark, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    const next = marks[index + 1];
    const end = next === undefined ? bbox.left + bbox.width : plot.valToPos(next, "x", true);
    if (end - x > needed) ctx.fillText(text, x + gap, bbox.top);
  }
  ctx.stroke();
  ctx.restore();
}

export const createTimePlot: CreateTimePlot = (place, { group, markText, onPoint }) => {
  let plot: UPlot | null = null;
  let drawnWith = "";
  let size: readonly [number, number] = [300, 100];
  let showTimes = true;
  let shown: TimePlotData | null = null;

  /** Whether the label of a tick is not cut by the edges of the plot. */
  const fits = (tick: number, scale: UPlot.Scale | undefined): boolean => {
    const { min = 0, max = 0 } = scale ?? {};
    const room = (HALF_LABEL * (max - min)) / Math.max(1, size[0] - VALUE_AXIS);
    return showTimes && tick - min >= room && max - tick >= room;
  };
  const onCursor = ({ cursor, data }: UPlot) => {
    const { idx } = cursor;
    const time = typeof idx === "number" ? data[0][idx] : undefined;
    if (typeof idx !== "number" || time === undefined) onPoint(null);
    else onPoint({ time, value: data[1]?.[idx] ?? null });
  };

  const options = (look: PlotLook & { readonly line: string }): UPlot.Options => {
    const { text, grid, font, line } = look;
    const axis = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } };
    return {
      width: size[0],
      height: size[1],
      padding: [6, 4, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { size: 6 },
        drag: { x: false, y: false, setScale: false },
        sync: { key: group, scales: ["x", null] },
      },
      scales: { x: { time: true, auto: false }, y: { range: valueRange } },
      axes: [
        {
          ...axis,
          size: showTimes ? TIME_AXIS : NO_TIME_AXIS,
          gap: 2,
          space: 70,
          ticks: { show: false },
          values: ({ scales: { x } }, ticks) =>
            ticks.map((tick) => (fits(tick, x) ? clockText(tick) : "")),
        },
        {
          ...axis,
          size: VALUE_AXIS,
          gap: 4,
          space: 26,
          ticks: { show: false },
          values: (_plot, ticks) => ticks.map(numberText),
        },
      ],
      series: [{}, { stroke: line, width: 1.25, points: { show: false }, spanGaps: false }],
      hooks: {
        setCursor: [onCursor],
        draw: [(drawn) => drawMarks(drawn, shown?.marks ?? [], markText, look)],
      },
    };
  };

  return {
    get canvas() {
      return plot?.ctx.canvas ?? null;
    },
    draw(data, look) {
      shown = data;
      const columns = [data.times, data.values] as unknown as UPlot.AlignedData;
      const [min, max] = data.range;
      const wanted = JSON.stringify([look, showTimes]);
      if (plot === null || wanted !== drawnWith) {
        plot?.destroy();
        plot = new UPlot(options(look), columns, place);
        drawnWith = wanted;
      } else plot.setData(columns, false);
      // The layout around it may have moved it, which uPlot does not see.
      plot.syncRect(true);
      // Also fits the value axis to what is visible.
      plot.setScale("x", { min, max });
    },
    resize(width, height, times) {
      if (width === size[0] && height === size[1] && times === showTimes) return;
      size = [width, height];
      showTimes = times;
      plot?.setSize({ width, height });
    },
    close() {
      plot?.destroy();
      plot = null;
    },
  };
};
