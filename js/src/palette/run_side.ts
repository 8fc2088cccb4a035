/** What the palette and the module that runs commands (run.ts) know of each other. */

import type { Module } from "../shared/lazy_module.ts";
import type { createFormView, FormView } from "./form_view.ts";
import type { createHistory, HistoryView } from "./history_view.ts";

/** The form of the chosen command, and the runs. */
export interface RunSide {
  readonly form: FormView;
  readonly history: HistoryView;
}

export interface RunMakers {
  readonly createFormView: typeof createFormView;
  readonly createHistory: typeof createHistory;
}

export function runMakersOf(module: Module): RunMakers {
  for (const name of ["createFormView", "createHistory"]) {
    if (typeof module[name] !== "function") throw new Error(`the module has no ${name}`);
  }
  return module as unknown as RunMakers;
}
