// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { FakeKernel, FakeKernelOptions } from "../../dev/fake_kernel.ts";
import type { CreateTimePlot, TimePlotData } from "../../src/charts/plot_types.ts";
import room from "../../src/widgets/control_room.ts";
import simulation from "../../src/widgets/simulation.ts";
import * as chunk from "../../src/widgets/simulation_chunk.ts";
import { click, find, findAll, HOSTILE, mountWidget, pass, useFakePage } from "../support.ts";

useFakePage();

/** What was last drawn in each plot, by its key. */
const drawn = new Map<string, TimePlotData>();
// uPlot needs a canvas, which this DOM does not have.
const createTimePlot: CreateTimePlot = (place) => ({
  canvas: null,
  draw: (data) => {
    drawn.set(place.closest<HTMLElement>("[data-key]")?.dataset.key ?? "", data);
  },
  resize: () => {},
  close: () => {},
});
vi.mock("../../src/kernel/lazy_module.ts", () => ({
  loadModule: async (_host: unknown, name: string) =>
    name === "plot" ? { createTimePlot } : chunk,
}));

const PLOTS = ["energy.potential", "system.temperature"];
const mount = (options: FakeKernelOptions = {}) =>
  mountWidget(simulation, options, { plots: PLOTS, plot_window: 10 });
const ops = (kernel: FakeKernel) => kernel.received.map(({ op }) => op);
const button = (el: HTMLElement, text: string): HTMLButtonElement => {
  const found = findAll(el, "button").find((each) => each.textContent === text && !each.hidden);
  if (found === undefined) throw new Error(`no button ${text}`);
  return found as HTMLButtonElement;
};
const send = async (kernel: FakeKernel, count = 30) => {
  const first = kernel.frameRows;
  const rows = Array.from({ length: count }, (_, row) => first + row);
  kernel.sendRows(
    rows.map((row) => 1000 + row / 30),
    {
      "system.simulation.time": rows.map((row) => row / 100),
      "energy.potential": rows.map((row) => 1200 + row),
      "system.temperature": rows.map(() => 300),
    },
  );
  await pass(0.1);
};

beforeEach(() => drawn.clear());

describe("the view", () => {
  it("shows name, state, time and rate, and plots the chosen series", async () => {
    const { el, kernel } = await mount();
    await send(kernel);
    kernel.sendSimulation();
    await pass(0.1);
    expect(find(el, ".nvj-simulation-bar").textContent).toContain("Playingnanotube");
    expect(find(el, ".nvj-simulation-facts").textContent).toBe("65 atoms · 0.29 ps · 30 frames/s");
    expect(findAll(el, ".nvj-plot-card-name").map((each) => each.textContent)).toEqual([
      "Potential energy",
      "Temperature",
    ]);
    expect(findAll(el, ".nvj-simulation-value").map((each) => each.textContent)).toEqual([
      "1\u202f229.0",
      "300.0",
    ]);
    expect(drawn.get("energy.potential")?.values.length).toBe(30);
    expect(find(el, ".nvj-footer").textContent).toBe("30 frames recorded, 0 s");
  });

  it("acknowledges rows together with the state", async () => {
    const { kernel } = await mount();
    await send(kernel);
    await pass(0.5);
    expect(kernel.received.at(-1)).toMatchObject({ op: "ack", body: { rows: 30 } });
  });

  it("says what is missing", async () => {
    const { el, kernel } = await mount();
    kernel.sendSimulation({ state: "none", name: "" });
    expect(find(el, ".nvj-simulation > .nvj-empty").textContent).toContain(
      "No simulation is running.",
    );
    kernel.sendSimulation({ problem: "this server does not support frames" });
    expect(find(el, ".nvj-simulation > .nvj-empty").textContent).toContain("sends no frames");
  });

  it("shows hostile texts as text", async () => {
    const { el, kernel } = await mount();
    kernel.sendSimulation({ name: HOSTILE, exception: HOSTILE });
    await pass(0.1);
    expect(el.querySelector("img, script")).toBeNull();
    expect(find(el, ".nvj-simulation-exception").hidden).toBe(false);
  });

  it("asks again when rows are missing, and when nothing arrives", async () => {
    const { kernel } = await mount();
    await send(kernel);
    const before = ops(kernel).filter((op) => op === "watch_frames").length;
    kernel.frameRows += 5;
    kernel.sendSimulation();
    await pass(5);
    const watches = kernel.received.filter(({ op }) => op === "watch_frames");
    expect(watches.length).toBeGreaterThan(before);
    expect(watches.at(-1)).toMatchObject({ body: { epoch: "epoch-1", row: 30 } });
  });
});

