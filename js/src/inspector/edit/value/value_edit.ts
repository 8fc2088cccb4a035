/** The view of an edit session: its field in a row or in the detail pane, focus and keys. */

import type { ConfirmBox } from "../../../ui/confirm.ts";
import { h } from "../../../ui/html.ts";
import { listen } from "../../../ui/lifetime.ts";
import type { InspectorContext } from "../../context.ts";
import { isEditable } from "../../shortcuts.ts";
import { type Place, placeText, samePlace } from "../../state/place.ts";
import * as strings from "../../strings.ts";
import { keyOf, type Row, valueAt } from "../../tree/rows.ts";
import type { EditorOptions } from "../edit_switch.ts";
import { canTakeFocus, observeFocus } from "../focus_region.ts";
import type { Draft, Live } from "./draft.ts";
import { createDraftBox } from "./draft_box.ts";
import { createEditLock } from "./edit_lock.ts";
import { type Edit, EditSession } from "./edit_session.ts";
import type { ScalarKind } from "./value_format.ts";

export interface ValueEdit {
  /** Shown above the panes; empty while nothing is edited. */
  readonly element: HTMLElement;
  /** Edits the selected value. Returns false if none is selected. */
  begin(): boolean;
  /** Edits the value of the selected key as JSON. */
  beginJson(): void;
  isDirty(): boolean;
  close(): void;
  drawField(slot: HTMLElement, row: Row): void;
}

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** Characters from which a text is checked only after a pause in typing. */
const LONG_TEXT = 100_000;
const CHECK_DELAY_MS = 300;

const PLAIN = { spellcheck: "false", autocomplete: "off", autocapitalize: "off" } as const;

function scalarControl(kind: ScalarKind, name: string): Control {
  if (kind === "boolean") {
    return h(
      "select",
      { class: "nvj-edit-field", "aria-label": name },
      h("option", { value: "true" }, "true"),
      h("option", { value: "false" }, "false"),
    );
  }
  return h("input", {
    type: "text",
    class: "nvj-edit-field nvj-mono",
    "aria-label": name,
    "data-kind": kind,
    ...PLAIN,
  });
}

const jsonControl = (name: string): Control =>
  h("textarea", {
    class: "nvj-edit-json nvj-mono",
    "aria-label": strings.editBoxJsonLabel(name),
    rows: 8,
    wrap: "off",
    ...PLAIN,
  });

