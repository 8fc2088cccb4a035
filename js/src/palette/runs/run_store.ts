/** The runs reported by the kernel, and new runs that it has not reported yet. */

import type { Host } from "../../kernel/host.ts";
import { RequestFailed } from "../../kernel/request_failed.ts";
import type { PageRecord } from "../../protocol/common.ts";
import type { RunStateBody } from "../../protocol/palette.ts";
import { randomName } from "../../text/random_name.ts";
import { now } from "../../ui/clock.ts";
import { type Readable, Signal } from "../../ui/signal.ts";

/** A run, and when its message came: its time is "at the time of sending". */
export interface ShownRun {
  readonly body: RunStateBody;
  readonly at: number;
}

export interface RunStore {
  /** The newest first. */
  readonly runs: Readable<readonly ShownRun[]>;
  /** Runs a command, and gives the name of the run. */
  start(name: string, args: PageRecord): string;
  cancel(run: string): void;
  forget(run: string | null): void;
  /** Seconds that the command's oldest unfinished run has taken, or null. */
  running(name: string): number | null;
}

const LOST_AFTER = 5;
const NEVER_ARRIVED = new RequestFailed("NotSent", "this did not reach the kernel");

export const secondsOf = ({ body, at }: ShownRun): number =>
  body.state === "running" ? body.seconds + now() - at : body.seconds;

const failure = (error: unknown) =>
  error instanceof RequestFailed
    ? { kind: error.kind, message: error.message }
    : { kind: "Fault", message: String(error) };

export function createRunStore(host: Host, signal: AbortSignal): RunStore {
  const runs = new Signal<readonly ShownRun[]>([]);
  /** Pressed here, and not told by the kernel yet. */
  const pending = new Set<string>();

  const change = (run: string, next: (shown: ShownRun) => ShownRun) =>
    runs.set(runs.get().map((shown) => (shown.body.run === run ? next(shown) : shown)));

  const receive = (body: RunStateBody) => {
    pending.delete(body.run);
    const shown: ShownRun = { body, at: now() };
    if (runs.get().some(({ body: { run } }) => run === body.run)) change(body.run, () => shown);
    else runs.set([shown, ...runs.get()]);
  };

  const fail = (run: string, error: unknown) => {
    pending.delete(run);
    change(run, (shown) => ({
      ...shown,
      body: { ...shown.body, state: "failed", seconds: secondsOf(shown), error: failure(error) },
    }));
  };

  host.on("run_state", ({ body }, forMe) => forMe && receive(body), signal);
  host.on(
    "runs",
    ({ body }, forMe) => {
      if (!forMe) return;
      const received = body.runs.map((run): ShownRun => ({ body: run, at: now() }));
      const names = new Set(body.runs.map(({ run }) => run));
      const waiting = runs.get().filter(({ body: { run } }) => pending.has(run) && !names.has(run));
      runs.set([...waiting, ...received]);
      // Messages keep their order: what the kernel does not know by now has been lost.
      for (const shown of waiting) {
        if (secondsOf(shown) > LOST_AFTER) fail(shown.body.run, NEVER_ARRIVED);
      }
    },
    signal,
  );
  host.kernel.observe((life) => {
    if (life !== "gone") return;
    for (const { body } of runs.get()) {
      if (body.state !== "running") continue;
      fail(body.run, new RequestFailed("KernelGone", "the kernel has gone"));
    }
  }, signal);

  return {
    runs,
    start: (name, args) => {
      const run = randomName();
      pending.add(run);
      const body: RunStateBody = {
        run,
        name,
        arguments: args,
        state: "running",
        began: Date.now() / 1000,
        seconds: 0,
        result: null,
        dropped: false,
        error: null,
        progress: null,
        effects: null,
      };
      // Sent before it is drawn: the kernel works meanwhile.
      const sent = host.request("run", { run, name, arguments: args });
      runs.set([{ body, at: now() }, ...runs.get()]);
      sent.catch((error: unknown) => {
        if (pending.has(run)) fail(run, error);
      });
      // The next cell may ask what is chosen, and may be run at once.
      host.keep();
      return run;
    },
    cancel: (run) => {
      host.request("cancel_run", { run }).catch(() => undefined);
    },
    forget: (run) => {
      host.request("forget_run", { run }).catch(() => undefined);
    },
    running: (name) => {
      const oldest = runs
        .get()
        .findLast(({ body }) => body.name === name && body.state === "running");
      return oldest === undefined ? null : secondsOf(oldest);
    },
  };
}
