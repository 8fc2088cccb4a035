/** One plot with its title, unit and value. */

import type { CreateTimePlot, PlotLook, TimePlot } from "../charts/plot_types.ts";
import { visible } from "../text/visible_text.ts";
import { h, setAttribute, setText } from "../ui/html.ts";
import { plotNumber } from "./format.ts";
import { type Points, reduceSeries } from "./reduce.ts";
import type { RowStore } from "./row_store.ts";
import { seriesName, PLOTS as TEXT } from "./strings.ts";

/** Points per pixel: two extremes for each are enough for a line that looks complete. */
const POINTS_PER_PIXEL = 2;

export interface PlotCard {
  readonly key: string;
  readonly element: HTMLElement;
  readonly title: string;
  /** The value that is shown: the latest, or that under the cursor. */
  readonly value: string;
  readonly canvas: HTMLCanvasElement | null;
  draw(store: RowStore, range: readonly [number, number], look: PlotLook): void;
  resize(width: number, height: number, showTimes: boolean): void;
  close(): void;
}

export interface PlotCardOptions {
  readonly key: string;
  /** The number of the series color, from 1. */
  readonly color: number;
  readonly group: string;
  readonly create: CreateTimePlot;
  /** Return a color of the stylesheet as a canvas takes it. */
  readonly colorOf: (name: string) => string;
  /** Receives the time under the cursor; null without one. */
  readonly onTime: (time: number | null) => void;
}

export function createPlotCard(options: PlotCardOptions): PlotCard {
  const { key, color, group, create, colorOf, onTime } = options;
  const [name, unit] = seriesName(key);
  const variable = `--nvj-series-${color}`;
  const swatch = h("span", { class: "nvj-plot-swatch", "aria-hidden": "true" });
  swatch.style.background = `var(${variable})`;
  const value = h("span", { class: "nvj-simulation-value" });
  const place = h("div", { class: "nvj-time-plot", role: "img" });
  const title = visible(name, 80);
  const element = h(
    "div",
    { class: "nvj-plot-card", "data-key": key },
    h(
      "div",
      { class: "nvj-plot-title" },
      swatch,
      h("span", { class: "nvj-plot-card-name", title: visible(key, 200) }, title),
      h("span", { class: "nvj-dim" }, unit),
      h("span", { class: "nvj-space" }),
      value,
    ),
    place,
  );
  let latest: number | null = null;
  /** The value under the cursor; undefined without a cursor. */
  let pointed: number | null | undefined;
  let width = 300;
  let points: Points = { times: [], values: [] };
  const drawValue = () => {
    const shown = pointed === undefined ? latest : pointed;
    setText(value, shown === null ? TEXT.noValue : plotNumber(shown));
  };
  const plot: TimePlot = create(place, {
    group,
    markText: TEXT.reset,
    onPoint: (at) => {
      pointed = at === null ? undefined : at.value;
      onTime(at?.time ?? null);
      drawValue();
    },
  });

  return {
    key,
    element,
    title: unit === "" ? title : `${title} (${unit})`,
    get value() {
      return value.textContent ?? "";
    },
    get canvas() {
      return plot.canvas;
    },
    draw(store, range, look) {
      const column = store.column(key);
      const most = Math.max(100, width * POINTS_PER_PIXEL);
      points =
        column === null
          ? { times: [], values: [] }
          : reduceSeries(store.seconds, column, range, most);
      latest = store.latest(key);
      plot.draw({ ...points, range, marks: store.resets }, { ...look, line: colorOf(variable) });
      drawValue();
      const text = latest === null ? TEXT.noValue : `${plotNumber(latest)} ${unit}`;
      setAttribute(place, "aria-label", TEXT.plotLabel(title, text.trim()));
    },
    resize(nextWidth, height, showTimes) {
      width = nextWidth;
      plot.resize(nextWidth, height, showTimes);
    },
    close() {
      plot.close();
      element.remove();
    },
  };
}
