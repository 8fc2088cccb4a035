/** The lock of the key being edited: acquired on focus, released on blur. */

import type { Host } from "../../../kernel/host.ts";
import type { Session } from "../../../kernel/session.ts";
import { reasonOf } from "../../../text/format.ts";
import { every, onAbort } from "../../../ui/lifetime.ts";
import { type Readable, Signal } from "../../../ui/signal.ts";
import * as strings from "../../strings.ts";

export interface EditLockState {
  readonly word: "none" | "asking" | "held" | "elsewhere" | "unable" | "unknown";
  readonly note: string;
}

export interface EditLock {
  readonly state: Readable<EditLockState>;
  /** Requests the lock unless it was requested already. */
  acquire(key: string): void;
  /** Requests the same lock again. */
  retry(): void;
  release(): void;
}

const NONE: EditLockState = { word: "none", note: "" };
/** The kernel releases the lock one minute after the last request. */
const RENEW_EVERY_MS = 20_000;

export function createEditLock(
  host: Pick<Host, "request">,
  leases: Session["leases"],
  signal: AbortSignal,
): EditLock {
  const state = new Signal<EditLockState>(NONE);
  let wanted: string | null = null;
  /** Requests run in order, so that a lock is never released before it was acquired. */
  let queue: Promise<void> = Promise.resolve();

  const sendAcquire = (key: string) => {
    queue = queue.then(async () => {
      if (wanted !== key) return;
      let next: EditLockState;
      try {
        const reply = await host.request("acquire_edit_lock", { key });
        const word = reply.held ? "held" : reply.supported ? "elsewhere" : "unable";
        next = { word, note: reply.note };
      } catch (error) {
        next = { word: "unknown", note: reasonOf(error) };
      }
      if (wanted === key) state.set(next);
    });
  };
  const sendRelease = (key: string) => {
    queue = queue.then(async () => {
      try {
        await host.request("release_edit_lock", { key });
      } catch {
        // The lock expires on its own, and the header shows the problem with the kernel.
      }
    });
  };
  const release = () => {
    if (wanted === null) return;
    sendRelease(wanted);
    wanted = null;
    state.set(NONE);
  };

  every(
    RENEW_EVERY_MS,
    () => wanted !== null && state.get().word === "held" && sendAcquire(wanted),
    signal,
  );
  leases.observe((received) => {
    const lease = received?.body.leases.find(({ key }) => key === wanted);
    if (state.get().word !== "held" || lease?.state !== "lost") return;
    state.set({ word: "elsewhere", note: strings.editLockLost(lease.note) });
  }, signal);
  onAbort(signal, release);

  return {
    state,
    acquire: (key) => {
      if (wanted === key) return;
      release();
      wanted = key;
      state.set({ word: "asking", note: "" });
      sendAcquire(key);
    },
    retry: () => wanted !== null && sendAcquire(wanted),
    release,
  };
}
