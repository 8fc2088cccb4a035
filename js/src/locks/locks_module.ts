/** Type of the module with the tool's view (widgets/locks_chunk.ts), loaded on demand. */

import type { Module } from "../kernel/lazy_module.ts";
import type { createLocksView } from "./view.ts";

type CreateView = typeof createLocksView;

export function createViewOf(module: Module): CreateView {
  const create = module.createLocksView;
  if (typeof create !== "function") throw new Error("incompatible module; reload the page");
  return create as CreateView;
}
