/** Types of the modules with the view and the renderer (widgets/*_chunk.ts), loaded on demand. */

import type { Module } from "../kernel/lazy_module.ts";
import type { createRenderer } from "./gl/renderer.ts";
import type { createMoleculeView } from "./view.ts";

type CreateView = typeof createMoleculeView;
export type CreateRenderer = typeof createRenderer;

export function createViewOf(module: Module): CreateView {
  const create = module.createMoleculeView;
  if (typeof create !== "function") throw new Error("incompatible module; reload the page");
  return create as CreateView;
}

export function createRendererOf(module: Module): CreateRenderer {
  const create = module.createRenderer;
  if (typeof create !== "function") throw new Error("incompatible module; reload the page");
  return create as CreateRenderer;
}
