/** Editing of keys and values, connected to the tree, the toolbar and the detail pane. */

import { fill, h } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";
import type { Bench } from "../context.ts";
import { createCard } from "./confirm_card.ts";
import type { CreateEditor, Editor, EditPlaces } from "./editor.ts";
import { addKeyChanges } from "./key_changes.ts";
import { addUndo } from "./undo.ts";
import { createValueEdit } from "./value/value_edit.ts";
import { createMarks } from "./write_status.ts";

/** The keys of the tree that begin something, before the tree takes them for its own. */
function addTreeKeys(bench: Bench, begin: () => boolean): void {
  listen(
    bench.element,
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
    bench.signal,
    { capture: true },
  );
}

export const createEditor: CreateEditor = (bench: Bench, places: EditPlaces): Editor => {
  const { signal, toolbar, element } = bench;
  let on = false;
  const isOn = () => on;
  const tools = h("span", { class: "nvj-edit-tools", hidden: true });
  toolbar.add(tools);
  const actions = h("span", { class: "nvj-edit-tools", hidden: true });
  // The row of the key may be far from what is edited, or out of sight.
  const mark = h("span", { class: "nvj-edit-end", hidden: true });
  places.detail.actions.append(mark, actions);
  const tree = element.querySelector("[role=treegrid]");
  tree?.setAttribute("aria-readonly", "true");

  const card = createCard(bench.focusTree, signal);
  const values = createValueEdit(bench, places, card, isOn);
  const keys = addKeyChanges(bench, places, card, isOn);
  const undo = addUndo(bench, places.edits, card, isOn);
  const marks = createMarks(places.edits, bench.redraw, signal);
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
  addTreeKeys(bench, () => on && values.begin());

  const drawActions = () => {
    actions.hidden = !on || (bench.selected.get()?.place ?? null) === null;
  };
  bench.selected.observe(drawActions, signal);
  bench.onDraw(() => marks.drawKey(mark, bench.selected.get()?.place?.key ?? null));

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
        bench.announce("First write what is typed, or drop it with Escape");
        return false;
      }
      if (!next) {
        values.drop();
        card.close();
      }
      on = next;
      tools.hidden = !on;
      drawActions();
      tree?.setAttribute("aria-readonly", String(!on));
      bench.announce(on ? "Editing is on" : "Editing is off");
      return true;
    },
    drawField: values.drawField,
    drawMark: marks.drawRow,
  };
};
