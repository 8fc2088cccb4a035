/** Switch the tree between the live state and an earlier one. */

import type { Session } from "../../kernel/session.ts";
import type { Entry, StateChange } from "../../kernel/state_store.ts";
import { now } from "../../ui/clock.ts";
import { type Readable, Signal } from "../../ui/signal.ts";
import type { InspectorModel } from "./model.ts";

export interface ShownState {
  readonly entries: ReadonlyMap<string, Entry>;
  /** The time of the state on the clock of ui/clock.ts; null for the live state. */
  readonly at: number | null;
}

export interface StateSwitch {
  readonly shown: Readable<ShownState>;
  /** Shows an earlier state; null for the live one. */
  show(earlier: ShownState | null): void;
  /** Returns the time that ages are relative to. */
  time(): number;
}

/** Update the model from the session while the live state is shown. */
export function createStateSwitch(
  { store, onChange }: Pick<Session, "store" | "onChange">,
  model: InspectorModel,
  update: () => void,
  signal: AbortSignal,
): StateSwitch {
  const live: ShownState = { entries: store.entries, at: null };
  const shown = new Signal(live);
  onChange((change: StateChange) => {
    if (shown.get() !== live) return;
    model.apply(change);
    update();
  }, signal);
  return {
    shown,
    show: (earlier) => {
      const next = earlier ?? live;
      if (next === shown.get()) return;
      model.replace(next.entries, next.at ?? now());
      shown.set(next);
      update();
    },
    time: () => shown.get().at ?? now(),
  };
}
