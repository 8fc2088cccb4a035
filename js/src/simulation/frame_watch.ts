/** Requests frames while the tool is visible, and repairs what was lost. */

import type { ToolContext } from "../panel/tool.ts";
import { trackVisibility } from "../panel/tool_visibility.ts";
import type { SimulationBody } from "../protocol/simulation.ts";
import { now } from "../ui/clock.ts";
import { every } from "../ui/lifetime.ts";
import { type Readable, Signal } from "../ui/signal.ts";
import { RowStore } from "./row_store.ts";

/** Seconds without a `simulation` message, or with rows missing, after which to ask again. */
const SILENCE = 3;
/** Seconds within which a status of the same address does not make the view ask again. */
const JUST_ASKED = 1;

export interface FrameWatch {
  readonly store: RowStore;
  /** The latest state of the simulation with its time of arrival; null before the first. */
  readonly simulation: Readable<{ readonly body: SimulationBody; readonly at: number } | null>;
  /** Whether the tool is visible. */
  readonly visible: Readable<boolean>;
  /** Called after rows were added. */
  onRows(fn: () => void): void;
}

export function createFrameWatch(
  { host, session, signal }: ToolContext,
  element: HTMLElement,
): FrameWatch {
  const store = new RowStore();
  const simulation = new Signal<{ body: SimulationBody; at: number } | null>(null);
  const visible = trackVisibility(session, [element], signal);
  const listeners: (() => void)[] = [];
  let address = session.status.get()?.body.address;
  let askedAt = Number.NEGATIVE_INFINITY;
  /** When rows were missing first; null while none are. */
  let behindSince: number | null = null;

  const watch = () => {
    if (!visible.get() || host.kernel.get() === "gone") return;
    askedAt = now();
    behindSince = null;
    const { epoch, next: row } = store;
    host.request("watch_frames", { epoch, row }).then(
      (reply) => {
        store.begin(reply.epoch);
        session.handledRows = store.next;
      },
      // Asked again after a silence.
      () => undefined,
    );
  };
  const onVisible = (isVisible: boolean) => {
    // After the `hello` of the session: the kernel forgets what a hidden view asks for.
    if (isVisible) queueMicrotask(watch);
    else {
      session.handledRows = null;
      // The kernel knows already that a hidden view wants nothing.
      if (session.visible.get()) host.request("unwatch_frames", {}).catch(() => undefined);
    }
  };

  host.on(
    "simulation",
    ({ body }, forMe) => {
      if (!forMe || !visible.get()) return;
      simulation.set({ body, at: now() });
      if (body.rows <= store.next) behindSince = null;
      else behindSince ??= now();
    },
    signal,
  );
  host.on(
    "frame_rows",
    ({ body, buffers }, forMe) => {
      if (!forMe || !visible.get() || !store.add(body, buffers)) return;
      session.handledRows = store.next;
      behindSince = null;
      for (const fn of listeners) fn();
    },
    signal,
  );
  session.status.observe((status) => {
    // It may be of another connection, whose rows are others.
    const isOther = status?.body.address !== address;
    address = status?.body.address;
    if (isOther || now() - askedAt > JUST_ASKED) watch();
  }, signal);
  visible.observe(onVisible, signal);
  every(
    1000,
    () => {
      const heard = simulation.get()?.at ?? Number.NEGATIVE_INFINITY;
      const isSilent = now() - heard > SILENCE;
      const isBehind = behindSince !== null && now() - behindSince > SILENCE;
      if ((isSilent || isBehind) && now() - askedAt > SILENCE) watch();
    },
    signal,
  );
  if (visible.get()) onVisible(true);
  return { store, simulation, visible, onRows: (fn) => listeners.push(fn) };
}
