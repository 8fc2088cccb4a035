/** What the inspector and the module that edits (edit/index.ts) know of each other. */

import type { Readable } from "../shared/cell.ts";
import type { Module } from "../shared/lazy_module.ts";
import type { EditsBody } from "../shared/protocol_inspector.ts";
import type { Timed } from "../shared/session.ts";
import type { Bench } from "./bench.ts";
import type { Detail } from "./detail.ts";
import type { InspectorModel } from "./model.ts";
import type { Row } from "./rows.ts";

export interface EditPlaces {
  readonly model: Pick<InspectorModel, "valueAt" | "tree" | "filter">;
  readonly detail: Pick<Detail, "actions" | "notices">;
  /** What was written by hand through this connection, by any of its views. */
  readonly edits: Readable<Timed<EditsBody> | null>;
}

export interface Editor {
  /** False where something is still being typed: then it stays on. */
  setOn(on: boolean): boolean;
  /** Puts the field into the row that is edited. */
  drawField(slot: HTMLElement, row: Row): void;
  /** Says in a row how far the last edit of its key has come. */
  drawMark(slot: HTMLElement, row: Row): void;
}

export type CreateEditor = (bench: Bench, places: EditPlaces) => Editor;

export function editorOf(module: Module): CreateEditor {
  const create = module.createEditor;
  if (typeof create !== "function") throw new Error("the edit module has no editor");
  return create as CreateEditor;
}
