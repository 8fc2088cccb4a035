// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeKernel } from "../../../dev/fake_kernel.ts";
import { FakeModel } from "../../../dev/fake_model.ts";
import { createHost } from "../../../src/kernel/host.ts";
import { createSession, type Session } from "../../../src/kernel/session.ts";
import {
  createMoleculeWatch,
  type MoleculeWatch,
} from "../../../src/molecule/data/molecule_watch.ts";
import { type ConnectionStatus, describeConnection } from "../../../src/panel/connection_status.ts";
import { Signal } from "../../../src/ui/signal.ts";
import { pass } from "../../support.ts";
import { EPOCH, sendFrame, sendMolecule } from "../bodies.ts";

let epoch: string;
let model: FakeModel;
let kernel: FakeKernel;
let session: Session;
let visible: Signal<boolean>;
let watch: MoleculeWatch;
let controller: AbortController;
const onChange = vi.fn();
const sent = (op: string) => kernel.received.filter((each) => each.op === op);
const acks = () => sent("ack_molecule").map(({ body }) => body);
const questions = () => sent("watch_molecule").map(({ body }) => body);

beforeEach(async () => {
  vi.useFakeTimers();
  epoch = EPOCH;
  model = new FakeModel();
  const answers = { watch_molecule: () => ({ epoch }), unwatch_molecule: () => null };
  kernel = new FakeKernel(model, { answers });
  controller = new AbortController();
  const { signal } = controller;
  const host = createHost(model, signal);
  session = createSession(host, "none", signal);
  const facts = {
    kernel: "live",
    status: null,
    heartbeat: null,
    lastChange: null,
    now: 0,
  } as const;
  const connection = new Signal<ConnectionStatus>(describeConnection(facts));
  visible = new Signal(true);
  session.visible.observe((isVisible) => visible.set(isVisible), signal);
  const context = { host, session, signal, connection, announce: () => {} };
  // The module of the view is loaded meanwhile.
  await pass(0.1);
  watch = createMoleculeWatch(context, visible, onChange);
  await pass(0.1);
});
afterEach(() => {
  controller.abort();
  expect(vi.getTimerCount()).toBe(0);
  expect(kernel.refused).toEqual([]);
  vi.clearAllMocks();
  vi.useRealTimers();
});

describe("a view that watches", () => {
  it("asks once, and reports what comes", () => {
    expect(questions()).toEqual([{ epoch: null, revision: null }]);
    onChange.mockClear();
    sendMolecule(model);
    sendFrame(model);

    expect(onChange.mock.calls).toEqual([["structure"], ["frame"]]);
  });

  it("reports nothing of another epoch, and does not acknowledge it", async () => {
    onChange.mockClear();
    sendMolecule(model, { epoch: "old" });
    sendFrame(model, { epoch: "old", seq: 40 });
    await pass(1);

    expect(onChange).not.toHaveBeenCalled();
    expect(acks()).toEqual([]);
  });

  it("says what it has when it asks again", async () => {
    sendMolecule(model, { revision: 6 });
    watch.refresh();
    await pass(0.1);

    expect(questions().at(-1)).toEqual({ epoch: EPOCH, revision: 6 });
  });

  it("forgets a molecule of another epoch, and counts its frames from the beginning", async () => {
    sendMolecule(model);
    sendFrame(model, { seq: 90 });
    await pass(0.3);
    epoch = "m2";
    watch.refresh();
    await pass(0.1);
    expect(watch.store.structure).toBeNull();
    expect(onChange).toHaveBeenLastCalledWith("structure");
    sendMolecule(model, { epoch });
    sendFrame(model, { epoch, seq: 1 });
    await pass(0.3);

    expect(acks()).toEqual([{ seq: 90 }, { seq: 1 }]);
  });
});

