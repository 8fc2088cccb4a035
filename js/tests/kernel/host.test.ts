import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeKernel } from "../../dev/fake_kernel.ts";
import { FakeModel } from "../../dev/fake_model.ts";
import { createHost, type Host } from "../../src/kernel/host.ts";
import { RequestFailed } from "../../src/kernel/request_failed.ts";
import { randomName } from "../../src/text/random_name.ts";
import { pass, useFakePage } from "../support.ts";

useFakePage();

let model: FakeModel;
let kernel: FakeKernel;
let host: Host;
let controller: AbortController;
const never = () => new Promise<never>(() => undefined);

beforeEach(() => {
  model = new FakeModel({ tool: "locks", query: 5, height: 300 });
  kernel = new FakeKernel(model, { state: { a: 1 }, choices: never });
  controller = new AbortController();
  host = createHost(model, controller.signal);
});

const failure = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no failure",
    (error: unknown) => (error instanceof RequestFailed ? error.kind : "another error"),
  );

describe("a request", () => {
  it("is answered by the reply with its id", async () => {
    expect(await host.request("value", { key: "a" })).toEqual({ key: "a", exists: true, value: 1 });
  });

  it("is not answered by a reply to another view", async () => {
    kernel.busy = true;
    const answer = vi.fn();
    void host.request("value", { key: "a" }).then(answer);
    const body = { ok: true, result: { key: "a", exists: false } };
    model.receive({ v: 1, op: "reply", client: "another", id: 1, body });
    await pass(0.1);
    expect(answer).not.toHaveBeenCalled();
  });

  it("fails with the kernel's message", async () => {
    kernel.busy = true;
    const answer = host.request("refresh_commands", {});
    const body = { ok: false, error: { kind: "CommandFailed", message: "no simulation" } };
    model.receive({ v: 1, op: "reply", client: host.client, id: 1, body });
    await expect(answer).rejects.toThrow("no simulation");
  });

  it("fails for an invalid reply", async () => {
    kernel.busy = true;
    const answer = host.request("blocking_keys", { keys: ["a"] });
    model.receive({ v: 1, op: "reply", client: host.client, id: 1, body: { ok: true, result: 5 } });
    expect(await failure(answer)).toBe("BadReply");
  });

  it("fails when sending throws, and then the kernel is gone", async () => {
    model.dead = true;
    expect(await failure(host.request("value", { key: "a" }))).toBe("KernelGone");
    expect(host.kernel.get()).toBe("gone");
  });

  it("fails when the comm is closed", async () => {
    kernel.busy = true;
    const answer = host.request("value", { key: "a" });
    model.emit("comm_live_update");
    expect(await failure(answer)).toBe("KernelGone");
  });

  it("fails when its reply was lost", async () => {
    kernel.busy = true;
    const answer = failure(host.request("value", { key: "a" }));
    await pass(1);
    // The kernel never receives earlier messages and answers later ones.
    kernel.busy = false;
    await pass(35);
    expect(await answer).toBe("AnswerLost");
  });

  it("waits as long as the kernel is busy", async () => {
    kernel.busy = true;
    const answer = host.request("value", { key: "a" });
    await pass(3600);
    kernel.wake();
    expect(await answer).toMatchObject({ value: 1 });
  });

  it("fails when its view is closed", async () => {
    kernel.busy = true;
    const answer = host.request("value", { key: "a" });
    controller.abort();
    expect(await failure(answer)).toBe("ViewClosed");
  });
});

describe("the kernel status", () => {
  it("is busy after a second without a reply and live with one", async () => {
    kernel.busy = true;
    void host.request("value", { key: "a" });
    await pass(0.9);
    expect(host.kernel.get()).toBe("live");
    await pass(0.5);
    expect(host.kernel.get()).toBe("busy");
    kernel.wake();
    await pass(0.1);
    expect(host.kernel.get()).toBe("live");
  });

  it("stays live during a slow command, as the kernel still answers", async () => {
    void failure(host.request("choices", { command: "slow", argument: "a" }));
    await pass(20);
    expect(host.kernel.get()).toBe("live");
  });

  it("is busy while a command blocks the kernel", async () => {
    void failure(host.request("choices", { command: "slow", argument: "a" }));
    kernel.busy = true;
    await pass(4);
    expect(host.kernel.get()).toBe("busy");
  });

  it("recovers from a lost reply", async () => {
    kernel.busy = true;
    void failure(host.request("value", { key: "a" }));
    await pass(2);
    kernel.received.length = 0;
    kernel.busy = false;
    await host.request("value", { key: "a" });
    await pass(0.3);
    expect(host.kernel.get()).toBe("live");
  });

  it("is probed with backoff when the only reply was lost", async () => {
    const pings = () => kernel.received.filter(({ op }) => op === "ping").length;
    kernel.busy = true;
    void failure(host.request("value", { key: "a" }));
    await pass(300);
    expect(pings()).toBeLessThan(8);
    // The kernel never receives earlier messages.
    kernel.received.length = 0;
    kernel.busy = false;
    await pass(400);
    expect(pings()).toBe(1);
    expect(host.kernel.get()).toBe("live");
  });

  it("is live again after a message", () => {
    model.emit("comm_live_update");
    expect(host.kernel.get()).toBe("gone");
    kernel.sendHeartbeat();
    expect(host.kernel.get()).toBe("live");
  });
});

describe("a message", () => {
  it("that is malformed is dropped with a warning", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const seen = vi.fn();
    host.on("status", seen, controller.signal);
    model.receive({ v: 1, op: "status", body: { state: "asleep" } });
    expect(warn).toHaveBeenCalledOnce();
    expect(seen).not.toHaveBeenCalled();
  });

  it("of other software on the comm is ignored", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    model.receive({ id: "1", kind: "anywidget-command-response" });
    expect(warn).not.toHaveBeenCalled();
  });

  it("is marked as for this view or not", () => {
    const seen: boolean[] = [];
    host.on("status", (_, forMe) => seen.push(forMe), controller.signal);
    kernel.sendStatus();
    kernel.sendStatus({}, host.client);
    kernel.sendStatus({}, "another");
    expect(seen).toEqual([true, true, false]);
  });
});

describe("traits", () => {
  it("of a wrong type are null", () => {
    expect(host.get("tool")).toBe("locks");
    expect(host.get("query")).toBeNull();
    expect(host.get("height")).toBe(300);
  });

  it("are saved once for many changes", async () => {
    for (const query of ["a", "av", "ava"]) host.set("query", query);
    await pass(1);
    expect(model.saves).toBe(1);
    expect(model.get("query")).toBe("ava");
  });
});

it("has a random name without crypto.randomUUID, as over HTTP", () => {
  vi.stubGlobal("crypto", {});
  const names = new Set(Array.from({ length: 100 }, randomName));
  vi.unstubAllGlobals();
  expect(names.size).toBe(100);
});
