// @vitest-environment happy-dom
import { describe, expect, it, vi } from "vitest";
import type { Host } from "../../src/kernel/host.ts";
import type { Module } from "../../src/kernel/lazy_module.ts";
import { createLazyPart } from "../../src/kernel/lazy_part.ts";
import { click, find } from "../support.ts";

vi.mock("../../src/kernel/lazy_module.ts", () => ({ loadModule: () => load() }));
let load: () => Promise<Module> = async () => ({});

const settled = () => new Promise((resolve) => setTimeout(resolve));
const start = (make: (module: Module) => string, signal = new AbortController().signal) => {
  const host = { request: vi.fn() as unknown as Host["request"] };
  return createLazyPart({ host, module: "one", what: "the plot", make, signal });
};

describe("a part of a view that is loaded on demand", () => {
  it("is requested once and replaces its note", async () => {
    const loader = vi.fn(async () => ({ text: "made" }));
    load = loader;
    const part = start(({ text }) => String(text));
    document.body.append(part.note);
    expect(loader).not.toHaveBeenCalled();
    part.load();
    part.load();
    expect(part.note.textContent).toContain("Loading…");
    expect(part.get()).toBeNull();
    await settled();
    part.load();
    expect(part.get()).toBe("made");
    expect(part.note.isConnected).toBe(false);
    expect(loader).toHaveBeenCalledTimes(1);
  });

  it("shows why loading failed and can be retried", async () => {
    load = async () => {
      throw new Error("<b>gone</b>");
    };
    const part = start(() => "made");
    part.load();
    await settled();
    const again = find(part.note, "button");
    expect(part.note.textContent).toContain("Could not load the plot: <b>gone</b>");
    expect(again.hidden).toBe(false);
    load = async () => ({});
    click(again);
    expect(again.hidden).toBe(true);
    await settled();
    expect(part.get()).toBe("made");
  });

  it("fails for an unexpected module", async () => {
    load = async () => ({});
    const part = start(() => {
      throw new Error("the module has no plot");
    });
    part.load();
    await settled();
    expect(part.get()).toBeNull();
    expect(part.note.textContent).toContain("the module has no plot");
  });

  it("runs waiting actions in order and later ones immediately", async () => {
    load = async () => ({});
    const part = start(() => "made");
    const done: string[] = [];
    part.use((made) => done.push(`first ${made}`));
    part.use((made) => done.push(`second ${made}`));
    expect(done).toEqual([]);
    await settled();
    part.use((made) => done.push(`third ${made}`));
    expect(done).toEqual(["first made", "second made", "third made"]);
  });

  it("drops waiting actions if loading fails", async () => {
    load = async () => {
      throw new Error("gone");
    };
    const part = start(() => "made");
    const used = vi.fn();
    part.use(used);
    await settled();
    load = async () => ({});
    part.load();
    await settled();
    expect(part.get()).toBe("made");
    expect(used).not.toHaveBeenCalled();
  });

  it("is not created for a closed view", async () => {
    load = async () => ({});
    const make = vi.fn(() => "made");
    const controller = new AbortController();
    const part = start(make, controller.signal);
    part.load();
    controller.abort();
    await settled();
    expect(make).not.toHaveBeenCalled();
  });
});
