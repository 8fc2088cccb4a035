// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from "vitest";
import type { FakeKernelOptions } from "../../dev/fake_kernel.ts";
import { argument, COMMANDS, command } from "../../dev/scenes.ts";
import type { Module } from "../../src/kernel/lazy_module.ts";
import type { PageValue } from "../../src/protocol/common.ts";
import room from "../../src/widgets/control_room.ts";
import palette from "../../src/widgets/palette.ts";
import * as run from "../../src/widgets/run_chunk.ts";
import {
  click,
  find,
  findAll,
  HOSTILE,
  mountWidget,
  pass,
  press,
  submit,
  type,
  useFakePage,
} from "../support.ts";

useFakePage();

// Node cannot import from a Blob; this imports the same module.
vi.mock("../../src/kernel/lazy_module.ts", () => ({ loadModule: () => load() }));
const here = async (): Promise<Module> => run;
let load = here;

/** A command that asks for confirmation, and a pin of it. */
const RESET = command("playback/reset", {}, null, null, { danger: "All is lost." });
const RESET_PIN = {
  id: "p",
  command: "playback/reset",
  arguments: {},
  asks: [],
  label: "reset",
  icon: "",
  tooltip: "",
};

const mount = (options: FakeKernelOptions = {}, traits: Readonly<Record<string, unknown>> = {}) =>
  mountWidget(palette, { commands: COMMANDS, ...options }, traits);
const buttonIn = (el: HTMLElement, text: string): HTMLElement => {
  const found = findAll(el, "button").find((each) => each.textContent === text);
  if (found === undefined) throw new Error(`no button ${text}`);
  return found;
};
const choose = (select: HTMLElement, value: string): void => {
  (select as HTMLSelectElement).value = value;
  select.dispatchEvent(new Event("input", { bubbles: true }));
};
const option = (el: HTMLElement, text: string): HTMLElement => {
  const found = findAll(el, "[role=option]").find((each) => each.textContent?.includes(text));
  if (found === undefined) throw new Error(`no command ${text}`);
  return found;
};
const wait = (seconds: number, value: PageValue) =>
  new Promise<PageValue>((resolve) => setTimeout(() => resolve(value), seconds * 1000));
const runs = (el: HTMLElement) => findAll(el, ".nvj-run").map((run) => run.textContent);
const input = (el: HTMLElement) => find(el, ".nvj-search-input");

describe("the list", () => {
  it("shows commands in groups, by label where there is one", async () => {
    const { el } = await mount();
    expect(findAll(el, "[role=option]").length).toBe(COMMANDS.length);
    expect(findAll(el, ".nvj-group-title").map((each) => each.textContent)).toEqual([
      "playback",
      "user",
      "multiuser",
      "other",
    ]);
    expect(option(el, "user/colour").textContent).toContain("colour by charge");
  });

  it("filters, highlights and selects the best match while typing", async () => {
    const { el } = await mount();
    type(input(el), "lo");
    await pass(0.05);
    expect(find(el, "[aria-selected=true]").textContent).toContain("playback/load");
    expect(findAll(el, "mark").map((mark) => mark.textContent)).toContain("lo");
    type(input(el), "xyzzy");
    expect(find(el, ".nvj-palette-left .nvj-empty").textContent).toContain("No match");
    click(buttonIn(el, "Clear filter"));
    await pass(0.05);
    expect(findAll(el, "[role=option]").length).toBe(COMMANDS.length);
  });

  it("handles keys faster than it draws", async () => {
    const { el } = await mount();
    type(input(el), "step");
    press(input(el), "Enter");
    expect(find(el, ".nvj-form-title").textContent).toBe("playback/step");
    expect(document.activeElement?.closest(".nvj-form")).not.toBeNull();
    type(input(el), "slow");
    click(option(el, "playback/load"));
    await pass(0.05);
    expect(find(el, ".nvj-form-title").textContent).toBe("Load a simulation");
  });

  it("is navigated by the keyboard, into the form and back", async () => {
    const { el } = await mount();
    press(input(el), "ArrowDown");
    expect(input(el).getAttribute("aria-activedescendant")).toBe(
      find(el, "[aria-selected=true]").id,
    );
    press(input(el), "ArrowDown");
    press(input(el), "ArrowUp");
    expect(find(el, "[aria-selected=true]").textContent).toContain("playback/load");
    press(input(el), "Enter");
    expect(document.activeElement?.closest(".nvj-form")).not.toBeNull();
    press(document.activeElement as HTMLElement, "Escape");
    expect(document.activeElement).toBe(input(el));
  });

  it("explains an empty list", async () => {
    const { el } = await mount({ commands: [] });
    expect(find(el, ".nvj-palette-left .nvj-empty").textContent).toContain("has no commands");
    expect(find(el, ".nvj-palette").dataset.bare).toBe("");
  });

  it("reports that the selected command is no longer available", async () => {
    const { el, kernel } = await mount();
    click(option(el, "playback/load"));
    kernel.commands = kernel.commands.filter(({ name }) => name !== "playback/load");
    const refresh = find(el, ".nvj-palette-left .nvj-toolbar button");
    refresh.focus();
    click(refresh);
    await pass(0.1);
    expect(find(el, ".nvj-palette-right .nvj-empty").textContent).toContain(
      "playback/load is no longer available",
    );
    expect(document.activeElement).toBe(refresh);
  });

  it("keeps the old list and shows the error of a refresh", async () => {
    const { el, kernel } = await mount();
    kernel.commandsError = "the server does not answer";
    click(find(el, ".nvj-palette-left .nvj-toolbar button"));
    await pass(0.1);
    expect(find(el, ".nvj-list-problem").textContent).toContain("the server does not answer");
    expect(findAll(el, "[role=option]").length).toBe(COMMANDS.length);
  });
});

