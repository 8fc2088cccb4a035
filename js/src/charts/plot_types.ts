/** Types of the plot module (charts/plot.ts), which a view loads. */

import type { Module } from "../kernel/lazy_module.ts";

export interface PlotLine {
  readonly label: string;
  readonly colour: string;
  /** Seconds since the epoch, growing. */
  readonly times: readonly number[];
  /** As many; null for a gap. */
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

/** Tells the time under the pointer and each line's value there; null for no pointer. */
export type OnPoint = (at: { time: number; values: readonly (number | null)[] } | null) => void;

export type CreatePlot = (place: HTMLElement, onPoint: OnPoint) => Plot;

export function plotOf(module: Module): CreatePlot {
  const create = module.createPlot;
  if (typeof create !== "function") throw new Error("the plot module has no plot");
  return create as CreatePlot;
}
