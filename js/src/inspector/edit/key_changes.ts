/** Add, rename and remove keys of the shared state. */

import type { EditBody } from "../../protocol/inspector.ts";
import { plural, reasonOf } from "../../text/format.ts";
import { visible } from "../../text/visible_text.ts";
import { now } from "../../ui/clock.ts";
import type { Choice, ConfirmBox } from "../../ui/confirm.ts";
import { h } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";
import type { InspectorContext, Selected } from "../context.ts";
import { keyText } from "../state/place.ts";
import type { EditPlaces } from "./edit_switch.ts";
import { canTakeFocus } from "./focus_region.ts";
import { createKeyForm, type KeyForm } from "./key_forms.ts";
import { failureOf } from "./value/draft.ts";

export interface KeyChanges {
  /** Opens the form for a new key. */
  readonly addButton: HTMLElement;
  /** Asks before it removes what is chosen. */
  readonly removeButton: HTMLElement;
  rename(): void;
  /** Whether a name or a value is being typed. */
  isTyped(): boolean;
}

/** Seconds for which a key that was written is waited for. */
const WAIT_SECONDS = 10;

/** What has been written, and is gone to once the server has told of it. */
interface Awaited {
  readonly key: string;
  readonly there: boolean;
  readonly until: number;
  /** What was chosen when it was written. */
  readonly from: Selected | null;
}

interface Branch {
  readonly keys: number;
  /** How many of them the search hides. */
  readonly hidden: number;
}

/** Null for a key that is no branch. */
function branchAt({ tree, filter }: EditPlaces["model"], path: string): Branch | null {
  const node = tree.find(path);
  if (node === null || node.children.size === 0) return null;
  return { keys: node.keys, hidden: filter === null ? 0 : node.keys - node.matched };
}

