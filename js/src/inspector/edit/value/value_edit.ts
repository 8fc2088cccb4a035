/** An edit of one value: its field, its lock and its conflicts. */

import type { PageValue } from "../../../protocol/common.ts";
import { reasonOf, size } from "../../../text/format.ts";
import type { ConfirmBox } from "../../../ui/confirm.ts";
import { h } from "../../../ui/html.ts";
import { listen } from "../../../ui/lifetime.ts";
import { isCut } from "../../../values/page_value.ts";
import type { ValuePath } from "../../../values/value_path.ts";
import type { InspectorContext } from "../../context.ts";
import { isEditable } from "../../shortcuts.ts";
import type { Place } from "../../state/place.ts";
import { placeText, samePlace } from "../../state/place.ts";
import { keyOf, type Row, valueAt } from "../../tree/rows.ts";
import type { EditPlaces } from "../edit_switch.ts";
import { followFocus, isNobodyElsewhere } from "../focus_region.ts";
import { Draft, type Live } from "./draft.ts";
import { createDraftBox } from "./draft_box.ts";
import { createEditLock } from "./edit_lock.ts";
import { type Control, type Field, isLong, jsonField, lineField } from "./field.ts";
import { containsBytes, fetchFullValue, LARGE_BYTES, missingBytes } from "./full_value.ts";
import { lineKind, type ScalarKind } from "./scalar.ts";

export interface ValueEdit {
  /** Above the panes: stays empty while nothing is edited. */
  readonly element: HTMLElement;
  /** Edits what is chosen, a scalar in its row; false where nothing is. */
  begin(): boolean;
  /** Edits the whole value of the chosen key as JSON. */
  beginJson(): void;
  isDirty(): boolean;
  drop(): void;
  drawField(slot: HTMLElement, row: Row): void;
}

interface Open {
  readonly draft: Draft;
  readonly control: Control;
  /** What a field of one line is for, which belongs into its row; null for JSON beside the tree. */
  readonly kind: ScalarKind | null;
}

/** Milliseconds after which a long text is looked at again. */
const CHECK_LATER = 300;

const pathOf = (row: Row): ValuePath => (row.kind === "value" ? row.path : []);

