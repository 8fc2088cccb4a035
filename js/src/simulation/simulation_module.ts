/** Type of the module with the tool's view (widgets/simulation_chunk.ts), loaded on demand. */

import type { Module } from "../kernel/lazy_module.ts";
import type { createSimulationView } from "./view.ts";

type CreateView = typeof createSimulationView;

export function createViewOf(module: Module): CreateView {
  const create = module.createSimulationView;
  if (typeof create !== "function") throw new Error("incompatible module; reload the page");
  return create as CreateView;
}