describe("a run", () => {
  it("sends the arguments and shows the result, with its time", async () => {
    const { el, kernel } = await mount({ run: () => ({ simulations: ["nanotube"] }) });
    click(option(el, "playback/load"));
    type(find(el, ".nvj-field input"), "3");
    expect(find(el, ".nvj-code .nvj-code-line").textContent).toBe(
      'client.run_command("playback/load", index=3)',
    );
    submit(find(el, ".nvj-form"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({
      op: "run",
      body: { name: "playback/load", arguments: { index: 3 } },
    });
    expect(runs(el)[0]).toMatch(/^Done\d+ ms/);
    expect(runs(el)[0]).toContain('{"simulations": ["nanotube"]}');
  });

  it("starts by Ctrl+Enter from the list, the form, and anywhere else", async () => {
    const { el } = await mount();
    click(option(el, "playback/load"));
    // The focus is in the widget after a click; otherwise JupyterLab would run the cell.
    expect(document.activeElement).toBe(input(el));
    press(input(el), "Enter", { ctrlKey: true });
    press(find(el, ".nvj-field input"), "Enter", { ctrlKey: true });
    press(find(el, ".nvj-palette"), "Enter", { ctrlKey: true });
    await pass(0.1);
    expect(runs(el).length).toBe(3);
  });

  it("shows its duration beside other runs", async () => {
    const { el } = await mount({ run: (name) => wait(name === "user/slow" ? 6 : 3, {}) });
    for (const name of ["user/slow", "playback/play"]) {
      click(option(el, name));
      submit(find(el, ".nvj-form"));
    }
    await pass(2.5);
    expect(runs(el).every((text) => text?.startsWith("Running2.") === true)).toBe(true);
    expect(option(el, "user/slow").textContent).toContain("Running 2.");
    await pass(1);
    expect(runs(el).map((text) => text?.slice(0, 4))).toEqual(["Done", "Runn"]);
  });

  it("shows the server's message or error", async () => {
    const { el } = await mount({
      run: (name) => {
        if (name === "broken") throw new Error("no simulation is loaded");
        return { result: "Saved as “draft”." };
      },
    });
    for (const name of ["checkpoint", "broken"]) {
      click(option(el, name));
      submit(find(el, ".nvj-form"));
      await pass(0.1);
    }
    expect(find(el, ".nvj-run:nth-child(1)").textContent).toContain("no simulation is loaded");
    expect(find(el, ".nvj-run:nth-child(1) .nvj-chip").textContent).toBe("Failed");
    expect(find(el, ".nvj-run:nth-child(2) .nvj-message").textContent).toBe("Saved as “draft”.");
  });

  it("fails when the kernel is gone", async () => {
    const { el, model } = await mount({ run: () => new Promise(() => undefined) });
    click(option(el, "playback/play"));
    submit(find(el, ".nvj-form"));
    await pass(0.5);
    model.emit("comm_live_update");
    await pass(0.5);
    expect(runs(el)[0]).toContain("The kernel was restarted");
  });
});

describe("the form", () => {
  it("has a field for each type", async () => {
    const { el } = await mount();
    click(option(el, "user/colour"));
    expect(find(el, "[role=switch]").getAttribute("aria-label")).toBe("hydrogens");
    click(option(el, "user/checkpoint"));
    expect(findAll(el, ".nvj-field textarea").length).toBe(2);
  });

  it("does not send invalid input and shows the problem", async () => {
    const { el, kernel } = await mount();
    click(option(el, "playback/load"));
    type(find(el, ".nvj-field input"), "two");
    expect(find(el, ".nvj-field .nvj-problem").textContent).toContain("is not a number");
    submit(find(el, ".nvj-form"));
    await pass(0.1);
    expect(kernel.received.some(({ op }) => op === "run")).toBe(false);
  });

  it("focuses the invalid field", async () => {
    const { el } = await mount();
    click(option(el, "playback/load"));
    const field = find(el, ".nvj-field input");
    type(field, "two");
    submit(find(el, ".nvj-form"));
    expect(document.activeElement).toBe(field);
    expect(field.getAttribute("aria-invalid")).toBe("true");
    type(field, "2");
    expect(field.hasAttribute("aria-invalid")).toBe(false);
  });

  it("accepts arguments that the server did not list", async () => {
    const { el, kernel } = await mount();
    click(option(el, "playback/play"));
    click(find(el, ".nvj-form-more > .nvj-link"));
    type(find(el, "[data-part=name]"), "speed");
    type(find(el, "[data-part=text]"), "fast");
    submit(find(el, ".nvj-form"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({ body: { arguments: { speed: "fast" } } });
  });

  it("keeps input while another command is selected", async () => {
    const { el } = await mount();
    click(option(el, "playback/load"));
    type(find(el, ".nvj-field input"), "7");
    click(option(el, "playback/play"));
    click(option(el, "playback/load"));
    expect(find(el, ".nvj-field input")).toHaveProperty("value", "7");
  });

  it("is disabled while disconnected and shows the reason", async () => {
    const { el, kernel } = await mount();
    click(option(el, "playback/load"));
    kernel.sendStatus({ state: "lost", reason: "x" });
    await pass(0.4);
    const button = find(el, ".nvj-form [type=submit]");
    expect(button).toHaveProperty("disabled", true);
    expect(button.title).toContain("Disconnected");
    expect(find(el, ".nvj-reason").textContent).toContain("Disconnected");
    press(input(el), "Enter", { ctrlKey: true });
    await pass(0.1);
    expect(kernel.received.some(({ op }) => op === "run")).toBe(false);
  });
});

describe("the form that is loaded on demand", () => {
  const noteOf = (el: HTMLElement) => find(el, ".nvj-palette-right > .nvj-dim");
  const loading = () => {
    let arrive = () => {};
    let fail = () => {};
    const module = new Promise<Module>((resolve, reject) => {
      arrive = () => resolve(run);
      fail = () => reject(new Error("the kernel has gone"));
    });
    load = () => module;
    return { arrive: () => arrive(), fail: () => fail() };
  };
  afterEach(() => {
    load = here;
  });

  it("shows no note while no command is selected", async () => {
    const { arrive } = loading();
    const { el } = await mount();
    expect(noteOf(el).hidden).toBe(true);
    expect(find(el, ".nvj-palette-right .nvj-empty").textContent).toContain("Select a command");
    click(option(el, "playback/load"));
    expect(noteOf(el).hidden).toBe(false);
    expect(noteOf(el).textContent).toContain("Loading…");
    arrive();
    await pass(0.1);
    expect(find(el, ".nvj-form-title").textContent).toBe("Load a simulation");
    expect(findAll(el, ".nvj-palette-right > .nvj-dim")).toEqual([]);
  });

  it("shows why loading failed and retries", async () => {
    const { fail } = loading();
    const { el } = await mount({ memory: { last: { "playback/load": { index: 9 } } } });
    click(option(el, "playback/load"));
    fail();
    await pass(0.1);
    expect(noteOf(el).textContent).toContain("Could not load the form: the kernel has gone");
    load = here;
    click(buttonIn(el, "Retry"));
    await pass(0.1);
    expect(find(el, ".nvj-fields input")).toHaveProperty("value", "9");
  });

  it("runs actions that were requested while loading", async () => {
    const { arrive } = loading();
    const { el } = await mount();
    type(input(el), "step");
    press(input(el), "Enter");
    arrive();
    await pass(0.1);
    expect(document.activeElement?.closest(".nvj-form")).not.toBeNull();
  });

  it("drops requested actions if loading fails", async () => {
    const { fail } = loading();
    const { el } = await mount({ commands: [RESET], memory: { pins: [RESET_PIN] } });
    click(find(el, "[data-pin]"));
    fail();
    await pass(0.1);
    load = here;
    click(buttonIn(el, "Retry"));
    await pass(0.1);
    expect(find(el, ".nvj-form-title").textContent).toBe("playback/reset");
    expect(el.querySelector(".nvj-confirm")).toBeNull();
  });

  it("is loaded by a control room when the tab is opened", async () => {
    const asked = vi.fn(here);
    load = asked;
    const { el } = await mountWidget(room, { commands: COMMANDS }, { tool: "inspector" });
    expect(asked).not.toHaveBeenCalled();
    const tab = findAll(el, ".nvj-tab").find((each) => each.textContent?.startsWith("Commands"));
    click(tab as HTMLElement);
    await pass(0.1);
    click(option(el, "playback/load"));
    expect(find(el, ".nvj-form-title").textContent).toBe("Load a simulation");
  });
});

describe("what the server does not publish", () => {
  const load = command("playback/load", {}, null, null, {
    sentence: "Loads another.",
    danger: "Avatars are cleared.",
    danger_to: "others",
    known: [argument("index", "choice", { required: true, options: [], asks: true })],
  });
  const choices = () => [
    { label: "0 · methane", value: 0 },
    { label: "1 · 17-ala", value: 1 },
  ];

  it("is requested: choices from another command", async () => {
    const { el, kernel } = await mount({ commands: [load], choices });
    click(option(el, "playback/load"));
    await pass(0.3);
    expect(findAll(el, ".nvj-fields option").map((each) => each.textContent)).toEqual([
      "Select a value",
      "0 · methane",
      "1 · 17-ala",
    ]);
    submit(find(el, ".nvj-form"));
    expect(find(el, ".nvj-field .nvj-problem").textContent).toBe("Select a value.");
    choose(find(el, ".nvj-fields select"), "1");
    submit(find(el, ".nvj-form"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({ op: "run", body: { arguments: { index: 1 } } });
  });

  it("can be typed if the choices cannot be loaded", async () => {
    const failing = () => {
      throw new Error("no such command");
    };
    const { el } = await mount({ commands: [load], choices: failing });
    click(option(el, "playback/load"));
    await pass(0.3);
    type(find(el, ".nvj-fields input"), "3");
    expect(find(el, ".nvj-code .nvj-code-line").textContent).toContain("index=3");
    expect(find(el, ".nvj-fields").textContent).toContain("no such command");
  });

  it("asks for confirmation while other users are there", async () => {
    const { el, kernel } = await mount({ commands: [load], choices, avatars: 2 });
    const ran = () => kernel.received.filter(({ op }) => op === "run").length;
    click(option(el, "playback/load"));
    await pass(0.3);
    choose(find(el, ".nvj-fields select"), "0");
    expect(find(el, ".nvj-form-run").textContent).toContain("2 people");
    submit(find(el, ".nvj-form"));
    expect(el.querySelector(".nvj-confirm")).not.toBeNull();
    press(document.activeElement as HTMLElement, "Escape");
    expect(el.querySelector(".nvj-confirm")).toBeNull();
    expect(ran()).toBe(0);
    submit(find(el, ".nvj-form"));
    click(find(el, ".nvj-danger"));
    await pass(0.1);
    expect(ran()).toBe(1);
  });

  it("asks for confirmation for a pin and in the history", async () => {
    const { el, kernel } = await mount({ commands: [RESET], memory: { pins: [RESET_PIN] } });
    click(find(el, "[data-pin]"));
    expect(find(el, ".nvj-confirm").textContent).toContain("All is lost.");
    expect(kernel.received.some(({ op }) => op === "run")).toBe(false);
  });
});

describe("the history", () => {
  it("comes from the kernel, also for another view and after a reload", async () => {
    const { el, kernel } = await mount();
    void kernel.runs.start({ run: "elsewhere", name: "playback/play", arguments: {} });
    await pass(0.1);
    expect(runs(el)[0]).toContain("Done");
    expect(runs(el)[0]).toContain('("playback/play")');
  });

  it("stops waiting and notes that the server may continue", async () => {
    const { el } = await mount({ run: () => new Promise(() => undefined) });
    click(option(el, "playback/play"));
    submit(find(el, ".nvj-form"));
    await pass(0.2);
    click(buttonIn(find(el, ".nvj-run"), "Stop waiting"));
    await pass(0.1);
    expect(runs(el)[0]).toContain("Cancelled");
    expect(runs(el)[0]).toContain("may still be running on the server");
  });

  it("loads arguments into the form, also omitted ones", async () => {
    const { el, kernel } = await mount();
    void kernel.runs.start({
      run: "r",
      name: "user/colour",
      arguments: { opacity: { $nvj: "float", text: "1.0" }, more: "5" },
    });
    await pass(0.1);
    click(buttonIn(find(el, ".nvj-run"), "Edit"));
    expect(find(el, ".nvj-code .nvj-code-line").textContent).toBe(
      'client.run_command("user/colour", opacity=1.0, more="5")',
    );
    expect(find(el, ".nvj-fields").textContent).toContain("Using the server default");
  });

  it("runs again with a new id and deletes a run", async () => {
    const { el, kernel } = await mount();
    void kernel.runs.start({ run: "r", name: "playback/play", arguments: { a: 1 } });
    await pass(0.1);
    click(buttonIn(find(el, ".nvj-run"), "Run again"));
    await pass(0.1);
    expect(runs(el).length).toBe(2);
    const names = kernel.runs.list.map(({ run }) => run);
    expect(new Set(names).size).toBe(2);
    click(find(el, "[aria-label='Delete from history']"));
    await pass(0.1);
    expect(kernel.runs.list.map(({ run }) => run)).toEqual(["r"]);
  });

  it("reports a request that never arrived", async () => {
    const { el, kernel, model } = await mount();
    click(option(el, "playback/play"));
    model.onSend = () => undefined;
    submit(find(el, ".nvj-form"));
    await pass(6);
    expect(runs(el)[0]).toContain("Running");
    kernel.runs.send("runs", { runs: [] });
    await pass(0.1);
    expect(runs(el)[0]).toContain("did not reach the kernel");
  });

  it("shows progress and effects", async () => {
    const { el, kernel } = await mount({ run: () => wait(3, {}) });
    void kernel.runs.start({ run: "r", name: "user/slow", arguments: {} });
    await pass(0.1);
    expect(find(el, ".nvj-progress").hidden).toBe(true);
    kernel.runs.change("r", { progress: 0.4 });
    expect(find(el, ".nvj-progress").getAttribute("aria-valuenow")).toBe("40");
    expect(runs(el)[0]).toContain("40 %");
    await pass(3);
    const locks = [
      { key: HOSTILE, kept: false, note: HOSTILE },
      { key: "scene", kept: true, note: "the simulation was switched" },
    ];
    const effects = { added: ["a"], changed: [], removed: [HOSTILE], count: 3, moving: 8, locks };
    kernel.runs.change("r", { state: "done", effects });
    expect(find(el, ".nvj-effects").textContent).toContain("3 keys changed");
    expect(find(el, ".nvj-effects").textContent).toContain(`removed ${HOSTILE}`);
    expect(find(el, ".nvj-effects").textContent).toContain("… 1 more");
    expect(find(el, ".nvj-effects").textContent).toContain(`1 lock lost${HOSTILE} ${HOSTILE}`);
    expect(find(el, ".nvj-effects").textContent).toContain("1 lock cleared and reacquired");
  });

  it("expands and collapses parts of a result by mouse and keyboard", async () => {
    const long = (sign: string) => Array.from({ length: 4 }, () => sign.repeat(30));
    const many = Array.from({ length: 60 }, (_, index) => `item ${index}`);
    const { el } = await mount({ run: () => ({ first: long("a"), second: long("b"), many }) });
    click(option(el, "playback/list"));
    submit(find(el, ".nvj-form"));
    await pass(0.1);
    const folds = () => findAll(el, ".nvj-fold");
    const at = (index: number) => folds()[index] as HTMLElement;
    expect(folds().map((fold) => fold.getAttribute("aria-expanded"))).toEqual([
      "true",
      "true",
      "true",
      "false",
    ]);
    expect(find(el, ".nvj-folding").textContent).toContain('"many": [… 60 items]');
    expect(find(el, ".nvj-folding").textContent).not.toContain("item 59");
    click(at(1));
    expect(find(el, ".nvj-folding").textContent).toContain('"first": [… 4 items]');
    expect(document.activeElement).toBe(at(1));
    press(at(1), "ArrowDown");
    press(at(2), "ArrowDown");
    expect(document.activeElement).toBe(at(3));
    press(at(3), "ArrowRight");
    expect(find(el, ".nvj-folding").textContent).toContain('"item 59"');
    expect(folds().filter((fold) => fold.tabIndex === 0)).toEqual([at(3)]);
    press(at(3), "ArrowLeft");
    expect(find(el, ".nvj-folding").textContent).not.toContain("item 59");
    // A click anywhere expands a collapsed line.
    click(at(1).parentElement as HTMLElement);
    expect(find(el, ".nvj-folding").textContent).toContain("a".repeat(30));
  });

  it("adds an argument that the server requires", async () => {
    const message = "load() missing 1 required positional argument: 'index'";
    const { el } = await mount({
      run: () => {
        throw new Error(message);
      },
    });
    click(option(el, "playback/play"));
    submit(find(el, ".nvj-form"));
    await pass(0.1);
    click(buttonIn(find(el, ".nvj-run"), "Add index"));
    expect(find(el, "[data-part=name]")).toHaveProperty("value", "index");
    expect((document.activeElement as HTMLElement).dataset.part).toBe("text");
  });

  it("fetches the full result on demand", async () => {
    const cut = { $nvj: "cut", kind: "list", length: 3, bytes: 20_000, head: ["first"] };
    const { el, kernel } = await mount({ run: () => cut });
    click(option(el, "playback/list"));
    submit(find(el, ".nvj-form"));
    await pass(0.1);
    expect(runs(el)[0]).toContain("2 more");
    kernel.runs.list = kernel.runs.list.map((run) => ({ ...run, result: ["first", "b", "last"] }));
    click(buttonIn(el, "Show full result"));
    await pass(0.1);
    expect(runs(el)[0]).toContain('"last"');
  });
});

describe("the memory", () => {
  it("lists recent commands above the groups without a jump after a run", async () => {
    const { el, kernel } = await mount({ memory: { recent: ["user/slow"] } });
    const titles = () => findAll(el, ".nvj-group-title").map((each) => each.textContent);
    expect(titles()).toContain("recent");
    const before = findAll(el, "[role=option]").map((each) => each.textContent);
    kernel.sendMemory({ recent: ["playback/step", "user/slow"] });
    await pass(0.1);
    expect(findAll(el, "[role=option]").map((each) => each.textContent)).toEqual(before);
  });

  it("fills the form with the last arguments and resets to the defaults", async () => {
    const last = { "playback/load": { index: 9 } };
    const { el } = await mount({ memory: { last, integers: { "playback/load": ["index"] } } });
    click(option(el, "playback/load"));
    expect(find(el, ".nvj-fields input")).toHaveProperty("value", "9");
    expect(find(el, ".nvj-integer").getAttribute("aria-pressed")).toBe("true");
    click(buttonIn(el, "Reset to defaults"));
    expect(find(el, ".nvj-fields input")).toHaveProperty("value", "2");
  });

  it("pins a command as a button", async () => {
    const { el, kernel } = await mount();
    click(option(el, "playback/load"));
    click(buttonIn(el, "Pin as button"));
    type(find(el, ".nvj-pin-editor input"), HOSTILE);
    submit(find(el, ".nvj-pin-editor"));
    await pass(0.1);
    expect(find(el, ".nvj-pins-buttons button").textContent).toBe(HOSTILE.slice(0, 40));
    click(find(el, ".nvj-pins-buttons button"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({ op: "run", body: { arguments: { index: 2 } } });
  });
});

describe("a secret", () => {
  const login = command("user/login", { name: "Anna" }, null, null, {
    known: [
      argument("pin", "text", { required: true, secret: true }),
      argument("password", "text", { default: "" }),
    ],
  });

  it("is masked but copied", async () => {
    const { el, kernel } = await mount({ commands: [login] });
    click(option(el, "user/login"));
    const [pin, password] = findAll(el, "input[type=password]");
    type(pin as HTMLElement, "4711");
    type(password as HTMLElement, "swordfish");
    const line = find(el, ".nvj-code .nvj-code-line");
    expect(line.textContent).toBe(
      'client.run_command("user/login", pin="•••", password="•••", name="Anna")',
    );
    expect(line.dataset.text).toContain('pin="4711", password="swordfish"');
    submit(find(el, ".nvj-form"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({ body: { arguments: { pin: "4711" } } });
    expect(runs(el)[0]).toContain("•••");
    expect(runs(el)[0]).not.toContain("4711");
    click(buttonIn(el, "Pin as button"));
    expect(findAll(el, ".nvj-pin-editor input").at(-1)).toHaveProperty(
      "value",
      '("user/login", pin="•••", password="•••", name="Anna")',
    );
  });

  it("that a pin does not store is requested", async () => {
    const kept = { id: "p", command: "user/login", arguments: { name: "Anna" } };
    const pin = { ...kept, asks: ["pin", "password"], label: "Log in", icon: "", tooltip: "" };
    const { el, kernel } = await mount({ commands: [login], memory: { pins: [pin] } });
    click(find(el, ".nvj-pins-buttons button"));
    await pass(0.1);
    expect(kernel.received.some(({ op }) => op === "run")).toBe(false);
    expect(document.activeElement?.getAttribute("aria-label")).toBe("pin");
    expect(find(el, ".nvj-fields").textContent).not.toContain("Using the server default");
  });
});

describe("the JSON view", () => {
  it("matches the form and does not run invalid input", async () => {
    const { el, kernel } = await mount();
    click(option(el, "playback/load"));
    click(buttonIn(find(el, ".nvj-form-tabs"), "JSON"));
    const json = find(el, ".nvj-json textarea");
    expect(json).toHaveProperty("value", '{"index": 2}');
    type(json, '{"index": ');
    expect(find(el, ".nvj-json .nvj-problem").textContent).toBe(
      "Line 1, column 11: Value expected",
    );
    press(json, "Enter", { ctrlKey: true });
    await pass(0.1);
    expect(kernel.received.some(({ op }) => op === "run")).toBe(false);
    type(json, '{"index": 5, "more": true}');
    click(buttonIn(find(el, ".nvj-form-tabs"), "Form"));
    expect(find(el, ".nvj-fields input")).toHaveProperty("value", "5");
    expect(find(el, ".nvj-code .nvj-code-line").textContent).toContain("index=5, more=True");
  });
});

describe("a refreshed list", () => {
  it("keeps the selection and the input", async () => {
    const { el, kernel } = await mount();
    click(option(el, "playback/load"));
    type(find(el, ".nvj-fields input"), "7");
    kernel.commands = [command("aaa/first"), ...kernel.commands];
    kernel.sendCommands();
    await pass(0.1);
    expect(find(el, "[aria-selected=true]").textContent).toContain("playback/load");
    expect(find(el, ".nvj-fields input")).toHaveProperty("value", "7");
  });

  it("of 5 000 commands is drawn in part", async () => {
    const many = Array.from({ length: 5000 }, (_, index) => command(`user/c-${index}`));
    const { el } = await mount({ commands: many });
    expect(findAll(el, "[role=option]").length).toBeLessThan(60);
    expect(find(el, "[role=option]").getAttribute("aria-setsize")).toBe("5000");
    type(input(el), "c 4711");
    await pass(0.05);
    expect(find(el, "[aria-selected=true]").textContent).toContain("user/c-4711");
  });
});

it("redraws a long list that was removed from the page and inserted again", async () => {
  const many = Array.from({ length: 5000 }, (_, index) => command(`user/c-${index}`));
  const { el } = await mount({ commands: many });
  type(input(el), "c 4711");
  await pass(0.05);
  type(input(el), "");
  await pass(0.05);
  const list = find(el, ".nvj-options");
  expect(list.scrollTop).toBeGreaterThan(100_000);
  // Chromium resets the scroll position without an event.
  list.scrollTop = 0;
  await pass(0.4);
  expect(option(el, "user/c-3").hidden).toBe(false);
});

describe("traits", () => {
  it("select and search from Python", async () => {
    const { el, model } = await mount({}, { query: "slow", selected: "user/slow" });
    expect(input(el)).toHaveProperty("value", "slow");
    expect(find(el, ".nvj-form-title").textContent).toBe("slow motion");
    model.set("selected", "playback/step");
    expect(find(el, ".nvj-form-title").textContent).toBe("playback/step");
    model.set("query", "colour");
    await pass(0.05);
    expect(find(el, "[aria-selected=true]").textContent).toContain("user/colour");
    await pass(0.5);
    expect(model.get("selected")).toBe("user/colour");
  });

  it("of a control room differ for inspector and palette", async () => {
    const traits = { tool: "palette", query: "avatar", command_query: "slow" };
    const { el } = await mountWidget(room, { commands: COMMANDS }, traits);
    expect(find(el, ".nvj-palette .nvj-search-input")).toHaveProperty("value", "slow");
  });
});

describe("a new cell", () => {
  it("is offered if the page is a notebook", async () => {
    const { el } = await mount();
    click(option(el, "playback/step"));
    expect(buttonIn(find(el, ".nvj-form"), "Insert cell").hidden).toBe(true);
  });
});

it("shows hostile text as text", async () => {
  const hostile = command(
    HOSTILE,
    { [HOSTILE]: HOSTILE, __proto__x: null },
    `\u202e${HOSTILE}`,
    "<b>",
    {
      sentence: HOSTILE,
      known: [argument("__proto__", "float", { default: 1, unit: HOSTILE, help: HOSTILE })],
    },
  );
  const { el } = await mount({
    commands: [hostile],
    run: () => ({ result: HOSTILE, [HOSTILE]: [HOSTILE] }),
  });
  click(option(el, HOSTILE));
  submit(find(el, ".nvj-form"));
  await pass(0.1);
  expect(find(el, ".nvj-message").textContent).toBe(HOSTILE);
  expect(find(el, ".nvj-form-title").textContent).toContain("\\u202e");
  expect(findAll(el, "img, b, script")).toEqual([]);
});

describe("input while a reply is pending", () => {
  const asking = command("user/pick", { name: "abcdef" }, null, null, {
    known: [
      argument("index", "choice", { options: [], asks: true, default: null, required: false }),
    ],
  });
  const late = () =>
    new Promise<readonly { label: string; value: number }[]>((resolve) =>
      setTimeout(() => resolve([{ label: "one", value: 1 }]), 2000),
    );

  it("late choices keep the focus in the name of an added argument", async () => {
    const { el } = await mount({ commands: [asking], choices: late });
    click(option(el, "user/pick"));
    await pass(0.3);
    click(buttonIn(el, "Add argument"));
    const name = () => find(el, ".nvj-field-extra [data-part=name]");
    expect(document.activeElement).toBe(name());
    type(name(), "spe");
    await pass(2.5);
    expect(document.activeElement).toBe(name());
  });

  it("late choices keep the cursor", async () => {
    const { el } = await mount({ commands: [asking], choices: late });
    click(option(el, "user/pick"));
    await pass(0.3);
    const field = () =>
      findAll(el, ".nvj-fields input").find((e) =>
        (e as HTMLInputElement).value.startsWith("ab"),
      ) as HTMLInputElement;
    const before = field();
    before.focus();
    before.setSelectionRange(2, 2);
    await pass(2.5);
    expect(document.activeElement).toBe(field());
    expect([field().selectionStart, field() === before]).toEqual([2, true]);
  });

  it("the editor of another pin stays open when the previous one is saved", async () => {
    const { el, kernel } = await mount();
    click(option(el, "playback/load"));
    click(buttonIn(el, "Pin as button"));
    kernel.busy = true;
    submit(find(el, ".nvj-pin-editor"));
    await pass(0.1);
    click(option(el, "playback/step"));
    click(buttonIn(el, "Pin as button"));
    type(find(el, ".nvj-pin-editor input"), "one more step");
    kernel.wake();
    await pass(0.2);
    expect(find(el, ".nvj-pin-editor").hidden).toBe(false);
  });

  it("unfinished JSON stays when the command is updated", async () => {
    const { el, kernel } = await mount();
    click(option(el, "playback/load"));
    click(buttonIn(el, "JSON"));
    const box = find(el, ".nvj-json textarea") as HTMLTextAreaElement;
    box.focus();
    type(box, '{"index": ');
    kernel.commands = kernel.commands.map((c) =>
      c.name === "playback/load" ? { ...c, sentence: "Loads it now." } : c,
    );
    kernel.sendCommands();
    await pass(0.2);
    expect(box.value).toBe('{"index": ');
  });
});

describe("the focus", () => {
  it("stays on a pressed pin", async () => {
    const pin = { ...RESET_PIN, command: "playback/step", label: "step" };
    const { el, kernel } = await mount({ memory: { pins: [pin] } });
    const button = () => find(el, ".nvj-pins-buttons button");
    button().focus();
    click(button());
    kernel.sendMemory({ recent: ["playback/step"] });
    await pass(0.2);
    expect(document.activeElement).toBe(button());
  });

  it("stays in the widget when a run is deleted", async () => {
    const { el } = await mount();
    click(option(el, "playback/step"));
    submit(find(el, ".nvj-form"));
    await pass(0.2);
    submit(find(el, ".nvj-form"));
    await pass(0.2);
    const remove = find(el, "[aria-label='Delete from history']");
    remove.focus();
    click(remove);
    await pass(0.2);
    expect(el.contains(document.activeElement)).toBe(true);
  });

  it("stays in the widget when the pin editor is closed", async () => {
    const { el } = await mount();
    click(option(el, "playback/load"));
    click(buttonIn(el, "Pin as button"));
    press(find(el, ".nvj-pin-editor input"), "Escape");
    await pass(0.2);
    expect(document.activeElement?.closest("[hidden]") ?? null).toBe(null);
    expect(document.activeElement).not.toBe(document.body);
  });
});

describe("keys", () => {
  it("of an input method stay in the box", async () => {
    const { el } = await mount();
    input(el).focus();
    type(input(el), "step");
    await pass(0.1);
    press(input(el), "Enter", { isComposing: true });
    await pass(0.1);
    expect(document.activeElement).toBe(input(el));
  });

  it("that are held down run a command only once", async () => {
    const { el, kernel } = await mount();
    click(option(el, "playback/step"));
    press(input(el), "Enter", { ctrlKey: true });
    for (let i = 0; i < 5; i += 1) press(input(el), "Enter", { ctrlKey: true, repeat: true });
    await pass(0.2);
    expect(kernel.received.filter(({ op }) => op === "run")).toHaveLength(1);
  });
});
