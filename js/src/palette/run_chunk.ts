/** Types of the module that runs commands (widgets/run_chunk.ts), loaded on demand. */

import type { Module } from "../kernel/lazy_module.ts";
import type { createRunViews } from "./run_views.ts";

export type { RunViews } from "./run_views.ts";

export interface RunModule {
  readonly createRunViews: typeof createRunViews;
}

export function checkRunModule(module: Module): RunModule {
  if (typeof module.createRunViews !== "function") {
    throw new Error("The module does not export createRunViews.");
  }
  return module as unknown as RunModule;
}
