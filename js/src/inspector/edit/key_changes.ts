/** Add, rename and remove keys of the shared state. */

import type { EditBody } from "../../protocol/inspector.ts";
import { reasonOf } from "../../text/format.ts";
import { keyText, visible } from "../../text/visible_text.ts";
import { now } from "../../ui/clock.ts";
import type { Choice, ConfirmBox } from "../../ui/confirm.ts";
import { h } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";
import type { InspectorContext, Selected } from "../context.ts";
import * as strings from "../strings.ts";
import type { EditorOptions } from "./edit_switch.ts";
import { canTakeFocus } from "./focus_region.ts";
import { createKeyForm, type KeyForm } from "./key_forms.ts";
import { failureOf } from "./value/draft.ts";

export interface KeyChanges {
  /** Opens the form for a new key. */
  readonly addButton: HTMLElement;
  /** Removes the selected key or branch after confirmation. */
  readonly removeButton: HTMLElement;
  rename(): void;
  /** Whether a form has unsaved text. */
  isTyped(): boolean;
}

const SELECT_TIMEOUT = 10;

/** A change whose key is selected once the server has sent it back. */
interface PendingSelection {
  readonly key: string;
  /** Whether the key was added or removed. */
  readonly exists: boolean;
  readonly until: number;
  /** The selection at the time of the change. */
  readonly from: Selected | null;
}

interface Branch {
  readonly keys: number;
  /** How many of them the filter hides. */
  readonly hidden: number;
}

/** Return the branch at a path; null for a key that is not a branch. */
function branchAt({ tree, filter }: EditorOptions["model"], path: string): Branch | null {
  const node = tree.find(path);
  if (node === null || node.children.size === 0) return null;
  return { keys: node.keys, hidden: filter === null ? 0 : node.keys - node.matched };
}

