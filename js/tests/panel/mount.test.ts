// @vitest-environment happy-dom
import { describe, expect, it, vi } from "vitest";
import { FakeKernel } from "../../dev/fake_kernel.ts";
import { FakeModel } from "../../dev/fake_model.ts";
import { COMMANDS, LEASES, normalWorld } from "../../dev/scenes.ts";
import { liveSubscriptions } from "../../src/ui/lifetime.ts";
import room from "../../src/widgets/control_room.ts";
import inspector from "../../src/widgets/inspector.ts";
import locks from "../../src/widgets/locks.ts";
import palette from "../../src/widgets/palette.ts";
import * as run from "../../src/widgets/run_chunk.ts";
import { click, find, findAll, mountWidget, pass, press, useFakePage } from "../support.ts";

useFakePage();

// Node cannot import from a Blob; this imports the same module.
vi.mock("../../src/kernel/lazy_module.ts", () => ({ loadModule: async () => run }));

const options = () => ({ state: normalWorld(), commands: COMMANDS, leases: LEASES });
const ops = (kernel: FakeKernel) => kernel.received.map(({ op }) => op);

describe("a widget that is mounted and disposed many times", () => {
  for (const [name, widget] of Object.entries({ room, inspector, locks, palette })) {
    it(`leaves nothing behind: ${name}`, async () => {
      const before = liveSubscriptions();
      const model = new FakeModel({ tool: "", query: "", height: 420 });
      const kernel = new FakeKernel(model, options());
      for (let turn = 0; turn < 20; turn += 1) {
        const el = document.createElement("div");
        document.body.append(el);
        const controller = new AbortController();
        // The two ways in which anywidget disposes a view.
        const end = widget.render({ model, el, signal: controller.signal });
        if (turn % 5 === 0) await pass(0.05);
        if (turn % 2 === 0) controller.abort();
        else end();
        expect(el.childElementCount).toBe(0);
        el.remove();
      }
      await pass(2);
      expect(liveSubscriptions()).toBe(before);
      expect(model.handlerCount).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
      expect(ops(kernel).filter((op) => op === "bye").length).toBe(20);
    });
  }
});

describe("a view", () => {
  it("sends an empty hello and acknowledges what it handles", async () => {
    const { kernel } = await mountWidget(inspector, options());
    expect(kernel.received[0]).toMatchObject({ op: "hello", body: { epoch: null, rev: null } });
    await pass(0.4);
    expect(kernel.received.at(-1)).toMatchObject({ op: "ack", body: { seq: 1, rev: 1 } });
  });

  it("acknowledges at about 3 Hz at any message rate", async () => {
    const { kernel } = await mountWidget(inspector, options());
    await pass(1);
    const before = kernel.received.length;
    for (let tick = 0; tick < 90; tick += 1) {
      kernel.set("scene", tick);
      kernel.sendDelta();
      await pass(1 / 30);
    }
    expect(kernel.received.length - before).toBeLessThanOrEqual(10);
  });

  it("acknowledges every five seconds while nothing changes", async () => {
    for (const widget of [inspector, palette]) {
      const { kernel } = await mountWidget(widget, options());
      await pass(1);
      kernel.received.length = 0;
      await pass(20);
      expect(ops(kernel).filter((op) => op === "ack").length).toBeGreaterThanOrEqual(4);
    }
  });

  it("resynchronizes after a lost message", async () => {
    const { kernel, el } = await mountWidget(inspector, { state: { a: 1 } });
    await pass(2);
    kernel.received.length = 0;
    kernel.set("b", 2);
    kernel.sendDelta({ lost: true });
    kernel.set("c", 3);
    kernel.sendDelta();
    await pass(0.1);
    expect(ops(kernel)).toContain("hello");
    expect(el.textContent).toContain("3 keys");
  });

  for (const [name, widget] of Object.entries({ inspector, palette })) {
    it(`sends a hello if the kernel changed the server or forgot the view: ${name}`, async () => {
      const { kernel } = await mountWidget(widget, { state: { a: 1 } });
      const beat = async (epoch: string) => {
        const body = {
          epoch,
          rev: kernel.rev,
          seq: kernel.seq,
          keys: 1,
          age: 0,
          rate: 0,
          frames: 0,
          size: 9,
        };
        kernel.model.receive({ v: 1, op: "heartbeat", body });
        await pass(2);
        const hellos = ops(kernel).filter((op) => op === "hello").length;
        kernel.received.length = 0;
        return hellos;
      };
      await beat(kernel.epoch);
      expect(await beat(kernel.epoch)).toBe(0);
      expect(await beat("")).toBeGreaterThan(0);
      expect(await beat(kernel.epoch)).toBe(0);
      expect(await beat("another")).toBeGreaterThan(0);
    });
  }

  it("backs off while replies do not help", async () => {
    const { kernel } = await mountWidget(inspector, { state: { a: 1 } });
    await pass(2);
    kernel.received.length = 0;
    for (let beat = 0; beat < 60; beat += 1) {
      const body = {
        epoch: "another",
        rev: 9,
        seq: 99,
        keys: 1,
        age: 0,
        rate: 0,
        frames: 0,
        size: 9,
      };
      kernel.model.receive({ v: 1, op: "heartbeat", body });
      await pass(1);
    }
    expect(ops(kernel).filter((op) => op === "hello").length).toBeLessThan(40);
  });

  it("hides with the page and resumes from its revision", async () => {
    const { kernel } = await mountWidget(inspector, { state: { a: 1 } });
    const state = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    document.dispatchEvent(new Event("visibilitychange"));
    await pass(1);
    expect(kernel.received.at(-1)?.op).toBe("hide");
    kernel.received.length = 0;
    await pass(20);
    expect(kernel.received).toEqual([]);
    state.mockReturnValue("visible");
    document.dispatchEvent(new Event("visibilitychange"));
    await pass(0.1);
    expect(kernel.received[0]).toMatchObject({ op: "hello", body: { epoch: "epoch-1", rev: 1 } });
  });
});

