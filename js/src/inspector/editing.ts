/**
 * The edit switch. Off in every view that opens, also after a reload: what is written is
 * written for everybody, so nobody should find it on. The rest is loaded with its first use.
 */

import { Cell } from "../shared/cell.ts";
import { now } from "../shared/clock.ts";
import { h } from "../shared/dom.ts";
import { loadModule } from "../shared/lazy_module.ts";
import { listen } from "../shared/lifetime.ts";
import type { EditsBody } from "../shared/protocol_inspector.ts";
import type { Timed } from "../shared/session.ts";
import { reasonOf } from "../shared/words.ts";
import type { Bench } from "./bench.ts";
import type { Detail } from "./detail.ts";
import { type Editor, editorOf } from "./editor.ts";
import type { InspectorModel } from "./model.ts";
import type { Row } from "./rows.ts";

export function addEditing(bench: Bench, model: InspectorModel, detail: Detail): void {
  const { host, signal, element } = bench;
  const edits = new Cell<Timed<EditsBody> | null>(null);
  let editor: Editor | null = null;
  let loading = false;

  host.on("edits", ({ body }, forMe) => forMe && edits.set({ body, at: now() }), signal);

  const box = h("input", { type: "checkbox", role: "switch", class: "nvj-switch" });
  const label = h("label", { class: "nvj-edit-switch" }, "Edit", box);
  label.title = "Change values and keys (e)";
  bench.toolbar.add(label);

  const part = (at: "value" | "end", draw: (editor: Editor, slot: HTMLElement, row: Row) => void) =>
    bench.addRowPart({
      at,
      make: () => {
        const slot = h("span", { class: `nvj-edit-${at}`, hidden: true });
        return { element: slot, draw: (row) => editor !== null && draw(editor, slot, row) };
      },
    });
  part("value", (it, slot, row) => it.drawField(slot, row));
  part("end", (it, slot, row) => it.drawMark(slot, row));

  const show = () => {
    element.dataset.editing = String(box.checked);
    bench.redraw();
  };
  const load = async () => {
    loading = true;
    try {
      const create = editorOf(await loadModule(host, "edit"));
      if (signal.aborted) return;
      editor = create(bench, { model, detail, edits });
      editor.setOn(box.checked);
    } catch (error) {
      box.checked = false;
      bench.announce(`Editing is not possible: ${reasonOf(error)}`);
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
  bench.keys.add({
    key: "e",
    does: "switch editing on and off",
    run: () => {
      box.click();
      return true;
    },
  });
}
