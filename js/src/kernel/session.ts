/** What the tools of a view share: connection status, commands, leases and the state store. */

import type { HeartbeatBody, StatusBody } from "../protocol/common.ts";
import type { LeasesBody } from "../protocol/locks.ts";
import type { CommandsBody } from "../protocol/palette.ts";
import { now } from "../ui/clock.ts";
import { every, onAbort } from "../ui/lifetime.ts";
import { type Readable, Signal } from "../ui/signal.ts";
import type { Host } from "./host.ts";
import { type StateChange, StateStore } from "./state_store.ts";

/** A message, and when it came: its times are "seconds at the time of sending". */
export interface Timed<T> {
  readonly body: T;
  readonly at: number;
}

/** Whether a view follows the shared state: a palette alone does not. */
export type StateUse = "needed" | "none";

export interface Session {
  readonly status: Readable<Timed<StatusBody> | null>;
  readonly commands: Readable<CommandsBody | null>;
  readonly leases: Readable<Timed<LeasesBody> | null>;
  readonly heartbeat: Readable<Timed<HeartbeatBody> | null>;
  readonly store: StateStore;
  /** When the last change arrived at the page. */
  lastChange(): number | null;
  onChange(fn: (change: StateChange) => void, signal: AbortSignal): void;
  /** Whether anybody can see the view: nothing is sent to one that is out of sight. */
  readonly visible: Readable<boolean>;
  setVisible(visible: boolean): void;
  /** Since when anybody can see it: before that nothing was to be heard. */
  seenSince(): number;
}

const ACK_PERIOD = 333;
/** Seconds without a word after which the kernel should hear that somebody still looks. */
const SILENCE = 4;
const NOTHING_HANDLED = { seq: 0, rev: 0 } as const;
/** Seconds between two hellos: doubled while nothing helps, so that nobody is flooded. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 16;
/** An answer later than this is taken for lost. */
const HELLO_TIMEOUT = 5;

export function createSession(host: Host, use: StateUse, signal: AbortSignal): Session {
  const status = new Signal<Timed<StatusBody> | null>(null);
  const commands = new Signal<CommandsBody | null>(null);
  const leases = new Signal<Timed<LeasesBody> | null>(null);
  const heartbeat = new Signal<Timed<HeartbeatBody> | null>(null);
  const listeners = new Set<(change: StateChange) => void>();
  const visible = new Signal(true);
  let lastChange: number | null = null;
  let seenSince = now();
  let acked: number = NOTHING_HANDLED.seq;
  let ackedAt = now();
  let helloAt: number | null = null;
  let waiting = false;
  let pause = FIRST_PAUSE;
  let owed = false;
  /** What the kernel's side was called last; empty means that it does not know this view. */
  let epoch: string | null = null;

  const store = new StateStore({
    onDoubt: () => {
      owed = true;
      sayHello(false);
    },
    onChange: (change) => {
      lastChange = now();
      for (const fn of [...listeners]) fn(change);
    },
  });

  /** `insist` for a start and a return; a doubt waits for its turn. */
  const sayHello = (insist: boolean): void => {
    if (!visible.get() || signal.aborted || host.kernel.get() === "gone") return;
    const since = helloAt === null ? Number.POSITIVE_INFINITY : now() - helloAt;
    if (!insist && (since < pause || (waiting && since < HELLO_TIMEOUT))) return;
    if (!insist) pause = Math.min(LONGEST_PAUSE, pause * 2);
    helloAt = now();
    waiting = true;
    owed = false;
    host.request("hello", use === "none" ? { epoch: null, rev: null } : store.have).then(
      () => {
        waiting = false;
      },
      () => {
        waiting = false;
        owed = true;
      },
    );
  };

  const inDoubt = () => use === "needed" && store.inDoubt;

  const acknowledge = () => {
    if (!visible.get()) return;
    const handled = store.handled ?? NOTHING_HANDLED;
    if (handled.seq === acked && now() - ackedAt < SILENCE) return;
    acked = handled.seq;
    ackedAt = now();
    host.notify("ack", handled);
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
      else if (body.epoch !== (epoch ?? body.epoch) || body.epoch === "") sayHello(false);
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
      const isGreeted = status.get() !== null;
      const overdue = waiting && helloAt !== null && now() - helloAt > HELLO_TIMEOUT;
      if (isGreeted && !inDoubt()) pause = FIRST_PAUSE;
      // An answered hello without a status: the status was lost.
      else if (owed || overdue || !(isGreeted || waiting)) sayHello(false);
    },
    signal,
  );
  onAbort(signal, () => host.notify("bye", {}));
  sayHello(true);

  return {
    status,
    commands,
    leases,
    heartbeat,
    store,
    lastChange: () => lastChange,
    visible,
    seenSince: () => seenSince,
    onChange: (fn, over) => {
      listeners.add(fn);
      onAbort(over, () => listeners.delete(fn));
    },
    setVisible: (next) => {
      if (next === visible.get()) return;
      if (next) seenSince = now();
      visible.set(next);
      if (next) {
        // `resume` doubts, and so does hello by itself; once is enough.
        sayHello(true);
        store.resume();
      } else {
        store.pause();
        host.notify("hide", {});
      }
    },
  };
}
