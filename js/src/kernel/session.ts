/** What the tools of a view share: connection status, commands, leases and the state store. */

import type { HeartbeatBody, StatusBody } from "../protocol/common.ts";
import type { LeasesBody } from "../protocol/locks.ts";
import type { CommandsBody } from "../protocol/palette.ts";
import { now } from "../ui/clock.ts";
import { every, onAbort } from "../ui/lifetime.ts";
import { type Readable, Signal } from "../ui/signal.ts";
import type { Host } from "./host.ts";
import { type StateChange, StateStore } from "./state_store.ts";

/** A message and its time of arrival; its durations are as of then. */
export interface Timed<T> {
  readonly body: T;
  readonly at: number;
}

/** Whether a view needs the shared state; a palette alone does not. */
export type StateUse = "needed" | "none";

export interface Session {
  readonly status: Readable<Timed<StatusBody> | null>;
  readonly commands: Readable<CommandsBody | null>;
  readonly leases: Readable<Timed<LeasesBody> | null>;
  readonly heartbeat: Readable<Timed<HeartbeatBody> | null>;
  readonly store: StateStore;
  /** Return when the last change arrived. */
  lastChange(): number | null;
  onChange(fn: (change: StateChange) => void, signal: AbortSignal): void;
  /** Whether the view is visible; the kernel sends nothing to a hidden one. */
  readonly visible: Readable<boolean>;
  setVisible(visible: boolean): void;
  /** Be visible to the kernel, also out of sight, until the returned function is called. */
  hold(): () => void;
  /** The number of rows of frames that were handled, to acknowledge; null for none. */
  handledRows: number | null;
  /** Return when the view last became visible. */
  visibleSince(): number;
}

const ACK_PERIOD = 333;
/** Seconds after which an unchanged acknowledgement is sent again, as a sign of life. */
const KEEP_ALIVE = 4;
const NOTHING_HANDLED = { seq: 0, rev: 0 } as const;
/** Seconds between two hellos, doubled after each failure. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 16;
/** Seconds after which a reply is taken for lost. */
const HELLO_TIMEOUT = 5;

export function createSession(host: Host, use: StateUse, signal: AbortSignal): Session {
  const status = new Signal<Timed<StatusBody> | null>(null);
  const commands = new Signal<CommandsBody | null>(null);
  const leases = new Signal<Timed<LeasesBody> | null>(null);
  const heartbeat = new Signal<Timed<HeartbeatBody> | null>(null);
  const listeners = new Set<(change: StateChange) => void>();
  const visible = new Signal(true);
  let lastChange: number | null = null;
  let visibleSince = now();
  let acked: number = NOTHING_HANDLED.seq;
  let ackedRows: number | null = null;
  let ackedAt = now();
  let helloAt: number | null = null;
  let waiting = false;
  let pause = FIRST_PAUSE;
  let helloDue = false;
  /** The kernel's last epoch; it sends an empty one if it does not know this view. */
  let epoch: string | null = null;

  const store = new StateStore({
    onUncertain: () => {
      helloDue = true;
      sendHello(false);
    },
    onChange: (change) => {
      lastChange = now();
      for (const fn of [...listeners]) fn(change);
    },
  });

  /** Send a hello, `immediately` or if the last one is old enough. */
  const sendHello = (immediately: boolean): void => {
    if (!visible.get() || signal.aborted || host.kernel.get() === "gone") return;
    const since = helloAt === null ? Number.POSITIVE_INFINITY : now() - helloAt;
    if (!immediately && (since < pause || (waiting && since < HELLO_TIMEOUT))) return;
    if (!immediately) pause = Math.min(LONGEST_PAUSE, pause * 2);
    helloAt = now();
    waiting = true;
    helloDue = false;
    host.request("hello", use === "none" ? { epoch: null, rev: null } : store.have).then(
      () => {
        waiting = false;
      },
      () => {
        waiting = false;
        helloDue = true;
      },
    );
  };

  const isUncertain = () => use === "needed" && store.isUncertain;

  const acknowledge = () => {
    if (!visible.get()) return;
    const handled = store.handled ?? NOTHING_HANDLED;
    const rows = session.handledRows;
    if (handled.seq === acked && rows === ackedRows && now() - ackedAt < KEEP_ALIVE) return;
    acked = handled.seq;
    ackedRows = rows;
    ackedAt = now();
    host.notify("ack", rows === null ? handled : { ...handled, rows });
  };

  host.on("status", ({ body }, forMe) => forMe && status.set({ body, at: now() }), signal);
  host.on("commands", ({ body }, forMe) => forMe && commands.set(body), signal);
  host.on("leases", ({ body }, forMe) => forMe && leases.set({ body, at: now() }), signal);
  host.on(
    "heartbeat",
    ({ body }, forMe) => {
      if (!forMe) return;
      heartbeat.set({ body, at: now() });
      if (use === "needed") store.onHeartbeat(body);
      else if (body.epoch !== (epoch ?? body.epoch) || body.epoch === "") sendHello(false);
      if (body.epoch !== "") epoch = body.epoch;
    },
    signal,
  );
  if (use !== "none") {
    host.on("snapshot", (message, forMe) => store.onSnapshot(message, forMe), signal);
    host.on("delta", (message, forMe) => store.onDelta(message, forMe), signal);
  }
  every(ACK_PERIOD, acknowledge, signal);
  every(
    1000,
    () => {
      const isConnected = status.get() !== null;
      const overdue = waiting && helloAt !== null && now() - helloAt > HELLO_TIMEOUT;
      if (isConnected && !isUncertain()) pause = FIRST_PAUSE;
      // An answered hello without a status means that the status was lost.
      else if (helloDue || overdue || !(isConnected || waiting)) sendHello(false);
    },
    signal,
  );
  onAbort(signal, () => host.notify("bye", {}));

  let isInSight = true;
  let holds = 0;
  const show = () => {
    const next = isInSight || holds > 0;
    if (next === visible.get()) return;
    if (next) visibleSince = now();
    visible.set(next);
    if (next) {
      // Before `resume`, which would also request a hello.
      sendHello(true);
      store.resume();
    } else {
      store.pause();
      host.notify("hide", {});
    }
  };

  const session: Session = {
    handledRows: null,
    status,
    commands,
    leases,
    heartbeat,
    store,
    lastChange: () => lastChange,
    visible,
    visibleSince: () => visibleSince,
    onChange: (fn, until) => {
      listeners.add(fn);
      onAbort(until, () => listeners.delete(fn));
    },
    setVisible: (next) => {
      isInSight = next;
      show();
    },
    hold: () => {
      let isHeld = true;
      holds += 1;
      show();
      return () => {
        if (isHeld) holds -= 1;
        isHeld = false;
        show();
      };
    },
  };
  sendHello(true);
  return session;
}
