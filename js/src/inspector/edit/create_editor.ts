/** Editing of keys and values, connected to the tree, the toolbar and the detail pane. */

import { createConfirmBox } from "../../ui/confirm.ts";
import { fill, h } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";
import type { InspectorContext } from "../context.ts";
import type { CreateEditor, Editor, EditPlaces } from "./edit_switch.ts";
import { addKeyChanges } from "./key_changes.ts";
import { addUndo } from "./undo.ts";
import { createValueEdit } from "./value/value_edit.ts";
import { createWriteStatusView } from "./write_status.ts";

/** The keys of the tree that begin something, before the tree takes them for its own. */
function addTreeKeys(context: InspectorContext, begin: () => boolean): void {
  listen(
    context.element,
    "keydown",
    (event) => {
      const { target, key } = event;
      const onRow = target instanceof HTMLElement && target.classList.contains("nvj-row");
      // Enter opens what can be opened, and shows more where there is more; F2 edits anything.
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
  places: EditPlaces,
): Editor => {
  const { signal, toolbar, element } = context;
  let on = false;
  const isOn = () => on;
  const tools = h("span", { class: "nvj-edit-tools", hidden: true });
  toolbar.add(tools);
  const actions = h("span", { class: "nvj-edit-tools", hidden: true });
  // The row of the key may be far from what is edited, or out of sight.
  const status = h("span", { class: "nvj-write-status", hidden: true });
  places.detail.actions.append(status, actions);
  const tree = element.querySelector("[role=treegrid]");
  tree?.setAttribute("aria-readonly", "true");

  const card = createConfirmBox(context.focusTree, signal);
  const values = createValueEdit(context, places, card, isOn);
  const keys = addKeyChanges(context, places, card, isOn);
  const undo = addUndo(context, places.edits, card, isOn);
  const writeStatus = createWriteStatusView(places.edits, context.redraw, signal);
  places.detail.notices.append(card.element, values.element);

  const edit = h(
    "button",
    { type: "button", class: "nvj-quiet", title: "Edit the whole value as JSON" },
    icon("edit"),
    "JSON",
  );
  edit.setAttribute("aria-label", edit.title);
  listen(edit, "click", values.beginJson, signal);
  const rename = h("button", { type: "button", class: "nvj-quiet", title: "Rename (r)" }, "Rename");
  listen(rename, "click", keys.rename, signal);
  fill(actions, edit, rename);
  fill(tools, keys.addButton, keys.removeButton, undo.button);
  addTreeKeys(context, () => on && values.begin());

  const drawActions = () => {
    actions.hidden = !on || (context.selected.get()?.place ?? null) === null;
  };
  context.selected.observe(drawActions, signal);
  context.onDraw(() => writeStatus.drawKey(status, context.selected.get()?.place?.key ?? null));

  // What is typed is nowhere but in the page: the browser asks before it goes.
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
        context.announce("First write what is typed, or drop it with Escape");
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
      context.announce(on ? "Editing is on" : "Editing is off");
      return true;
    },
    drawField: values.drawField,
    drawWriteStatus: writeStatus.drawRow,
  };
};