export function createValueEdit(
  context: InspectorContext,
  places: EditPlaces,
  card: ConfirmBox,
  isOn: () => boolean,
): ValueEdit {
  const { host, session, signal, connection, announce, shown } = context;
  const { entries } = session.store;
  const editLock = createEditLock(host, session.leases, signal);
  let open: Open | null = null;
  /** The field was just made, or moved: it is to have the focus. */
  let wantsFocus = false;
  let hadFocus = false;
  /** What was asked for while another value is still being written. */
  let next: (() => void) | null = null;

  const liveAt = ({ key, path }: Place): Live => {
    const entry = entries.get(key);
    const value =
      shown.get().at === null
        ? places.model.valueAt(key, path)
        : valueAt(key, entry?.value, path, () => undefined);
    return { entry, value };
  };

  const finish = () => {
    if (open === null) return;
    const had = hadFocus || box.element.contains(document.activeElement);
    open.control.remove();
    open = null;
    hadFocus = false;
    editLock.release();
    context.editedPlace.set(null);
    box.show(null);
    context.redraw();
    if (had) context.focusTree();
  };
  const write = async () => {
    const now = open;
    if (now === null || now.draft.sending || connection.get().blocked !== null) return;
    const { draft, control } = now;
    if (!draft.dirty && draft.conflict !== "gone") {
      // Nothing to write; and what others wrote meanwhile is not to be undone by it.
      finish();
      return;
    }
    if (!draft.reading.ok) {
      const { at } = draft.reading;
      control.focus();
      if (at !== undefined && control instanceof HTMLTextAreaElement) {
        control.setSelectionRange(at, at);
      }
      draw();
      return;
    }
    const edit = await draft.write();
    const beginNext = next;
    next = null;
    if (edit === null) {
      announce(draft.failure);
      return;
    }
    announce(`Written: ${edit.text}`);
    if (open === now) finish();
    beginNext?.();
  };
  /** Puts something off until the value is written that is on its way; false where none is. */
  const mustWait = (begin: () => void): boolean => {
    if (open?.draft.sending !== true) return false;
    next = begin;
    return true;
  };
  const box = createDraftBox(
    {
      // The buttons go or are disabled by what they do, and would take the focus along.
      write: () => {
        open?.control.focus();
        void write();
      },
      cancel: finish,
      takeRemote: () => {
        const now = open;
        if (now === null) return;
        const at = now.draft.place;
        const { value } = liveAt(at);
        // Theirs may be of a kind for which this field is the wrong one.
        if (now.kind !== null && value !== undefined && lineKind(value) !== now.kind) {
          finish();
          if (!begin(at)) askJson(at);
          return;
        }
        void now.draft.takeRemote().then(() => {
          now.control.value = now.draft.text;
          now.control.focus();
          draw();
        });
      },
      keepLocal: () => {
        open?.draft.keepLocal();
        open?.control.focus();
      },
      askAgain: () => {
        open?.control.focus();
        editLock.retry();
      },
    },
    signal,
  );

  let announced = "";
  const draw = () => {
    if (open === null) return;
    const { draft, control } = open;
    const frame = { draft, lock: editLock.state.get(), blocked: connection.get().blocked };
    box.show(frame);
    const bad = (draft.dirty && !draft.reading.ok) || draft.failure !== "";
    control.setAttribute("aria-invalid", String(bad));
    control.setAttribute("aria-describedby", box.problemId);
    control.dataset.conflict = draft.conflict;
    control.toggleAttribute("readonly", draft.sending);
    const conflict = draft.conflict === "same" ? "" : draft.conflict;
    if (conflict !== announced && conflict !== "") {
      announce(conflict === "gone" ? "It was removed meanwhile" : "It has changed meanwhile");
    }
    announced = conflict;
  };
  editLock.state.observe(({ word }) => {
    if (open !== null && word === "elsewhere")
      announce("Locked by someone else; you can go on typing");
    draw();
  }, signal);
  connection.observe(() => {
    draw();
    // The lock may be gone with the connection.
    if (connection.get().blocked === null) editLock.retry();
  }, signal);

  /** The field is in its row, or at home while no row shows it. */
  const place = () => {
    if (open === null) return;
    const { control, kind } = open;
    const row = control.closest<HTMLElement>(".nvj-row");
    if (control.isConnected && !(row?.hidden ?? kind === null)) return;
    if (control.parentElement === box.home) return;
    const had = hadFocus || wantsFocus;
    box.home.append(control);
    if (had) control.focus();
    wantsFocus = false;
  };
  context.onDraw(() => {
    place();
    draw();
  });

  const start = (at: Place, base: PageValue, field: Field, kind: ScalarKind | null) => {
    const { control } = field;
    const draft = new Draft({
      host,
      place: at,
      begun: { entry: entries.get(at.key), value: base },
      live: () => liveAt(at),
      fetchFull: () => fetchFullValue(host, at),
      textOf: field.textOf,
      read: field.read,
      onChange: () => context.redraw(),
    });
    control.value = draft.text;
    open = { draft, control, kind };
    announced = "";
    wantsFocus = true;
    addControl(control, draft);
    context.editedPlace.set(at);
    context.select(at);
    if (kind === null) {
      box.home.append(control);
      draw();
      control.focus();
      if (control instanceof HTMLTextAreaElement) control.setSelectionRange(0, 0);
      wantsFocus = false;
    }
    context.redraw();
  };

  /** Listeners go with the field, and with the view at the latest. */
  const addControl = (control: Control, draft: Draft) => {
    let later: ReturnType<typeof setTimeout> | null = null;
    control.addEventListener("input", () => {
      if (later !== null) clearTimeout(later);
      if (!isLong(control.value)) draft.type(control.value);
      else later = setTimeout(() => draft.type(control.value), CHECK_LATER);
    });
    control.addEventListener("keydown", (event) => {
      if (!(event instanceof KeyboardEvent) || event.key !== "Enter" || event.isComposing) return;
      const several = control instanceof HTMLTextAreaElement;
      if (several && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();
      if (control.value !== draft.text) draft.type(control.value);
      void write();
    });
  };

  const isInside = (target: EventTarget | null): boolean =>
    target instanceof Node &&
    open !== null &&
    (open.control.contains(target) || box.element.contains(target));
  followFocus(
    {
      root: context.element,
      isInside,
      entered: () => {
        if (open === null) return;
        hadFocus = true;
        editLock.acquire(open.draft.place.key);
      },
      left: () => {
        if (open === null) return;
        hadFocus = false;
        if (open.draft.dirty || open.draft.sending) editLock.release();
        else finish();
      },
    },
    signal,
  );
  context.shortcuts.addEscape("edit", () => {
    if (next !== null) {
      next = null;
      return true;
    }
    const typing = open !== null && isInside(document.activeElement);
    if (!typing && card.close()) return true;
    if (open === null) return false;
    finish();
    return true;
  });

  /** Whether something new may be begun; says what is in the way. */
  const isFree = (): boolean => {
    if (!isOn()) announce("Editing is off: e switches it on");
    else if (shown.get().at !== null) announce("This is a state from before: resume to edit");
    else if (open?.draft.dirty === true) {
      announce(`First write what is typed for ${placeText(open.draft.place)}, or drop it`);
      open.control.focus();
    } else {
      open?.control.blur();
      finish();
      return true;
    }
    return false;
  };

  const beginJsonAt = async (at: Place) => {
    const { value } = liveAt(at);
    if (value === undefined || !isFree()) return;
    const from = context.selected.get();
    /** Whether it is still wanted: the kernel may have been busy for long. */
    const isWanted = (): boolean => {
      const isLive = isOn() && shown.get().at === null;
      const isSame = open === null && context.selected.get() === from;
      return isLive && isSame && isNobodyElsewhere(context.element);
    };
    try {
      const full = isCut(value) ? await fetchFullValue(host, at) : value;
      if (containsBytes(full)) throw new Error("it holds bytes, which JSON has not");
      if (isWanted()) start(at, full, jsonField(placeText(at)), null);
    } catch (error) {
      const why = reasonOf(error);
      card.ask([`${placeText(at)} cannot be edited here: ${why}.`], []);
    }
  };
  const askJson = (at: Place) => {
    if (mustWait(() => askJson(at))) return;
    const { value } = liveAt(at);
    const bytes = value === undefined ? 0 : missingBytes(value);
    if (bytes <= LARGE_BYTES) {
      void beginJsonAt(at);
      return;
    }
    if (!isFree()) return;
    card.ask(
      [`This value is ${size(bytes)} of JSON. Typing in so much can be slow.`],
      [{ label: "Load it", run: () => void beginJsonAt(at) }],
    );
  };
  const begin = (at: Place): boolean => {
    const { value } = liveAt(at);
    if (value === undefined) return false;
    const kind = lineKind(value);
    if (kind === null) return false;
    if (mustWait(() => begin(at))) return true;
    if (isFree()) start(at, value, lineField(kind, placeText(at)), kind);
    return true;
  };
  const chosen = () => context.selected.get()?.place ?? null;
  const beginChosen = (): boolean => {
    const at = chosen();
    if (at === null) return false;
    if (!begin(at)) askJson(at);
    return true;
  };

  context.shortcuts.add({
    key: "F2",
    does: "edit the chosen value",
    run: () => beginChosen(),
  });
  listen(
    context.element,
    "dblclick",
    (event) => {
      const at = chosen();
      const { target } = event;
      if (!isOn() || at === null || !(target instanceof Element) || isEditable(target)) return;
      if (target.closest(".nvj-preview") !== null) begin(at);
    },
    signal,
  );

  return {
    element: h("div", {}, box.element),
    begin: beginChosen,
    beginJson: () => {
      const at = chosen();
      if (at !== null) askJson({ key: at.key, path: [] });
    },
    isDirty: () => open?.draft.dirty === true,
    drop: finish,
    drawField: (slot, row) => {
      const here =
        open !== null &&
        open.kind !== null &&
        (row.kind === "node" || row.kind === "value") &&
        keyOf(row) === open.draft.place.key &&
        samePlace({ key: open.draft.place.key, path: pathOf(row) }, open.draft.place);
      slot.hidden = !here;
      if (!here || open === null) return;
      const { control } = open;
      if (control.parentElement !== slot) {
        const had = hadFocus;
        slot.append(control);
        wantsFocus ||= had;
      }
      if (!wantsFocus) return;
      wantsFocus = false;
      const isNew = !hadFocus;
      control.focus({ preventScroll: true });
      // What is typed first replaces the value, as in a table.
      if (control instanceof HTMLInputElement && isNew) control.select();
    },
  };
}