export function createValueEdit(
  context: InspectorContext,
  options: EditorOptions,
  card: ConfirmBox,
  isOn: () => boolean,
): ValueEdit {
  const { host, session, signal, connection, announce, shown } = context;
  const lock = createEditLock(host, session.leases, signal);
  let control: Control | null = null;
  /** The field was just created or moved, and should get the focus. */
  let wantsFocus = false;
  let hasFocus = false;

  const live = ({ key, path }: Place): Live => {
    const entry = session.store.entries.get(key);
    const value =
      shown.get().at === null ? options.model.valueAt(key, path) : valueAt(key, entry?.value, path);
    return { entry, value };
  };
  const edits = new EditSession(
    {
      host,
      lock,
      connection,
      live,
      refusal: () => {
        if (!isOn()) return strings.editingIsOff;
        return shown.get().at === null ? "" : strings.editingIsEarlier;
      },
      watchAttention: () => {
        const selected = context.selected.get();
        return () => context.selected.get() === selected && canTakeFocus(context.element);
      },
      focusField: (at) => {
        control?.focus();
        if (at !== undefined && control instanceof HTMLTextAreaElement) {
          control.setSelectionRange(at, at);
        }
      },
      confirm: (question, choices) => card.ask([question], choices),
      announce,
      onChange: () => context.redraw(),
    },
    signal,
  );
  // A button that is hidden or disabled by its own click would lose the focus.
  const withFocus = (act: () => void) => () => {
    control?.focus();
    act();
  };
  const box = createDraftBox(
    {
      save: withFocus(() => void edits.save()),
      cancel: () => edits.close(),
      takeRemote: () => {
        const edit = edits.current.get();
        void edits.takeRemote().then(() => {
          if (control === null || edit === null || edits.current.get() !== edit) return;
          control.value = edit.draft.text;
          control.focus();
          draw();
        });
      },
      keepLocal: withFocus(() => edits.keepLocal()),
      retryLock: withFocus(() => lock.retry()),
    },
    signal,
  );

  const draw = () => {
    const edit = edits.current.get();
    if (edit === null || control === null) return;
    const { draft } = edit;
    box.show({ draft, lock: lock.state.get(), blocked: connection.get().blocked });
    const bad = (draft.dirty && !draft.reading.ok) || draft.failure !== "";
    control.setAttribute("aria-invalid", String(bad));
    control.setAttribute("aria-describedby", box.problemId);
    control.dataset.conflict = draft.conflict;
    control.toggleAttribute("readonly", draft.sending);
    edits.announceConflict();
  };
  /** Keeps the field in its row, or in the detail pane while no row shows it. */
  const placeField = () => {
    const edit = edits.current.get();
    if (edit === null || control === null) return;
    const row = control.closest<HTMLElement>(".nvj-row");
    if (control.isConnected && !(row?.hidden ?? edit.kind === null)) return;
    if (control.parentElement === box.home) return;
    const focus = hasFocus || wantsFocus;
    box.home.append(control);
    if (focus) control.focus();
    wantsFocus = false;
  };
  context.onDraw(() => {
    placeField();
    draw();
  });

  const open = ({ draft, kind }: Edit) => {
    const name = placeText(draft.place);
    const field = kind === null ? jsonControl(name) : scalarControl(kind, name);
    field.value = draft.text;
    control = field;
    wantsFocus = true;
    addFieldListeners(field, draft);
    context.editedPlace.set(draft.place);
    context.select(draft.place);
    if (kind === null) {
      box.home.append(field);
      draw();
      field.focus();
      if (field instanceof HTMLTextAreaElement) field.setSelectionRange(0, 0);
      wantsFocus = false;
    }
    context.redraw();
  };
  const close = () => {
    const hadFocus = hasFocus || box.element.contains(document.activeElement);
    control?.blur();
    control?.remove();
    control = null;
    hasFocus = false;
    context.editedPlace.set(null);
    box.show(null);
    context.redraw();
    if (hadFocus) context.focusTree();
  };
  edits.current.observe((edit) => (edit === null ? close() : open(edit)), signal);

  /** These listeners are garbage-collected with the field. */
  const addFieldListeners = (field: Control, draft: Draft) => {
    let later: ReturnType<typeof setTimeout> | null = null;
    field.addEventListener("input", () => {
      if (later !== null) clearTimeout(later);
      if (field.value.length <= LONG_TEXT) draft.type(field.value);
      else later = setTimeout(() => draft.type(field.value), CHECK_DELAY_MS);
    });
    field.addEventListener("keydown", (event) => {
      if (!(event instanceof KeyboardEvent) || event.key !== "Enter" || event.isComposing) return;
      const isMultiline = field instanceof HTMLTextAreaElement;
      if (isMultiline && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();
      if (field.value !== draft.text) draft.type(field.value);
      void edits.save();
    });
  };

  const isInside = (target: EventTarget | null): boolean =>
    target instanceof Node &&
    control !== null &&
    (control.contains(target) || box.element.contains(target));
  observeFocus(
    {
      root: context.element,
      isInside,
      entered: () => {
        if (control === null) return;
        hasFocus = true;
        edits.focusEntered();
      },
      left: () => {
        hasFocus = false;
        edits.focusLeft();
      },
    },
    signal,
  );
  context.shortcuts.addEscape("edit", () => {
    if (edits.cancelNext()) return true;
    if (!isInside(document.activeElement) && card.close()) return true;
    if (control === null) return false;
    edits.close();
    return true;
  });

  const selectedPlace = () => context.selected.get()?.place ?? null;
  const begin = (): boolean => {
    const place = selectedPlace();
    if (place !== null) edits.begin(place);
    return place !== null;
  };
  context.shortcuts.add({ key: "F2", does: strings.shortcutEdit, run: begin });
  listen(
    context.element,
    "dblclick",
    (event) => {
      const place = selectedPlace();
      const { target } = event;
      if (!isOn() || place === null || !(target instanceof Element) || isEditable(target)) return;
      if (target.closest(".nvj-preview") !== null) edits.beginScalar(place);
    },
    signal,
  );

  const isEditedRow = (row: Row, { draft, kind }: Edit): boolean => {
    const key = row.kind === "node" || row.kind === "value" ? keyOf(row) : null;
    if (key === null || kind === null) return false;
    return samePlace({ key, path: row.kind === "value" ? row.path : [] }, draft.place);
  };

  return {
    element: h("div", {}, box.element),
    begin,
    beginJson: () => {
      const place = selectedPlace();
      if (place !== null) edits.beginJson({ key: place.key, path: [] });
    },
    isDirty: () => edits.isDirty,
    close: () => edits.close(),
    drawField: (slot, row) => {
      const edit = edits.current.get();
      const isHere = edit !== null && isEditedRow(row, edit);
      slot.hidden = !isHere;
      if (!isHere || control === null) return;
      if (control.parentElement !== slot) {
        slot.append(control);
        wantsFocus ||= hasFocus;
      }
      if (!wantsFocus) return;
      wantsFocus = false;
      const isNew = !hasFocus;
      control.focus({ preventScroll: true });
      // The first typed character replaces the value, as in a spreadsheet.
      if (control instanceof HTMLInputElement && isNew) control.select();
    },
  };
}
