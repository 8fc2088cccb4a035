/** Undo the last write of this connection, from any view. */

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
import { failureOf } from "./value/draft.ts";

export function addUndo(
  context: InspectorContext,
  edits: Readable<Timed<EditsBody> | null>,
  card: ConfirmBox,
  isOn: () => boolean,
): { readonly button: HTMLElement } {
  const { host, signal, announce } = context;
  let sending = false;
  const words = h("span", {}, "Undo");
  const button = h("button", { type: "button" }, icon("undo"), words);

  const draw = () => {
    const what = edits.get()?.body.undo ?? null;
    button.disabled = what === null || sending;
    button.title = what === null ? "Nothing to undo" : `Undo: ${visible(what, 200)} (Ctrl+Z)`;
    setText(words, sending ? "Undoing" : "Undo");
  };
  const undo = async (force: boolean) => {
    const what = edits.get()?.body.undo ?? null;
    if (sending || what === null) return;
    sending = true;
    draw();
    try {
      const edit = await host.request("undo", { force });
      const failure = failureOf(edit);
      if (failure === "") announce(`Done: ${visible(edit.text, 200)}`);
      else if (edit.state === "refused" && !force) {
        card.ask(
          [`Not undone: ${visible(edit.note, 300)}.`],
          [
            {
              label: "Undo all the same",
              danger: true,
              run: () => undoAllTheSame(what),
            },
          ],
        );
      } else card.ask([visible(failure, 400)], []);
    } catch (error) {
      card.ask([`Not undone: ${reasonOf(error)}.`], []);
    } finally {
      sending = false;
      draw();
    }
  };
  /** What was asked about may not be the last that was written any more. */
  const undoAllTheSame = (what: string) => {
    if (edits.get()?.body.undo === what) void undo(true);
    else announce("Something else was written meanwhile; look at it first");
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
      // In a field it takes back what was typed there.
      if (isEditable(target)) return;
      event.preventDefault();
      void undo(false);
    },
    signal,
  );
  return { button };
}
