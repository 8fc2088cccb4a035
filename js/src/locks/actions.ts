/** Send the lock manager's requests, and report their results. */

import type { Host } from "../kernel/host.ts";
import type { LeaseBody } from "../protocol/locks.ts";
import { reasonOf } from "../text/format.ts";
import { visible } from "../text/visible_text.ts";
import type { LockRequest } from "./acquire_form.ts";

export const namesOf = (keys: readonly string[]): string =>
  keys.map((key) => (key === "" ? "(empty)" : visible(key, 80))).join(", ");

export interface ActionCallbacks {
  /** Read out, not shown. */
  readonly announce: (text: string) => void;
  /** Shown and read out. */
  readonly say: (text: string) => void;
  /** Shown at the form; `which`: it can be asked which key it is. */
  readonly setProblem: (text: string, which?: boolean) => void;
  readonly onAcquired: (keys: readonly string[]) => void;
}

export interface Actions {
  acquire(request: LockRequest): Promise<void>;
  which(keys: readonly string[]): Promise<void>;
  renew(key: string): Promise<unknown>;
  /** Whether it was done. */
  keep(key: string, keep: boolean): Promise<boolean>;
  extend(lease: LeaseBody, passed: number): Promise<unknown>;
  /** Whether it was done. */
  release(keys: readonly string[]): Promise<boolean>;
  releaseAll(): Promise<unknown>;
  dismiss(key: string): Promise<unknown>;
  /** Whether they are watched now. */
  watch(keys: readonly string[]): Promise<boolean>;
  unwatch(key: string): Promise<unknown>;
  ask(keys: readonly string[]): Promise<unknown>;
  announce(by: string): Promise<unknown>;
  answer(asker: string): Promise<unknown>;
}

const LONGER = 600;

export function createActions(host: Host, callbacks: ActionCallbacks): Actions {
  const { announce, say, setProblem, onAcquired } = callbacks;
  /** Does one thing, and says in one sentence why it could not be done. */
  const attempt = async (failure: string, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      say(`${failure}: ${reasonOf(error)}`);
      return false;
    }
  };

  return {
    acquire: async (request) => {
      const { keys } = request;
      const names = namesOf(keys);
      try {
        const { granted, holder } = await host.request("lock", { ...request });
        const who = holder === "" ? "someone else" : visible(holder, 120);
        if (granted) {
          onAcquired(keys);
          announce(`Taken: ${names}.`);
        } else if (keys.length === 1) setProblem(`Refused: ${who} holds ${names}.`);
        else setProblem(`Refused: ${who} holds at least one of ${names}; none was taken.`, true);
      } catch (error) {
        setProblem(`Not taken: ${reasonOf(error)}`);
      }
    },
    which: async (keys) => {
      try {
        const { keys: held } = await host.request("blockers", { keys });
        setProblem(
          held.length === 0
            ? "Nobody holds any of them now: take them."
            : `Someone else holds ${namesOf(held)}.`,
        );
      } catch (error) {
        setProblem(`Not found out: ${reasonOf(error)}`);
      }
    },
    renew: (key) =>
      attempt("Not renewed", async () => {
        await host.request("renew", { key });
        announce(`Renewed: ${namesOf([key])}.`);
      }),
    keep: (key, keep) =>
      attempt(keep ? "Not kept" : "Still kept", async () => {
        await host.request("keep", { key, keep });
        announce(`${namesOf([key])} is ${keep ? "kept" : "kept no longer"}.`);
      }),
    extend: (lease, passed) =>
      attempt("Not extended", async () => {
        const seconds = Math.max(lease.cap ?? 0, lease.held + passed) + LONGER;
        await host.request("cap", { key: lease.key, seconds });
        announce(`${namesOf([lease.key])} may be held ten minutes longer.`);
      }),
    release: (keys) =>
      attempt("Not released", async () => {
        await host.request("release", { keys });
        announce(`Released: ${namesOf(keys)}.`);
      }),
    releaseAll: () =>
      attempt("Not released", async () => {
        await host.request("release_all", {});
        announce("All locks are released.");
      }),
    dismiss: (key) =>
      attempt("The row cannot be dismissed", async () => {
        await host.request("forget", { key });
      }),
    watch: (keys) =>
      attempt("Not watched", async () => {
        await host.request("watch", { keys });
        announce(`Watching ${namesOf(keys)}.`);
      }),
    unwatch: (key) =>
      attempt("Still watched", async () => {
        await host.request("unwatch", { keys: [key] });
      }),
    ask: (keys) =>
      attempt("Not asked", async () => {
        const { keys: asked } = await host.request("ask", { keys, says: "" });
        say(
          asked.length === 0
            ? `Nobody says that they hold ${namesOf(keys)}, so nobody can be asked.`
            : `Asked for ${namesOf(asked)}.`,
        );
      }),
    announce: (by) =>
      attempt("Not told", async () => {
        await host.request("announce", { by });
        announce(by === "" ? "Others are told nothing more." : "Others are told of your locks.");
      }),
    answer: (asker) =>
      attempt("The request stays", async () => {
        await host.request("dismiss", { asker });
      }),
  };
}
