/** Types of the module that runs commands (widgets/run_chunk.ts), which the palette loads. */

import type { Module } from "../kernel/lazy_module.ts";
import type { createFormView, FormView } from "./form/form_view.ts";
import type { createHistory, HistoryView } from "./runs/history_view.ts";

/** The form of the chosen command, and the runs. */
export interface RunViews {
  readonly form: FormView;
  readonly history: HistoryView;
}

export interface RunModule {
  readonly createFormView: typeof createFormView;
  readonly createHistory: typeof createHistory;
}

export function checkRunModule(module: Module): RunModule {
  for (const name of ["createFormView", "createHistory"]) {
    if (typeof module[name] !== "function") throw new Error(`the module has no ${name}`);
  }
  return module as unknown as RunModule;
}
