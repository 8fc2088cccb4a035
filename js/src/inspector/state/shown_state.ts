/** Which state the tree shows: the live one, or one that was put in its place. */

import type { Session } from "../../kernel/session.ts";
import type { Entry, MirrorChange } from "../../kernel/state_store.ts";
import { now } from "../../ui/clock.ts";
import { Cell, type Readable } from "../../ui/signal.ts";
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
  { mirror, onChange }: Pick<Session, "mirror" | "onChange">,
  model: InspectorModel,
  update: () => void,
  signal: AbortSignal,
): StateSwitch {
  const live: ShownState = { entries: mirror.entries, at: null };
  const shown = new Cell(live);
  onChange((change: MirrorChange) => {
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