describe("the card", () => {
  it("shows name and address of the connection", async () => {
    const { el } = await mountWidget(room, options());
    expect(find(el, ".nvj-name").textContent).toBe("demo");
    expect(find(el, ".nvj-address").textContent).toBe("grpc://127.0.0.1:38801");
  });

  it("shows its tools as tabs with counts, and keeps the choice", async () => {
    const { el, model } = await mountWidget(room, options(), { tool: "locks" });
    const tabs = findAll(el, ".nvj-tabs [role=tab]");
    expect(tabs.map((tab) => tab.textContent)).toEqual([
      "Simulation ",
      "Inspector 146",
      "Commands 11",
      "Locks 2",
    ]);
    expect(tabs.map((tab) => tab.getAttribute("aria-selected"))).toEqual([
      "false",
      "false",
      "false",
      "true",
    ]);
    press(find(el, "[role=tab][aria-selected=true]"), "x");
    const [, second] = tabs;
    if (second === undefined) throw new Error("no tabs");
    click(second);
    await pass(1);
    expect(model.get("tool")).toBe("inspector");
    expect(model.saves).toBeGreaterThan(0);
    expect(findAll(el, ".nvj-tool[role=tabpanel]").filter((panel) => !panel.hidden).length).toBe(1);
  });

  it("follows the traits when they are set from Python", async () => {
    const { el, model } = await mountWidget(room, options());
    model.set("tool", "palette");
    model.set("height", 555);
    expect(find(el, ".nvj-palette").hidden).toBe(false);
    expect(find(el, ".nvj-body").style.getPropertyValue("--nvj-height")).toBe("555px");
  });

  it("keeps the last known state while disconnected and shows a banner", async () => {
    const { el, kernel } = await mountWidget(room, options());
    kernel.sendStatus({ state: "lost", reason: "connection refused", attempt: 2, since: 3 });
    await pass(1.4);
    expect(find(el, ".nvj-banner").textContent).toContain("Connection lost 4 s ago");
    expect(find(el, ".nvj-root").dataset.tone).toBe("lost");
    expect(findAll(el, ".nvj-row").length).toBeGreaterThan(3);
    await pass(2);
    expect(find(el, ".nvj-banner").textContent).toContain("6 s ago");
    expect(find(el, "[role=status].nvj-sr").textContent).toContain("Connection lost");
  });

  it("shows that the kernel is gone", async () => {
    const { el, model } = await mountWidget(room, options());
    model.emit("comm_live_update");
    await pass(0.3);
    expect(find(el, ".nvj-banner").textContent).toContain("Run the cell again");
  });

  it("keeps keys from JupyterLab except shortcuts such as Ctrl+S", async () => {
    const { el } = await mountWidget(room, options());
    const seen = vi.fn();
    el.addEventListener("keydown", seen);
    const keptFrom = () => find(el, ".nvj-root").hasAttribute("data-lm-suppress-shortcuts");
    press(find(el, ".nvj-search-input"), "x");
    expect(keptFrom()).toBe(true);
    press(find(el, ".nvj-tree"), "ArrowDown");
    expect(seen).not.toHaveBeenCalled();
    press(find(el, ".nvj-search-input"), "s", { ctrlKey: true });
    expect(seen).toHaveBeenCalledOnce();
    expect(keptFrom()).toBe(false);
    press(find(el, ".nvj-search-input"), "z", { ctrlKey: true });
    press(find(el, ".nvj-search-input"), "Enter", { ctrlKey: true });
    expect(keptFrom()).toBe(true);
  });

  it("changes its height by the keyboard and saves it", async () => {
    const { el, model } = await mountWidget(room, options());
    press(find(el, ".nvj-resize-handle"), "ArrowDown");
    expect(model.get("height")).toBe(444);
  });
});