describe("playback", () => {
  it("runs commands, and asks before a reset", async () => {
    const { el, kernel } = await mount();
    click(button(el, "Pause"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({ op: "playback", body: { action: "pause" } });
    click(button(el, "Reset"));
    expect(find(el, "[role=alertdialog]").textContent).toContain("restarts for all users");
    expect(ops(kernel).at(-1)).toBe("playback");
    click(find(el, "[data-choice='0']"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({ op: "playback", body: { action: "reset" } });
  });

  it("loads a simulation from the list", async () => {
    const { el, kernel } = await mount();
    click(find(el, ".nvj-simulation-bar [aria-haspopup=menu]"));
    click(findAll(el, "[role=menuitemradio]")[1] as HTMLElement);
    click(find(el, "[data-choice='0']"));
    await pass(0.1);
    const body = { action: "load", index: 1 };
    expect(kernel.received.at(-1)).toMatchObject({ op: "playback", body });
  });

  it("disables what the server cannot do, with the reason", async () => {
    const { el, kernel } = await mount();
    kernel.sendSimulation({ state: "stopped", actions: ["play"] });
    expect(button(el, "Play").disabled).toBe(false);
    expect(button(el, "Step").disabled).toBe(true);
    expect(button(el, "Step").title).toBe("This server has no command playback/step.");
    kernel.sendStatus({ state: "lost", reason: "gone" });
    await pass(0.5);
    expect(button(el, "Play").title).toContain("Disconnected");
  });

  it("shows why a command failed", async () => {
    const fail = () => {
      throw new Error("no simulation is loaded");
    };
    const { el } = await mount({ answers: { playback: fail } });
    click(button(el, "Step"));
    await pass(0.1);
    expect(find(el, ".nvj-toolbar-problem").textContent).toBe(
      "Step failed: no simulation is loaded",
    );
  });

  it("offers to remove interactions after an error", async () => {
    const { el, kernel } = await mount();
    kernel.sendSimulation({ exception: "NaN", interactions: 2 });
    click(button(el, "Remove 2 interactions"));
    click(find(el, ".nvj-simulation-exception [data-choice='0']"));
    await pass(0.1);
    expect(ops(kernel).at(-1)).toBe("remove_interactions");
  });
});

describe("series", () => {
  it("are chosen from the numbers of the frame, and kept in a trait", async () => {
    const { el, kernel, model } = await mount();
    await send(kernel);
    click(button(el, "Series"));
    const boxes = findAll(el, ".nvj-series-chooser input") as readonly HTMLInputElement[];
    expect(boxes.map(({ checked }) => checked)).toEqual([false, true, true]);
    (boxes[0] as HTMLInputElement).checked = true;
    boxes[0]?.dispatchEvent(new Event("change", { bubbles: true }));
    await pass(0.5);
    expect(model.get("plots")).toEqual([...PLOTS, "system.simulation.time"]);
    expect(drawn.has("system.simulation.time")).toBe(true);
  });

  it("are shown for a window of time", async () => {
    const { el, kernel, model } = await mount();
    await send(kernel, 900);
    expect(drawn.get("energy.potential")?.range).toEqual([1000 + 899 / 30 - 10, 1000 + 899 / 30]);
    click(button(el, "All"));
    await pass(0.5);
    expect(model.get("plot_window")).toBe(0);
    expect(drawn.get("energy.potential")?.range[0]).toBe(1000);
  });

  it("fill the plots until the window is full", async () => {
    const { kernel, model } = await mount();
    model.set("plot_window", 60);
    await send(kernel, 60);
    expect(drawn.get("energy.potential")?.range[0]).toBe(1000 + 59 / 30 - 10);
    await send(kernel, 900);
    expect(drawn.get("energy.potential")?.range[0]).toBe(1000);
    await send(kernel, 1800);
    expect(drawn.get("energy.potential")?.range[0]).toBe(1000 + 2759 / 30 - 60);
  });
});

describe("the table of fields", () => {
  it("is read while it is visible", async () => {
    const { el, kernel } = await mount();
    await send(kernel);
    await pass(2);
    expect(ops(kernel)).not.toContain("frame_fields");
    click(button(el, "Frame"));
    await pass(1.5);
    expect(find(el, ".nvj-fields-table tbody").textContent).toBe(
      "particle.positions65 × 3float32nm-0.71 to 2.310.12, 0.3, …",
    );
    const count = ops(kernel).filter((op) => op === "frame_fields").length;
    click(button(el, "Plots"));
    await pass(3);
    expect(ops(kernel).filter((op) => op === "frame_fields").length).toBe(count);
  });
});

describe("in a control room", () => {
  it("is the first tab, and wants frames only while it is selected", async () => {
    const { el, kernel } = await mountWidget(room, { commands: [] });
    expect(ops(kernel)).toContain("watch_frames");
    click(findAll(el, ".nvj-tabs [role=tab]")[1] as HTMLElement);
    await pass(0.1);
    expect(ops(kernel).at(-1)).toBe("unwatch_frames");
    const drawnBefore = drawn.size;
    await send(kernel);
    expect(drawn.size).toBe(drawnBefore);
    click(findAll(el, ".nvj-tabs [role=tab]")[0] as HTMLElement);
    await pass(0.1);
    expect(kernel.received.some(({ op }) => op === "watch_frames")).toBe(true);
  });
});