describe("acknowledgements", () => {
  it("are sent at once for half a window", () => {
    sendMolecule(model, { window: 6 });
    for (const seq of [1, 2]) sendFrame(model, { seq });
    expect(acks()).toEqual([]);
    sendFrame(model, { seq: 3 });

    expect(acks()).toEqual([{ seq: 3 }]);
  });

  it("are sent after 250 ms for less, and once", async () => {
    sendMolecule(model);
    sendFrame(model, { seq: 1 });
    await pass(0.2);
    sendFrame(model, { seq: 2 });
    expect(acks()).toEqual([]);
    await pass(0.05);
    expect(acks()).toEqual([{ seq: 2 }]);
    await pass(2);

    expect(acks()).toHaveLength(1);
  });

  it("are sent for every frame if the window is one", () => {
    sendMolecule(model, { window: 1 });
    for (const seq of [1, 2]) sendFrame(model, { seq });

    expect(acks()).toEqual([{ seq: 1 }, { seq: 2 }]);
  });

  it("never go back", async () => {
    sendMolecule(model);
    sendFrame(model, { seq: 5 });
    await pass(0.3);
    sendFrame(model, { seq: 4 });
    await pass(0.3);

    expect(acks()).toEqual([{ seq: 5 }]);
  });

  it("are sent for frames with another revision or malformed buffers", async () => {
    sendMolecule(model);
    onChange.mockClear();
    sendFrame(model, { seq: 1, revision: 2 });
    sendFrame(model, { seq: 2 }, new Float32Array(2));
    await pass(0.3);

    expect(acks()).toEqual([{ seq: 2 }]);
    expect(onChange).not.toHaveBeenCalled();
  });
});

describe("a silence", () => {
  it("makes the view ask again until a molecule comes", async () => {
    await pass(9);
    const asked = questions().length;
    expect(asked).toBeGreaterThan(2);
    sendMolecule(model);
    await pass(9);

    expect(questions()).toHaveLength(asked);
  });

  it("of half a minute makes it ask in case it was forgotten", async () => {
    sendMolecule(model);
    sendFrame(model);
    await pass(25);
    expect(questions()).toHaveLength(1);
    await pass(10);

    expect(questions().at(-1)).toEqual({ epoch: EPOCH, revision: 1 });
    expect(questions()).toHaveLength(2);
  });

  it("is expected while the server is lost", async () => {
    sendMolecule(model);
    kernel.sendStatus({ state: "lost", reason: "gone" });
    const asked = questions().length;
    await pass(60);

    expect(questions()).toHaveLength(asked);
  });

  it("ends with another connection", async () => {
    sendMolecule(model);
    kernel.sendStatus({ address: "grpc://127.0.0.1:1" });
    await pass(0.1);

    expect(questions()).toHaveLength(2);
  });
});

describe("a view that is hidden", () => {
  it("tells the kernel, and takes and acknowledges nothing", async () => {
    sendMolecule(model);
    sendFrame(model, { seq: 1 });
    onChange.mockClear();
    visible.set(false);
    sendFrame(model, { seq: 2 });
    await pass(40);

    expect(sent("unwatch_molecule")).toHaveLength(1);
    expect(acks()).toEqual([]);
    expect(onChange).not.toHaveBeenCalled();
    expect(questions()).toHaveLength(1);
  });

  it("does not tell what the kernel knows of its session", async () => {
    session.setVisible(false);
    await pass(1);

    expect(visible.get()).toBe(false);
    expect(sent("unwatch_molecule")).toEqual([]);
  });

  it("asks when it is visible again, after the hello", async () => {
    sendMolecule(model);
    session.setVisible(false);
    await pass(1);
    session.setVisible(true);
    await pass(0.1);

    expect(questions().at(-1)).toEqual({ epoch: EPOCH, revision: 1 });
    const ops = kernel.received.map(({ op }) => op);
    expect(ops.lastIndexOf("watch_molecule")).toBeGreaterThan(ops.lastIndexOf("hello"));
  });
});
