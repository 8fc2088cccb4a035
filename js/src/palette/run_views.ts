/** The part of the palette that is loaded on demand: form, pin editor, runs and result variable. */

import type { Host } from "../kernel/host.ts";
import type { CommandBody, MemoryBody } from "../protocol/palette.ts";
import { createFormView, type FormView, type FormViewOptions } from "./form/form_view.ts";
import { createPinEditor, newPin, type PinEditor } from "./form/pin_editor.ts";
import { createHistory, type HistoryView } from "./runs/history_view.ts";
import { createResultName } from "./runs/result_name.ts";
import type { RunStore } from "./runs/run_store.ts";
import type { RunActions } from "./runs/run_view.ts";

export interface RunViews {
  readonly elements: readonly HTMLElement[];
  readonly form: FormView;
  readonly pinEditor: PinEditor;
  readonly history: HistoryView;
  setMemory(memory: MemoryBody | null): void;
}

export interface RunViewsOptions {
  readonly host: Host;
  readonly store: RunStore;
  readonly onRun: FormViewOptions["onRun"];
  /** What a run's buttons do in the palette. */
  readonly actions: RunActions;
  readonly announce: (text: string) => void;
  readonly signal: AbortSignal;
}

export function createRunViews(options: RunViewsOptions): RunViews {
  const { host, store, onRun, actions, announce, signal } = options;
  const pinEditor = createPinEditor(host, actions.leave, signal);
  const onPin = (command: CommandBody, args: CommandBody["arguments"]) =>
    pinEditor.open(newPin(command, args));
  const form = createFormView({ host, signal, onRun, onPin });
  const history = createHistory(host, store, actions, announce, signal);
  const resultName = createResultName(host, signal);
  return {
    elements: [form.element, pinEditor.element, history.element, resultName.element],
    form,
    pinEditor,
    history,
    setMemory(memory) {
      form.setMemory(memory);
      resultName.show(memory?.result_name ?? "");
    },
  };
}
