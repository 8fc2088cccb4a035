/**
 * The edit switch. Off in every view that opens, also after a reload: what is written is
 * written for everybody, so nobody should find it on. The rest is loaded with its first use.
 */

import { loadModule } from "../../kernel/lazy_module.ts";
import type { Timed } from "../../kernel/session.ts";
import type { EditsBody } from "../../protocol/inspector.ts";
import { reasonOf } from "../../text/format.ts";
import { now } from "../../ui/clock.ts";
import { h } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";
import { Cell } from "../../ui/signal.ts";
import type { Bench } from "../context.ts";
import type { Detail } from "../detail/detail_pane.ts";
import type { InspectorModel } from "../state/model.ts";
import type { Row } from "../tree/rows.ts";
import { type Editor, editorOf } from "./editor.ts";

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
