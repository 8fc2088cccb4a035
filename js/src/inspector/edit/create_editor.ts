/** Editing of keys and values, connected to the tree, the toolbar and the detail pane. */

import { createConfirmBox } from "../../ui/confirm.ts";
import { fill, h } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";
import type { InspectorContext } from "../context.ts";
import * as strings from "../strings.ts";
import type { CreateEditor, Editor, EditorOptions } from "./edit_switch.ts";
import { addKeyChanges } from "./key_changes.ts";
import { addUndo } from "./undo.ts";
import { createValueEdit } from "./value/value_edit.ts";
import { createWriteStatusView } from "./write_status.ts";

/** Handles Enter on a row before the tree does. */
function addEnterKey(context: InspectorContext, begin: () => boolean): void {
  listen(
    context.element,
    "keydown",
    (event) => {
      const { target, key } = event;
      const onRow = target instanceof HTMLElement && target.classList.contains("nvj-row");
      // Enter expands rows that can be expanded; F2 edits any row.
      if (key !== "Enter" || !onRow || target.hasAttribute("aria-expanded")) return;
      if (target.dataset.kind !== "node" && target.dataset.kind !== "value") return;
      if (event.ctrlKey || event.metaKey || event.altKey || !begin()) return;
      event.preventDefault();
      event.stopPropagation();
    },
    context.signal,
    { capture: true },
  );
}

export const createEditor: CreateEditor = (
  context: InspectorContext,
  options: EditorOptions,
): Editor => {
  const { signal, toolbar, element } = context;
  let on = false;
  const isOn = () => on;
  const tools = h("span", { class: "nvj-edit-tools", hidden: true });
  toolbar.add(tools);
  const actions = h("span", { class: "nvj-edit-tools", hidden: true });
  // Repeated beside the key's name, because its row may be scrolled out of view.
  const status = h("span", { class: "nvj-write-status", hidden: true });
  options.detail.actions.append(status, actions);
  const tree = element.querySelector("[role=treegrid]");
  tree?.setAttribute("aria-readonly", "true");

  const card = createConfirmBox(context.focusTree, signal);
  const values = createValueEdit(context, options, card, isOn);
  const keys = addKeyChanges(context, options, card, isOn);
  const undo = addUndo(context, options.edits, card, isOn);
  const writeStatus = createWriteStatusView(options.edits, context.redraw, signal);
  options.detail.notices.append(card.element, values.element);

  const edit = h(
    "button",
    { type: "button", class: "nvj-quiet", title: strings.editingEditJson },
    icon("edit"),
    strings.editingJson,
  );
  edit.setAttribute("aria-label", edit.title);
  listen(edit, "click", values.beginJson, signal);
  const rename = h(
    "button",
    { type: "button", class: "nvj-quiet", title: strings.editingRenameHint },
    strings.editingRename,
  );
  listen(rename, "click", keys.rename, signal);
  fill(actions, edit, rename);
  fill(tools, keys.addButton, keys.removeButton, undo.button);
  addEnterKey(context, () => on && values.begin());

  const drawActions = () => {
    actions.hidden = !on || (context.selected.get()?.place ?? null) === null;
  };
  context.selected.observe(drawActions, signal);
  context.onDraw(() => writeStatus.drawKey(status, context.selected.get()?.place?.key ?? null));

  // Unsaved text exists only in the page, so the browser asks before it is closed.
  listen(
    window,
    "beforeunload",
    (event) => {
      if (values.isDirty() || keys.isTyped()) event.preventDefault();
    },
    signal,
  );

  return {
    setOn: (next) => {
      if (!next && values.isDirty()) {
        context.announce(strings.editingUnsaved);
        return false;
      }
      if (!next) {
        values.close();
        card.close();
      }
      on = next;
      tools.hidden = !on;
      drawActions();
      tree?.setAttribute("aria-readonly", String(!on));
      context.announce(on ? strings.editingOn : strings.editingOff);
      return true;
    },
    drawField: values.drawField,
    drawWriteStatus: writeStatus.drawRow,
  };
};
