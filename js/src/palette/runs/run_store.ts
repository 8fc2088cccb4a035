/** The runs reported by the kernel, and new runs that it has not reported yet. */

import type { Host } from "../../kernel/host.ts";
import { RequestFailed, requestFailed } from "../../kernel/request_failed.ts";
import type { PageRecord } from "../../protocol/common.ts";
import type { RunStateBody } from "../../protocol/palette.ts";
import { randomName } from "../../text/random_name.ts";
import { now } from "../../ui/clock.ts";
import { type Readable, Signal } from "../../ui/signal.ts";

/** A run, and when its message arrived: its duration is as of then. */
export interface ShownRun {
  readonly body: RunStateBody;
  readonly at: number;
}

export interface RunStore {
  /** Newest first. */
  readonly runs: Readable<readonly ShownRun[]>;
  /** Run a command and return the id of the run. */
  start(name: string, args: PageRecord): string;
  cancel(run: string): void;
  forget(run: string | null): void;
  /** Return how many seconds the command's oldest unfinished run has taken, or null. */
  running(name: string): number | null;
}

/** Seconds after which a run that the kernel does not report is taken for lost. */
const LOST_AFTER = 5;

export const secondsOf = ({ body, at }: ShownRun): number =>
  body.state === "running" ? body.seconds + now() - at : body.seconds;

const failure = (error: unknown) =>
  error instanceof RequestFailed
    ? { kind: error.kind, message: error.message }
    : { kind: "Fault", message: String(error) };

export function createRunStore(host: Host, signal: AbortSignal): RunStore {
  const runs = new Signal<readonly ShownRun[]>([]);
  /** Started here and not yet reported by the kernel. */
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
      // Messages arrive in order, so a run that is missing from the list was lost.
      for (const shown of waiting) {
        if (secondsOf(shown) > LOST_AFTER) fail(shown.body.run, requestFailed("NotSent"));
      }
    },
    signal,
  );
  host.kernel.observe((status) => {
    if (status !== "gone") return;
    for (const { body } of runs.get()) {
      if (body.state === "running") fail(body.run, requestFailed("KernelGone"));
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
      // Send before drawing, so that the kernel starts earlier.
      const sent = host.request("run", { run, name, arguments: args });
      runs.set([{ body, at: now() }, ...runs.get()]);
      sent.catch((error: unknown) => {
        if (pending.has(run)) fail(run, error);
      });
      // The next cell may read the selected command right away.
      host.flush();
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