export function addKeyChanges(
  context: InspectorContext,
  options: EditorOptions,
  card: ConfirmBox,
  isOn: () => boolean,
): KeyChanges {
  const { host, session, signal, selected, announce, connection } = context;
  const { entries } = session.store;
  let pending: PendingSelection | null = null;
  let renamed = "";
  /** Numbers the opened forms: a reply may arrive when another form is open. */
  let formNumber = 0;

  /** Whether the user has stayed where they were: otherwise the focus does not move. */
  const isUnmoved = ({ from }: PendingSelection): boolean =>
    canTakeFocus(context.element) && card.element.hidden && selected.get() === from;
  const selectPending = () => {
    if (pending === null) return;
    const { key, exists, until } = pending;
    if (!isUnmoved(pending) || now() > until) pending = null;
    else if (entries.has(key) === exists) {
      pending = null;
      if (exists) context.select({ key, path: [] });
      context.focusTree();
    }
  };
  context.onDraw(selectPending);
  const selectWhenSent = (key: string, exists: boolean) => {
    pending = { key, exists, until: now() + SELECT_TIMEOUT, from: selected.get() };
    // The update may have arrived before the reply.
    selectPending();
    context.redraw();
  };

  /** Whether a change is possible now; announces why not. */
  const isReady = (): boolean => {
    const { blocked } = connection.get();
    if (!isOn()) announce(strings.editingIsOff);
    else if (context.shown.get().at !== null) announce(strings.editingIsEarlier);
    else if (blocked !== null) announce(blocked);
    else return true;
    return false;
  };
  const submit = async (
    form: KeyForm,
    send: () => Promise<EditBody>,
    key: string,
  ): Promise<void> => {
    const { blocked } = connection.get();
    const number = formNumber;
    const isShown = () => number === formNumber && form.element.isConnected;
    const fail = (problem: string) => {
      const text = strings.keysProblem(keyText(key), problem);
      if (isShown()) form.fail(problem);
      else if (card.element.hidden) card.ask([text], []);
      else announce(text);
    };
    if (blocked !== null) {
      fail(strings.editBoxBlocked(blocked));
      return;
    }
    try {
      const edit = await send();
      const failure = failureOf(edit);
      if (failure !== "") {
        fail(visible(failure, 600));
        return;
      }
      announce(strings.editBoxSaved(visible(edit.text, 200)));
      if (!isShown()) return;
      card.close();
      selectWhenSent(key, true);
    } catch (error) {
      fail(strings.editBoxSaveFailed(visible(reasonOf(error), 600)));
    }
  };

  const adding = createKeyForm(
    {
      title: strings.keysAddTitle,
      action: strings.keysAdd,
      hasValue: true,
      has: (key) => entries.has(key),
      submit: ({ name, text }) =>
        submit(adding, () => host.request("write", { key: name, path: [], text, add: true }), name),
      cancel: () => card.close(),
    },
    signal,
  );
  const renaming = createKeyForm(
    {
      title: strings.keysRenameTitle,
      action: strings.keysRename,
      hasValue: false,
      has: (key) => entries.has(key),
      submit: ({ name }) =>
        submit(renaming, () => host.request("rename", { key: renamed, name }), name),
      cancel: () => card.close(),
    },
    signal,
  );

  /** A new key is most likely a sibling of the selected one. */
  const suggestedName = (): string => {
    const current = selected.get();
    if (current?.node != null && current.place === null) return `${current.node.path}.`;
    const key = current?.place?.key ?? "";
    return key.slice(0, Math.max(key.lastIndexOf("."), key.lastIndexOf("/")) + 1);
  };
  const announceGone = (key: string) => announce(strings.keysGone(keyText(key)));
  const add = () => {
    if (!isReady()) return;
    formNumber += 1;
    adding.open(suggestedName());
    card.show(adding.element, adding.first);
  };
  const rename = () => {
    const key = selected.get()?.place?.key;
    if (key === undefined || !isReady()) return;
    if (!entries.has(key)) {
      announceGone(key);
      return;
    }
    formNumber += 1;
    renamed = key;
    renaming.open(key);
    card.show(renaming.element, renaming.first);
    renaming.first.select();
  };

  const sendRemoval = async (key: string, branch: boolean, count: number) => {
    const { blocked } = connection.get();
    try {
      if (blocked !== null) throw new Error(blocked);
      const edit = await host.request("remove", { key, branch, count });
      const failure = failureOf(edit);
      if (failure !== "") throw new Error(failure);
      announce(strings.keysDone(visible(edit.text, 200)));
      const [gone = key] = edit.keys;
      selectWhenSent(gone, false);
    } catch (error) {
      card.ask(
        [strings.keysRemoveFailed(visible(reasonOf(error), 600))],
        [{ label: strings.keysRetry, run: () => confirmRemoval(key) }],
      );
    }
  };
  const confirmRemoval = (key: string) => {
    const branch = branchAt(options.model, key);
    const choices: Choice[] = [];
    if (entries.has(key)) {
      choices.push({
        label: branch === null ? strings.keysRemove : strings.keysRemoveOnlyKey,
        danger: true,
        run: () => void sendRemoval(key, false, 1),
      });
    }
    if (branch !== null) {
      choices.push({
        label: strings.keysRemoveAll(branch.keys),
        danger: true,
        run: () => void sendRemoval(key, true, branch.keys),
      });
    }
    if (choices.length === 0) {
      announceGone(key);
      return;
    }
    const name = h("code", {}, keyText(key));
    const question =
      branch === null
        ? strings.keysRemoveKey(name)
        : strings.keysRemoveBranch(name, branch.keys, branch.hidden);
    card.ask(question, choices);
  };
  const remove = () => {
    const current = selected.get();
    if (current === null || !isReady()) return;
    if ((current.place?.path.length ?? 0) > 0) {
      announce(strings.keysOnlyKeys);
      return;
    }
    const key = current.place?.key ?? current.node?.path;
    if (key !== undefined) confirmRemoval(key);
  };

  const addButton = h(
    "button",
    { type: "button", title: strings.editingAddKeyHint },
    icon("plus"),
    strings.editingAddKey,
  );
  listen(addButton, "click", add, signal);
  const removeButton = h(
    "button",
    { type: "button", title: strings.editingRemove, disabled: true },
    icon("trash"),
  );
  removeButton.setAttribute("aria-label", removeButton.title);
  listen(removeButton, "click", remove, signal);
  selected.observe((current) => {
    removeButton.disabled = current === null || (current.place?.path.length ?? 0) > 0;
  }, signal);
  const addShortcut = (key: string, does: string, act: () => void) => {
    const run = () => {
      act();
      return true;
    };
    context.shortcuts.add({ key, does, run });
  };
  addShortcut("n", strings.shortcutAddKey, add);
  addShortcut("r", strings.shortcutRenameKey, rename);
  addShortcut("Delete", strings.shortcutRemoveKey, remove);
  const isTyped = () => adding.isTyped() || renaming.isTyped();
  return { addButton, removeButton, rename, isTyped };
}
