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
  /** Whether only clients that follow the convention respect the lock. */
  readonly isCooperative: boolean;
  /** The name of the client that holds it elsewhere; empty if it is unknown. */
  readonly holder: string;
  /** When that client expects to release it, in seconds since 1970. */
  readonly until: number | null;
}

export interface EditLock {
  readonly state: Readable<EditLockState>;
  /** Requests the lock unless it was requested already. */
  acquire(key: string): void;
  /** Requests the same lock again. */
  retry(): void;
  release(): void;
}

/** No lock is requested, or the state of locks is unknown while disconnected. */
export const NO_EDIT_LOCK: EditLockState = {
  word: "none",
  note: "",
  isCooperative: false,
  holder: "",
  until: null,
};
/** The kernel releases the lock one minute after the last request. */
const RENEW_EVERY_MS = 20_000;

export function createEditLock(
  host: Pick<Host, "request">,
  leases: Session["leases"],
  signal: AbortSignal,
): EditLock {
  const state = new Signal<EditLockState>(NO_EDIT_LOCK);
  let wanted: string | null = null;
  /** Requests run in order, so that a lock is never released before it was acquired. */
  let queue: Promise<void> = Promise.resolve();

  const sendAcquire = (key: string) => {
    queue = queue.then(async () => {
      if (wanted !== key) return;
      let next: EditLockState;
      try {
        const { held, locks, note, holder, until } = await host.request("acquire_edit_lock", {
          key,
        });
        const word = held ? "held" : locks === "none" ? "unable" : "elsewhere";
        next = { word, note, isCooperative: locks === "cooperative", holder, until };
      } catch (error) {
        next = { ...NO_EDIT_LOCK, word: "unknown", note: reasonOf(error) };
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
    state.set(NO_EDIT_LOCK);
  };

  every(
    RENEW_EVERY_MS,
    () => wanted !== null && state.get().word === "held" && sendAcquire(wanted),
    signal,
  );
  leases.observe((received) => {
    const lease = received?.body.leases.find(({ key }) => key === wanted);
    if (lease === undefined) return;
    const { holder, until } = lease;
    const current = state.get();
    if (current.word === "held" && lease.state === "lost") {
      const note = strings.editLockLost(lease.note);
      state.set({ ...current, word: "elsewhere", note, holder, until });
    }
    // Who holds a lock may be known only after it was refused.
    const isNews = holder !== "" && (holder !== current.holder || until !== current.until);
    if (current.word === "elsewhere" && lease.state === "refused" && isNews) {
      state.set({ ...current, holder, until });
    }
  }, signal);
  onAbort(signal, release);

  return {
    state,
    acquire: (key) => {
      if (wanted === key) return;
      release();
      wanted = key;
      state.set({ ...NO_EDIT_LOCK, word: "asking" });
      sendAcquire(key);
    },
    retry: () => wanted !== null && sendAcquire(wanted),
    release,
  };
}
