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
