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

describe("a part of a view that is loaded when it is wanted", () => {
  it("is asked for once, and takes the place of its note", async () => {
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

  it("says why it is not here, and can be tried again", async () => {
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

  it("is no part where the module is not what it should be", async () => {
    load = async () => ({});
    const part = start(() => {
      throw new Error("the module has no plot");
    });
    part.load();
    await settled();
    expect(part.get()).toBeNull();
    expect(part.note.textContent).toContain("the module has no plot");
  });

  it("does what waits for it in order, and what comes later at once", async () => {
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

  it("lets go of what waited for it where it does not come", async () => {
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

  it("is not made for a view that has been closed meanwhile", async () => {
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
