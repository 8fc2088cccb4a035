/** The runs of a fake kernel, following widgets/palette/controller.py. */

import type { PageRecord, PageValue } from "../src/protocol/common.ts";
import type { Requests } from "../src/protocol/messages.ts";
import type { FullResult, RunStateBody } from "../src/protocol/palette.ts";

export class FakeRuns {
  list: readonly RunStateBody[] = [];
  readonly #startedAt = new Map<string, number>();

  constructor(
    readonly send: (op: string, body: unknown) => void,
    readonly runCommand: (name: string, args: PageRecord) => Promise<PageValue>,
  ) {}

  async start({ run, name, arguments: args }: Requests["run"]["body"]): Promise<void> {
    if (this.list.some((known) => known.run === run)) return;
    this.#startedAt.set(run, performance.now());
    this.list = [
      {
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
      },
      ...this.list,
    ];
    this.change(run, {});
    try {
      const result = await this.runCommand(name, args);
      if (this.#isRunning(run)) this.change(run, { state: "done", result });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.change(run, { state: "failed", error: { kind: "CommandFailed", message } });
    }
  }

  #isRunning(run: string): boolean {
    return this.list.some((known) => known.run === run && known.state === "running");
  }

  change(run: string, change: Partial<RunStateBody>): void {
    const seconds = (performance.now() - (this.#startedAt.get(run) ?? 0)) / 1000;
    this.list = this.list.map((known) =>
      known.run === run ? { ...known, seconds, ...change } : known,
    );
    const changed = this.list.find((known) => known.run === run);
    if (changed !== undefined) this.send("run_state", changed);
  }

  cancel(run: string): void {
    if (this.#isRunning(run)) this.change(run, { state: "cancelled" });
  }

  fullResult(run: string): FullResult {
    const known = this.list.find((each) => each.run === run);
    return { kept: known !== undefined, result: known?.result ?? null };
  }

  forget(run: string | null): void {
    this.list = this.list.filter(
      (known) => known.state === "running" || (run !== null && known.run !== run),
    );
    this.send("runs", { runs: this.list });
  }
}
