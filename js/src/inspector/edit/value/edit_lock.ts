/** The lock of the key that is being typed on: taken with the focus, given back without it. */

import type { Host } from "../../../kernel/host.ts";
import type { Session } from "../../../kernel/session.ts";
import { reasonOf } from "../../../text/format.ts";
import { every, whenOver } from "../../../ui/lifetime.ts";
import { Cell, type Readable } from "../../../ui/signal.ts";

export interface Held {
  readonly word: "none" | "asking" | "held" | "elsewhere" | "unable" | "unknown";
  readonly note: string;
}

export interface Hold {
  readonly state: Readable<Held>;
  /** Asks for it, once for as long as it is not given back. */
  take(key: string): void;
  /** Asks anew for what was asked for. */
  again(): void;
  letGo(): void;
}

const NONE: Held = { word: "none", note: "" };
/** The kernel gives the lock back a minute after it was last asked for. */
const AGAIN = 20_000;

export function createHold(
  host: Pick<Host, "request">,
  leases: Session["leases"],
  signal: AbortSignal,
): Hold {
  const state = new Cell<Held>(NONE);
  let wanted: string | null = null;
  /** One after another: a lock must not be given back before it has been taken. */
  let turn: Promise<void> = Promise.resolve();

  const ask = (key: string) => {
    turn = turn.then(async () => {
      if (wanted !== key) return;
      let held: Held;
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
  const giveBack = (key: string) => {
    turn = turn.then(async () => {
      try {
        await host.request("let_go", { key });
      } catch {
        // It ends by its own time; the header says what is wrong with the kernel.
      }
    });
  };
  const letGo = () => {
    if (wanted === null) return;
    giveBack(wanted);
    wanted = null;
    state.set(NONE);
  };

  every(AGAIN, () => wanted !== null && state.get().word === "held" && ask(wanted), signal);
  leases.observe((told) => {
    const lease = told?.body.leases.find(({ key }) => key === wanted);
    if (state.get().word !== "held" || lease?.state !== "lost") return;
    state.set({ word: "elsewhere", note: `the lock was lost: ${lease.note}` });
  }, signal);
  whenOver(signal, letGo);

  return {
    state,
    take: (key) => {
      if (wanted === key) return;
      letGo();
      wanted = key;
      state.set({ word: "asking", note: "" });
      ask(key);
    },
    again: () => wanted !== null && ask(wanted),
    letGo,
  };
}