export function addKeyChanges(
  context: InspectorContext,
  places: EditPlaces,
  card: ConfirmBox,
  isOn: () => boolean,
): KeyChanges {
  const { host, session, signal, selected, announce, connection } = context;
  const { entries } = session.store;
  let awaited: Awaited | null = null;
  let renamed = "";
  /** Counts the forms that were opened: an answer may come when another is typed in. */
  let opened = 0;

  /** Whether nobody has turned to anything else since: then the focus is left alone. */
  const isStillThere = ({ from }: Awaited): boolean =>
    canTakeFocus(context.element) && card.element.hidden && selected.get() === from;
  const goToAwaited = () => {
    if (awaited === null) return;
    const { key, there, until } = awaited;
    if (!isStillThere(awaited) || now() > until) awaited = null;
    else if (entries.has(key) === there) {
      awaited = null;
      if (there) context.select({ key, path: [] });
      context.focusTree();
    }
  };
  context.onDraw(goToAwaited);
  const waitFor = (key: string, there: boolean) => {
    awaited = { key, there, until: now() + WAIT_SECONDS, from: selected.get() };
    // The server may have told of it before it answered.
    goToAwaited();
    context.redraw();
  };

  /** Whether anything can be changed now; says why not. */
  const ready = (): boolean => {
    const { blocked } = connection.get();
    if (!isOn()) announce("Editing is off: e switches it on");
    else if (context.shown.get().at !== null)
      announce("This is a state from before: resume to edit");
    else if (blocked !== null) announce(blocked);
    else return true;
    return false;
  };
  const carryOut = async (
    form: KeyForm,
    asked: () => Promise<EditBody>,
    key: string,
  ): Promise<void> => {
    const { blocked } = connection.get();
    const current = opened;
    const isShown = () => current === opened && form.element.isConnected;
    const fail = (why: string) => {
      if (isShown()) form.fail(why);
      else if (card.element.hidden) card.ask([`${keyText(key)}: ${why}`], []);
      else announce(`${keyText(key)}: ${why}`);
    };
    try {
      if (blocked !== null) throw new Error(`${blocked} What you typed is kept`);
      const edit = await asked();
      const failure = failureOf(edit);
      if (failure !== "") {
        fail(visible(failure, 600));
        return;
      }
      announce(`Written: ${visible(edit.text, 200)}`);
      if (!isShown()) return;
      card.close();
      waitFor(key, true);
    } catch (error) {
      fail(`Not written: ${visible(reasonOf(error), 600)}.`);
    }
  };

  const adding = createKeyForm(
    {
      title: "Add a key",
      action: "Add",
      valued: true,
      has: (key) => entries.has(key),
      submit: ({ name, text }) =>
        carryOut(
          adding,
          () => host.request("write", { key: name, path: [], text, add: true }),
          name,
        ),
      cancel: () => card.close(),
    },
    signal,
  );
  const renaming = createKeyForm(
    {
      title: "Rename",
      action: "Rename",
      valued: false,
      has: (key) => entries.has(key),
      submit: ({ name }) =>
        carryOut(renaming, () => host.request("rename", { key: renamed, name }), name),
      cancel: () => card.close(),
    },
    signal,
  );

  /** A new key most likely stands beside the chosen one. */
  const beside = (): string => {
    const chosen = selected.get();
    if (chosen?.node != null && chosen.place === null) return `${chosen.node.path}.`;
    const key = chosen?.place?.key ?? "";
    return key.slice(0, Math.max(key.lastIndexOf("."), key.lastIndexOf("/")) + 1);
  };
  const announceGone = (key: string) => announce(`${keyText(key)} is there no longer`);
  const add = () => {
    if (!ready()) return;
    opened += 1;
    adding.open(beside());
    card.show(adding.element, adding.first);
  };
  const rename = () => {
    const key = selected.get()?.place?.key;
    if (key === undefined || !ready()) return;
    if (!entries.has(key)) {
      announceGone(key);
      return;
    }
    opened += 1;
    renamed = key;
    renaming.open(key);
    card.show(renaming.element, renaming.first);
    renaming.first.select();
  };

  const send = async (key: string, branch: boolean, count: number) => {
    const { blocked } = connection.get();
    try {
      if (blocked !== null) throw new Error(blocked);
      const edit = await host.request("remove", { key, branch, count });
      const failure = failureOf(edit);
      if (failure !== "") throw new Error(failure);
      announce(`Done: ${visible(edit.text, 200)}`);
      const [gone = key] = edit.keys;
      waitFor(gone, false);
    } catch (error) {
      card.ask(
        [`Not removed: ${visible(reasonOf(error), 600)}`],
        [{ label: "Look again", run: () => ask(key) }],
      );
    }
  };
  const ask = (key: string) => {
    const branch = branchAt(places.model, key);
    const choices: Choice[] = [];
    if (entries.has(key)) {
      choices.push({
        label: branch === null ? "Remove" : "Only this key",
        danger: true,
        run: () => void send(key, false, 1),
      });
    }
    if (branch !== null) {
      choices.push({
        label: `All ${plural(branch.keys, "key")}`,
        danger: true,
        run: () => void send(key, true, branch.keys),
      });
    }
    if (choices.length === 0) {
      announceGone(key);
      return;
    }
    const name = h("code", {}, keyText(key));
    if (branch === null) {
      card.ask(["Remove the key ", name, " for everybody?"], choices);
      return;
    }
    const search =
      branch.hidden === 0 ? "" : ` The search hides ${plural(branch.hidden, "key")} of it now.`;
    const what = ` with ${plural(branch.keys, "key")} for everybody?${search}`;
    card.ask(["Remove the branch ", name, what], choices);
  };
  const remove = () => {
    const chosen = selected.get();
    if (chosen === null || !ready()) return;
    if ((chosen.place?.path.length ?? 0) > 0) {
      announce("Only whole keys are removed; F2 on the value around it edits its parts");
      return;
    }
    const key = chosen.place?.key ?? chosen.node?.path;
    if (key !== undefined) ask(key);
  };

  const shortcut = (act: () => void): boolean => {
    act();
    return true;
  };
  const addButton = h("button", { type: "button", title: "Add a key (n)" }, icon("plus"), "Key");
  listen(addButton, "click", add, signal);
  const removeButton = h(
    "button",
    { type: "button", title: "Remove the chosen key or branch (Delete)", disabled: true },
    icon("trash"),
  );
  removeButton.setAttribute("aria-label", removeButton.title);
  listen(removeButton, "click", remove, signal);
  selected.observe((chosen) => {
    removeButton.disabled = chosen === null || (chosen.place?.path.length ?? 0) > 0;
  }, signal);
  context.shortcuts.add({ key: "n", does: "add a key", run: () => shortcut(add) });
  context.shortcuts.add({ key: "r", does: "rename the chosen key", run: () => shortcut(rename) });
  context.shortcuts.add({
    key: "Delete",
    does: "remove the chosen key or branch, after a question",
    run: () => shortcut(remove),
  });
  const isTyped = () => adding.isTyped() || renaming.isTyped();
  return { addButton, removeButton, rename, isTyped };
}
