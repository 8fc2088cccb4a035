// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeModel } from "../../../dev/fake_model.ts";
import { createHost } from "../../../src/kernel/host.ts";
import { createPuller, type Puller } from "../../../src/molecule/controls/pull.ts";
import { VERSION } from "../../../src/protocol/common.ts";

interface Sent {
  readonly op: string;
  readonly id: number;
  readonly client: string;
  readonly body: Readonly<Record<string, unknown>>;
}

let model: FakeModel;
let puller: Puller;
let controller: AbortController;
const status = vi.fn();
const sent = (op: string) => (model.sent as Sent[]).filter((each) => each.op === op);
const reply = (body: unknown) => {
  const request = sent("pull_start").at(-1);
  if (request === undefined) throw new Error("no request");
  const { id, client } = request;
  model.receive({ v: VERSION, op: "reply", client, id, body });
};

beforeEach(() => {
  vi.useFakeTimers();
  model = new FakeModel();
  controller = new AbortController();
  puller = createPuller(createHost(model, controller.signal), status, controller.signal);
});
afterEach(() => {
  controller.abort();
  vi.clearAllMocks();
  vi.useRealTimers();
});

describe("a pull", () => {
  it("starts with the chosen force", () => {
    const [, kind] = puller.element.querySelectorAll("select");
    const scale = puller.element.querySelector("input");
    if (kind === undefined || scale === null) throw new Error("no options");
    kind.value = "constant";
    scale.value = "75";
    puller.start([1, 2], [0, 1, 2]);

    expect(sent("pull_start")[0]?.body).toMatchObject({
      atoms: [1, 2],
      position: [0, 1, 2],
      kind: "constant",
      scale: 75,
    });
    expect(status).toHaveBeenLastCalledWith("Pulling 2 atoms");
    expect(puller.isPulling).toBe(true);
  });

  it("sends a limited number of moves, the last one always", () => {
    puller.start([1], [0, 0, 0]);
    for (let i = 1; i <= 60; i += 1) {
      puller.move([i, 0, 0]);
      vi.advanceTimersByTime(5);
    }
    vi.advanceTimersByTime(60);

    expect(sent("pull_move").length).toBeLessThan(8);
    expect(sent("pull_move").at(-1)?.body.position).toEqual([60, 0, 0]);
  });

  it("reports that it goes on while nothing moves", () => {
    puller.start([1], [0, 0, 0]);
    vi.advanceTimersByTime(2000);

    expect(sent("pull_move").length).toBeGreaterThanOrEqual(7);
  });

  it("ends once, and sends nothing after that", () => {
    puller.start([1], [0, 0, 0]);
    puller.end();
    puller.end();
    puller.move([1, 1, 1]);
    vi.advanceTimersByTime(2000);

    expect(sent("pull_end")).toHaveLength(1);
    expect(sent("pull_move")).toEqual([]);
    expect(status).toHaveBeenLastCalledWith("");
  });

  it("ends the one before", () => {
    puller.start([1], [0, 0, 0]);
    puller.start([2], [0, 0, 0]);

    expect(sent("pull_end")).toHaveLength(1);
    expect(sent("pull_start")[0]?.body.pull).not.toBe(sent("pull_start")[1]?.body.pull);
  });

  it("ends with the view", () => {
    puller.start([1], [0, 0, 0]);
    controller.abort();

    expect(sent("pull_end")).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the kernel", () => {
  it("ends a pull and says why", () => {
    puller.start([1], [0, 0, 0]);
    const { client, body } = sent("pull_start")[0] ?? {};
    const ended = { pull: body?.pull, reason: "The server ended it." };
    model.receive({ v: VERSION, op: "pull_ended", client, body: { ...ended, pull: "other" } });
    expect(puller.isPulling).toBe(true);
    model.receive({ v: VERSION, op: "pull_ended", client, body: ended });

    expect(puller.isPulling).toBe(false);
    expect(status).toHaveBeenLastCalledWith("The pull ended. The server ended it.");
  });

  it("refuses a pull", async () => {
    puller.start([1], [0, 0, 0]);
    reply({ ok: false, error: { kind: "BadRequest", message: "no such atoms" } });
    await vi.advanceTimersByTimeAsync(1);

    expect(puller.isPulling).toBe(false);
    expect(status).toHaveBeenLastCalledWith("Could not pull: no such atoms");
    vi.advanceTimersByTime(1000);
    expect(sent("pull_move")).toEqual([]);
  });

  it("refuses a pull that has ended already", async () => {
    puller.start([1], [0, 0, 0]);
    puller.end();
    reply({ ok: false, error: { kind: "BadRequest", message: "no such atoms" } });
    await vi.advanceTimersByTimeAsync(1);

    expect(status).toHaveBeenLastCalledWith("");
  });
});
