/** Switch the tree between the live state and an earlier one. */

import type { Session } from "../../kernel/session.ts";
import type { Entry, StateChange } from "../../kernel/state_store.ts";
import { now } from "../../ui/clock.ts";
import { type Readable, Signal } from "../../ui/signal.ts";
import type { InspectorModel } from "./model.ts";

export interface ShownState {
  readonly entries: ReadonlyMap<string, Entry>;
  /** When it stood so, on the clock of clock.ts; null for the live state. */
  readonly at: number | null;
}

export interface StateSwitch {
  readonly shown: Readable<ShownState>;
  show(past: ShownState | null): void;
  /** What ages are counted from. */
  time(): number;
}

/** Feeds the model from the session, but for the time that another state is shown. */
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
    show: (past) => {
      const next = past ?? live;
      if (next === shown.get()) return;
      model.replace(next.entries, next.at ?? now());
      shown.set(next);
      update();
    },
    time: () => shown.get().at ?? now(),
  };
}
