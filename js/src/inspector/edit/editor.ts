/** Types of the editing module (widgets/edit_chunk.ts), which the inspector loads. */

import type { Module } from "../../kernel/lazy_module.ts";
import type { Timed } from "../../kernel/session.ts";
import type { EditsBody } from "../../protocol/inspector.ts";
import type { Readable } from "../../ui/signal.ts";
import type { InspectorContext } from "../context.ts";
import type { Detail } from "../detail/detail_pane.ts";
import type { InspectorModel } from "../state/model.ts";
import type { Row } from "../tree/rows.ts";

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
  drawWriteStatus(slot: HTMLElement, row: Row): void;
}

export type CreateEditor = (context: InspectorContext, places: EditPlaces) => Editor;

export function editorOf(module: Module): CreateEditor {
  const create = module.createEditor;
  if (typeof create !== "function") throw new Error("the edit module has no editor");
  return create as CreateEditor;
}
