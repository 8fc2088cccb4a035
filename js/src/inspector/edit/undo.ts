/** Undo the last edit of this connection, made in any of its views. */

import type { Timed } from "../../kernel/session.ts";
import type { EditsBody } from "../../protocol/inspector.ts";
import { reasonOf } from "../../text/format.ts";
import { visible } from "../../text/visible_text.ts";
import type { ConfirmBox } from "../../ui/confirm.ts";
import { h, setText } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";
import type { Readable } from "../../ui/signal.ts";
import type { InspectorContext } from "../context.ts";
import { isEditable } from "../shortcuts.ts";
import * as strings from "../strings.ts";
import { failureOf } from "./value/draft.ts";

export function addUndo(
  context: InspectorContext,
  edits: Readable<Timed<EditsBody> | null>,
  card: ConfirmBox,
  isOn: () => boolean,
): { readonly button: HTMLElement } {
  const { host, signal, announce } = context;
  let sending = false;
  const label = h("span", {}, strings.undoUndo);
  const button = h("button", { type: "button" }, icon("undo"), label);

  const draw = () => {
    const what = edits.get()?.body.undo ?? null;
    button.disabled = what === null || sending;
    button.title = what === null ? strings.undoNothing : strings.undoHint(visible(what, 200));
    setText(label, sending ? strings.undoUndoing : strings.undoUndo);
  };
  const undo = async (force: boolean) => {
    const what = edits.get()?.body.undo ?? null;
    if (sending || what === null) return;
    sending = true;
    draw();
    try {
      const edit = await host.request("undo", { force });
      const failure = failureOf(edit);
      if (failure === "") announce(strings.keysDone(visible(edit.text, 200)));
      else if (edit.state === "refused" && !force) {
        card.ask(
          [strings.undoFailed(visible(edit.note, 300))],
          [{ label: strings.undoAnyway, danger: true, run: () => forceUndo(what) }],
        );
      } else card.ask([visible(failure, 400)], []);
    } catch (error) {
      card.ask([strings.undoFailed(reasonOf(error))], []);
    } finally {
      sending = false;
      draw();
    }
  };
  /** Undoes the edit that the user confirmed, which may not be the last one any more. */
  const forceUndo = (what: string) => {
    if (edits.get()?.body.undo === what) void undo(true);
    else announce(strings.undoOutdated);
  };
  edits.observe(draw, signal);
  draw();
  listen(button, "click", () => void undo(false), signal);
  listen(
    context.element,
    "keydown",
    (event) => {
      const { key, shiftKey, altKey, target } = event;
      const command = event.ctrlKey || event.metaKey;
      if (!isOn() || !command || shiftKey || altKey || key.toLowerCase() !== "z") return;
      // In a field, Ctrl+Z undoes typing.
      if (isEditable(target)) return;
      event.preventDefault();
      void undo(false);
    },
    signal,
  );
  return { button };
}
