/** The types of the plot module (charts/plot.ts), which is loaded on demand. */

import type { Module } from "../kernel/lazy_module.ts";

export interface PlotLine {
  readonly label: string;
  readonly color: string;
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  /** One per time; null for a gap. */
  readonly values: readonly (number | null)[];
}

export interface PlotLook {
  readonly text: string;
  readonly grid: string;
  readonly font: string;
}

export interface Plot {
  draw(lines: readonly PlotLine[], look: PlotLook): void;
  resize(width: number, height: number): void;
  close(): void;
}

/** Receives the time under the pointer and each line's value there; null without pointer. */
export type OnPoint = (at: { time: number; values: readonly (number | null)[] } | null) => void;

export type CreatePlot = (place: HTMLElement, onPoint: OnPoint) => Plot;

export function plotOf(module: Module): CreatePlot {
  const create = module.createPlot;
  if (typeof create !== "function") throw new Error("incompatible module; reload the page");
  return create as CreatePlot;
}

/** What a time plot shows. */
export interface TimePlotData {
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  /** One per time; null breaks the line. */
  readonly values: readonly (number | null)[];
  /** The limits of the time axis. */
  readonly range: readonly [from: number, to: number];
  /** Times marked by a vertical line. */
  readonly marks: readonly number[];
}

/** A plot of one series over time, whose cursor is linked with that of others. */
export interface TimePlot {
  /** The canvas, for saving it as an image. */
  readonly canvas: HTMLCanvasElement | null;
  draw(data: TimePlotData, look: PlotLook & { readonly line: string }): void;
  /** `showTimes` adds labels to the time axis. */
  resize(width: number, height: number, showTimes: boolean): void;
  close(): void;
}

export interface TimePlotOptions {
  /** Plots of the same group have one cursor. */
  readonly group: string;
  /** The text beside each mark. */
  readonly markText: string;
  /** Receives the time and value under the cursor; null without a cursor. */
  readonly onPoint: (at: { readonly time: number; readonly value: number | null } | null) => void;
}

export type CreateTimePlot = (place: HTMLElement, options: TimePlotOptions) => TimePlot;

export function timePlotOf(module: Module): CreateTimePlot {
  const create = module.createTimePlot;
  if (typeof create !== "function") throw new Error("incompatible module; reload the page");
  return create as CreateTimePlot;
}
