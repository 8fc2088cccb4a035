/** Requests the molecule while it is visible, acknowledges frames, and repairs what was lost. */

import type { ToolContext } from "../../panel/tool.ts";
import { now } from "../../ui/clock.ts";
import { every, onAbort } from "../../ui/lifetime.ts";
import type { Readable } from "../../ui/signal.ts";
import { type MoleculeChange, MoleculeStore } from "./molecule_store.ts";

const ACK_MS = 250;
/** Seconds without an answer after which to ask again. */
const SILENCE = 3;
/** Seconds between two questions. */
const JUST_ASKED = 1;
/** Seconds without a frame after which the kernel is asked again, in case it forgot this view. */
const QUIET = 30;

export interface MoleculeWatch {
  readonly store: MoleculeStore;
  /** Ask for the molecule and a frame now. */
  refresh(): void;
}

export function createMoleculeWatch(
  { host, session, signal }: ToolContext,
  visible: Readable<boolean>,
  onChange: (change: MoleculeChange) => void,
): MoleculeWatch {
  const store = new MoleculeStore();
  let askedAt = Number.NEGATIVE_INFINITY;
  let hasAnswer = false;
  let received = 0;
  let acked = 0;
  let address = session.status.get()?.body.address;

  const watch = () => {
    if (!visible.get() || host.kernel.get() === "gone") return;
    askedAt = now();
    hasAnswer = false;
    host.request("watch_molecule", { epoch: store.epoch, revision: store.revision }).then(
      ({ epoch }) => {
        hasAnswer = true;
        if (epoch === store.epoch) return;
        store.begin(epoch);
        received = 0;
        acked = 0;
        onChange("structure");
      },
      // Asked again after a silence.
      () => undefined,
    );
  };
  let ackTimer: ReturnType<typeof setTimeout> | null = null;
  const acknowledge = () => {
    if (ackTimer !== null) clearTimeout(ackTimer);
    ackTimer = null;
    if (!visible.get() || received === acked) return;
    acked = received;
    host.notify("ack_molecule", { seq: received });
  };

  host.on(
    "molecule",
    ({ body, buffers }, forMe) => {
      if (forMe && visible.get() && store.onMolecule(body, buffers)) onChange("structure");
    },
    signal,
  );
  host.on(
    "molecule_frame",
    ({ body, buffers }, forMe) => {
      if (!forMe || !visible.get() || body.epoch !== store.epoch) return;
      // Acknowledged on receipt, also if it is not used.
      received = Math.max(received, body.seq);
      if (received - acked >= Math.max(1, (store.body?.window ?? 2) / 2)) acknowledge();
      else ackTimer ??= setTimeout(acknowledge, ACK_MS);
      if (store.onFrame(body, buffers)) onChange("frame");
    },
    signal,
  );
  onAbort(signal, () => {
    if (ackTimer !== null) clearTimeout(ackTimer);
  });
  every(
    1000,
    () => {
      if (!visible.get() || now() - askedAt < SILENCE) return;
      const isBehind = !hasAnswer || store.structure === null;
      const isQuiet = now() - Math.max(store.heardAt, askedAt) > QUIET;
      const isBroken = session.status.get()?.body.state !== "connected";
      if (isBehind || (isQuiet && !isBroken)) watch();
    },
    signal,
  );
  visible.observe((isVisible) => {
    // After the `hello` of the session: the kernel forgets what a hidden view asks for.
    if (isVisible) queueMicrotask(watch);
    // The kernel knows already that a hidden view wants nothing.
    else if (session.visible.get()) host.request("unwatch_molecule", {}).catch(() => undefined);
  }, signal);
  session.status.observe((status) => {
    // It may be of another connection, whose molecule is another.
    const isOther = address !== undefined && status?.body.address !== address;
    address = status?.body.address;
    if (isOther || now() - askedAt > JUST_ASKED) watch();
  }, signal);
  watch();
  return { store, refresh: watch };
}
