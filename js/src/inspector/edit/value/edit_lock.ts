/** The lock of the key being edited: acquired on focus, released on blur. */

import type { Host } from "../../../kernel/host.ts";
import type { Session } from "../../../kernel/session.ts";
import { reasonOf } from "../../../text/format.ts";
import { every, onAbort } from "../../../ui/lifetime.ts";
import { type Readable, Signal } from "../../../ui/signal.ts";

export interface EditLockState {
  readonly word: "none" | "asking" | "held" | "elsewhere" | "unable" | "unknown";
  readonly note: string;
}

export interface EditLock {
  readonly state: Readable<EditLockState>;
  /** Asks for it, once for as long as it is not given back. */
  acquire(key: string): void;
  /** Asks anew for what was asked for. */
  retry(): void;
  release(): void;
}

const NONE: EditLockState = { word: "none", note: "" };
/** The kernel gives the lock back a minute after it was last asked for. */
const AGAIN = 20_000;

export function createEditLock(
  host: Pick<Host, "request">,
  leases: Session["leases"],
  signal: AbortSignal,
): EditLock {
  const state = new Signal<EditLockState>(NONE);
  let wanted: string | null = null;
  /** One after another: a lock must not be given back before it has been taken. */
  let turn: Promise<void> = Promise.resolve();

  const ask = (key: string) => {
    turn = turn.then(async () => {
      if (wanted !== key) return;
      let held: EditLockState;
      try {
        const answer = await host.request("hold", { key });
        const word = answer.held ? "held" : answer.able ? "elsewhere" : "unable";
        held = { word, note: answer.note };
      } catch (error) {
        held = { word: "unknown", note: reasonOf(error) };
      }
      if (wanted === key) state.set(held);
    });
  };
  const sendRelease = (key: string) => {
    turn = turn.then(async () => {
      try {
        await host.request("let_go", { key });
      } catch {
        // It ends by its own time; the header says what is wrong with the kernel.
      }
    });
  };
  const release = () => {
    if (wanted === null) return;
    sendRelease(wanted);
    wanted = null;
    state.set(NONE);
  };

  every(AGAIN, () => wanted !== null && state.get().word === "held" && ask(wanted), signal);
  leases.observe((received) => {
    const lease = received?.body.leases.find(({ key }) => key === wanted);
    if (state.get().word !== "held" || lease?.state !== "lost") return;
    state.set({ word: "elsewhere", note: `the lock was lost: ${lease.note}` });
  }, signal);
  onAbort(signal, release);

  return {
    state,
    acquire: (key) => {
      if (wanted === key) return;
      release();
      wanted = key;
      state.set({ word: "asking", note: "" });
      ask(key);
    },
    retry: () => wanted !== null && ask(wanted),
    release,
  };
}
