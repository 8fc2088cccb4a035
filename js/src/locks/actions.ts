/** Send the lock manager's requests, and report their results. */

import type { Host } from "../kernel/host.ts";
import type { LeaseBody } from "../protocol/locks.ts";
import { reasonOf } from "../text/format.ts";
import type { LockRequest } from "./acquire_form.ts";
import { FAILURES, RESULTS } from "./strings.ts";

export interface ActionCallbacks {
  /** Read out, not shown. */
  readonly announce: (text: string) => void;
  /** Shown and read out. */
  readonly say: (text: string) => void;
  /** Shown at the form; `which` offers to check which key it is. */
  readonly setProblem: (text: string, which?: boolean) => void;
  readonly onAcquired: (keys: readonly string[]) => void;
}

export interface Actions {
  acquire(request: LockRequest): Promise<void>;
  which(keys: readonly string[]): Promise<void>;
  renew(key: string): Promise<unknown>;
  /** Returns whether it was done. */
  setAutoRenew(key: string, on: boolean): Promise<boolean>;
  extend(lease: LeaseBody, passed: number): Promise<unknown>;
  /** Whether it was done. */
  release(keys: readonly string[]): Promise<boolean>;
  releaseAll(): Promise<unknown>;
  dismiss(key: string): Promise<unknown>;
  /** Whether they are watched now. */
  watch(keys: readonly string[]): Promise<boolean>;
  unwatch(key: string): Promise<unknown>;
  ask(keys: readonly string[]): Promise<unknown>;
  share(name: string): Promise<unknown>;
  answer(asker: string): Promise<unknown>;
}

const EXTENSION_SECONDS = 600;

export function createActions(host: Host, callbacks: ActionCallbacks): Actions {
  const { announce, say, setProblem, onAcquired } = callbacks;
  /** Reports why something could not be done. */
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
      try {
        const { granted, holder } = await host.request("lock", { ...request });
        if (granted) {
          onAcquired(keys);
          announce(RESULTS.acquired(keys));
        } else setProblem(RESULTS.refused(keys, holder), keys.length > 1);
      } catch (error) {
        setProblem(`${FAILURES.acquire}: ${reasonOf(error)}`);
      }
    },
    which: async (keys) => {
      try {
        const { keys: held } = await host.request("blocking_keys", { keys });
        setProblem(RESULTS.held(held));
      } catch (error) {
        setProblem(`${FAILURES.which}: ${reasonOf(error)}`);
      }
    },
    renew: (key) =>
      attempt(FAILURES.renew, async () => {
        await host.request("renew", { key });
        announce(RESULTS.renewed(key));
      }),
    setAutoRenew: (key, on) =>
      attempt(FAILURES.autoRenew, async () => {
        await host.request("auto_renew", { key, auto_renew: on });
        announce(RESULTS.autoRenew(key, on));
      }),
    extend: (lease, passed) =>
      attempt(FAILURES.extend, async () => {
        const seconds = Math.max(lease.max_hold ?? 0, lease.held + passed) + EXTENSION_SECONDS;
        await host.request("max_hold", { key: lease.key, seconds });
        announce(RESULTS.extended(lease.key));
      }),
    release: (keys) =>
      attempt(FAILURES.release, async () => {
        await host.request("release", { keys });
        announce(RESULTS.released(keys));
      }),
    releaseAll: () =>
      attempt(FAILURES.release, async () => {
        await host.request("release_all", {});
        announce(RESULTS.allReleased);
      }),
    dismiss: (key) =>
      attempt(FAILURES.dismiss, async () => {
        await host.request("dismiss_lease", { key });
      }),
    watch: (keys) =>
      attempt(FAILURES.watch, async () => {
        await host.request("watch", { keys });
        announce(RESULTS.watching(keys));
      }),
    unwatch: (key) =>
      attempt(FAILURES.unwatch, async () => {
        await host.request("unwatch", { keys: [key] });
      }),
    ask: (keys) =>
      attempt(FAILURES.ask, async () => {
        const { keys: asked } = await host.request("request_release", { keys, message: "" });
        say(asked.length === 0 ? RESULTS.nobodyToAsk(keys) : RESULTS.requested(asked));
      }),
    share: (by) =>
      attempt(FAILURES.share, async () => {
        await host.request("share_name", { by });
        announce(by === "" ? RESULTS.notShared : RESULTS.shared);
      }),
    answer: (asker) =>
      attempt(FAILURES.answer, async () => {
        await host.request("dismiss", { asker });
      }),
  };
}
