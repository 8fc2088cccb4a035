/**
 * The edit switch, which loads the editor (widgets/edit_chunk.ts) on first use. It is off in every
 * new view, also after a reload, because edits affect all clients.
 */

import { loadModule, type Module } from "../../kernel/lazy_module.ts";
import type { Timed } from "../../kernel/session.ts";
import type { EditsBody } from "../../protocol/inspector.ts";
import { reasonOf } from "../../text/format.ts";
import { now } from "../../ui/clock.ts";
import { h } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";
import { type Readable, Signal } from "../../ui/signal.ts";
import type { InspectorContext } from "../context.ts";
import type { Detail } from "../detail/detail_pane.ts";
import type { InspectorModel } from "../state/model.ts";
import * as strings from "../strings.ts";
import type { Row } from "../tree/rows.ts";

export interface EditorOptions {
  readonly model: Pick<InspectorModel, "valueAt" | "tree" | "filter">;
  readonly detail: Pick<Detail, "actions" | "notices">;
  /** The edits made through this connection, in any of its views. */
  readonly edits: Readable<Timed<EditsBody> | null>;
}

export interface Editor {
  /** Returns false and stays on if there is unsaved text. */
  setOn(on: boolean): boolean;
  /** Puts the field into the row being edited. */
  drawField(slot: HTMLElement, row: Row): void;
  /** Shows the status of the last edit of a row. */
  drawWriteStatus(slot: HTMLElement, row: Row): void;
}

export type CreateEditor = (context: InspectorContext, options: EditorOptions) => Editor;

export function editorOf(module: Module): CreateEditor {
  const create = module.createEditor;
  if (typeof create !== "function") throw new Error("incompatible module; reload the page");
  return create as CreateEditor;
}

export function addEditing(context: InspectorContext, model: InspectorModel, detail: Detail): void {
  const { host, signal, element } = context;
  const edits = new Signal<Timed<EditsBody> | null>(null);
  let editor: Editor | null = null;
  let loading = false;

  host.on("edits", ({ body }, forMe) => forMe && edits.set({ body, at: now() }), signal);

  const box = h("input", { type: "checkbox", role: "switch", class: "nvj-switch" });
  const label = h("label", { class: "nvj-edit-switch" }, strings.editingLabel, box);
  label.title = strings.editingHint;
  context.toolbar.add(label);

  const part = (at: "value" | "end", draw: (editor: Editor, slot: HTMLElement, row: Row) => void) =>
    context.addRowPart({
      at,
      make: () => {
        const slot = h("span", {
          class: at === "end" ? "nvj-write-status" : "nvj-edit-value",
          hidden: true,
        });
        return { element: slot, draw: (row) => editor !== null && draw(editor, slot, row) };
      },
    });
  part("value", (it, slot, row) => it.drawField(slot, row));
  part("end", (it, slot, row) => it.drawWriteStatus(slot, row));

  const show = () => {
    element.dataset.editing = String(box.checked);
    context.redraw();
  };
  const load = async () => {
    loading = true;
    try {
      const create = editorOf(await loadModule(host, "edit"));
      if (signal.aborted) return;
      editor = create(context, { model, detail, edits });
      editor.setOn(box.checked);
    } catch (error) {
      box.checked = false;
      context.announce(strings.editingLoadFailed(reasonOf(error)));
    } finally {
      loading = false;
      show();
    }
  };
  const toggle = () => {
    if (editor === null) {
      if (box.checked && !loading) void load();
    } else if (!editor.setOn(box.checked)) box.checked = true;
    show();
  };
  listen(box, "change", toggle, signal);
  context.shortcuts.add({
    key: "e",
    does: strings.shortcutToggleEditing,
    run: () => {
      box.click();
      return true;
    },
  });
}
