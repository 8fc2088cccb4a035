/** Send the lock manager's requests, and report their results. */

import type { Host } from "../kernel/host.ts";
import type { LeaseBody, RequestBody } from "../protocol/locks.ts";
import { reasonOf } from "../text/format.ts";
import type { LockRequest } from "./acquire_form.ts";
import { FAILURES, RESULTS } from "./strings.ts";

export interface ActionCallbacks {
  /** Read out, not shown. */
  readonly announce: (text: string) => void;
  /** Shown and read out; a problem is red. */
  readonly say: (text: string, isProblem?: boolean) => void;
  /** Shown at the form; `which` offers to check which key it is. */
  readonly setProblem: (text: string, which?: boolean) => void;
  readonly onAcquired: (keys: readonly string[]) => void;
}

export interface Actions {
  acquire(request: LockRequest): Promise<void>;
  /** Acquires the key of a row with the same options; `wait` as in `LockRequest`. */
  reacquire(lease: LeaseBody, wait: LockRequest["wait"]): Promise<void>;
  which(keys: readonly string[]): Promise<void>;
  renew(key: string): Promise<unknown>;
  /** Returns whether it was done. */
  setAutoRenew(key: string, on: boolean): Promise<boolean>;
  extend(lease: LeaseBody, passed: number): Promise<unknown>;
  release(keys: readonly string[]): Promise<unknown>;
  /** Stops waiting for a key. */
  cancel(key: string): Promise<unknown>;
  releaseAll(): Promise<unknown>;
  dismiss(key: string): Promise<unknown>;
  /** Whether they are watched now. */
  watch(keys: readonly string[]): Promise<boolean>;
  unwatch(key: string): Promise<unknown>;
  ask(keys: readonly string[], message: string): Promise<unknown>;
  /** Hands keys over to another client; `name` is for the announcement. */
  handOver(keys: readonly string[], client: string, name: string): Promise<unknown>;
  /** Hides a request in our views. */
  dismissRequest(request: RequestBody): Promise<unknown>;
  setName(name: string): Promise<unknown>;
}

const EXTENSION_SECONDS = 600;
const DEFAULT_SECONDS = 10;
const DEFAULT_MAX_HOLD = 600;

export function createActions(host: Host, callbacks: ActionCallbacks): Actions {
  const { announce, say, setProblem, onAcquired } = callbacks;
  /** Reports why something could not be done. */
  const attempt = async (failure: string, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      say(`${failure}: ${reasonOf(error)}`, true);
      return false;
    }
  };

  /** Keys for which this view stopped waiting; the error that follows is not shown. */
  const cancelled = new Set<string>();
  const acquire = async (request: LockRequest): Promise<void> => {
    const { keys } = request;
    for (const key of keys) cancelled.delete(key);
    try {
      const { granted, holder, until } = await host.request("lock", { ...request });
      if (granted) {
        onAcquired(keys);
        announce(RESULTS.acquired(keys));
      } else setProblem(RESULTS.refused(keys, holder, until), keys.length > 1);
    } catch (error) {
      if (keys.some((key) => cancelled.has(key))) announce(RESULTS.notWaiting(keys));
      else setProblem(`${FAILURES.acquire}: ${reasonOf(error)}`);
    }
  };

  return {
    acquire,
    reacquire: ({ key, seconds, max_hold }, wait) =>
      acquire({
        keys: [key],
        seconds: seconds ?? DEFAULT_SECONDS,
        auto_renew: true,
        max_hold: max_hold ?? DEFAULT_MAX_HOLD,
        wait,
        note: "",
      }),
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
    cancel: (key) =>
      attempt(FAILURES.release, async () => {
        cancelled.add(key);
        await host.request("release", { keys: [key] });
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
    ask: (keys, message) =>
      attempt(FAILURES.ask, async () => {
        const { keys: asked } = await host.request("request_release", { keys, message });
        say(asked.length === 0 ? RESULTS.nobodyToAsk(keys) : RESULTS.requested(asked));
      }),
    handOver: (keys, client, name) =>
      attempt(FAILURES.handOver, async () => {
        for (const key of keys) await host.request("hand_over", { key, client });
        announce(RESULTS.handedOver(keys, name));
      }),
    dismissRequest: ({ client }) =>
      attempt(FAILURES.answer, async () => {
        await host.request("dismiss", { client });
      }),
    setName: (name) =>
      attempt(FAILURES.name, async () => {
        await host.request("set_name", { name });
        announce(RESULTS.named(name));
      }),
  };
}
