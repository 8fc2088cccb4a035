import { describe, expect, it } from "vitest";
import type { FakeKernelOptions } from "../../dev/fake_kernel.ts";
import { argument, COMMANDS, command } from "../../dev/scenes.ts";
import palette from "../../src/palette/index.ts";
import type { PageValue } from "../../src/shared/protocol.ts";
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

const mount = (options: FakeKernelOptions = {}) =>
  mountWidget(palette, { commands: COMMANDS, ...options });
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

  it("filters, marks and chooses the best while typing", async () => {
    const { el } = await mount();
    type(input(el), "lo");
    expect(find(el, "[aria-selected=true]").textContent).toContain("playback/load");
    expect(findAll(el, "mark").map((mark) => mark.textContent)).toContain("lo");
    type(input(el), "xyzzy");
    expect(find(el, ".nvj-palette-left .nvj-empty").textContent).toContain("Nothing matches");
    click(find(el, "[data-act=clear]"));
    expect(findAll(el, "[role=option]").length).toBe(COMMANDS.length);
  });

  it("is walked by the keyboard, into the form and back", async () => {
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

  it("teaches when there are no commands", async () => {
    const { el } = await mount({ commands: [] });
    expect(find(el, ".nvj-palette-left .nvj-empty").textContent).toContain("offers no commands");
  });

  it("says that the chosen command has gone", async () => {
    const { el, kernel } = await mount();
    click(option(el, "playback/load"));
    kernel.commands = kernel.commands.filter(({ name }) => name !== "playback/load");
    const refresh = find(el, ".nvj-palette-left .nvj-toolbar button");
    refresh.focus();
    click(refresh);
    await pass(0.1);
    expect(find(el, ".nvj-palette-right .nvj-empty").textContent).toContain(
      "no playback/load any more",
    );
    expect(document.activeElement).toBe(refresh);
  });

  it("keeps the old list and says why there is no newer one", async () => {
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
    expect(find(el, ".nvj-code .nvj-line").textContent).toBe(
      'client.run_command("playback/load", index=3)',
    );
    submit(find(el, ".nvj-form"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({
      op: "run",
      body: { name: "playback/load", arguments: { index: 3 } },
    });
    expect(runs(el)[0]).toMatch(/^done\d+ ms/);
    expect(runs(el)[0]).toContain('{"simulations": ["nanotube"]}');
  });

  it("starts by Ctrl+Enter from the list, the form, and anywhere else", async () => {
    const { el } = await mount();
    click(option(el, "playback/load"));
    // A click leaves the focus in the widget: else JupyterLab would run the cell.
    expect(document.activeElement).toBe(input(el));
    press(input(el), "Enter", { ctrlKey: true });
    press(find(el, ".nvj-field input"), "Enter", { ctrlKey: true });
    press(find(el, ".nvj-palette"), "Enter", { ctrlKey: true });
    await pass(0.1);
    expect(runs(el).length).toBe(3);
  });

  it("shows how long it takes, and several at once", async () => {
    const { el } = await mount({ run: (name) => wait(name === "user/slow" ? 6 : 3, {}) });
    for (const name of ["user/slow", "playback/play"]) {
      click(option(el, name));
      submit(find(el, ".nvj-form"));
    }
    await pass(2.5);
    expect(runs(el).every((text) => text?.startsWith("running2.") === true)).toBe(true);
    expect(option(el, "user/slow").textContent).toContain("running 2.");
    await pass(1);
    expect(runs(el).map((text) => text?.slice(0, 4))).toEqual(["done", "runn"]);
  });

  it("says what the server says, as a message or as an error", async () => {
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
    expect(find(el, ".nvj-run:nth-child(1) .nvj-chip").textContent).toBe("failed");
    expect(find(el, ".nvj-run:nth-child(2) .nvj-message").textContent).toBe("Saved as “draft”.");
  });

  it("fails visibly when the kernel goes", async () => {
    const { el, model } = await mount({ run: () => new Promise(() => undefined) });
    click(option(el, "playback/play"));
    submit(find(el, ".nvj-form"));
    await pass(0.5);
    model.emit("comm_live_update");
    await pass(0.5);
    expect(runs(el)[0]).toContain("the kernel has gone");
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

  it("does not send what it cannot read, and says why", async () => {
    const { el, kernel } = await mount();
    click(option(el, "playback/load"));
    type(find(el, ".nvj-field input"), "two");
    expect(find(el, ".nvj-field .nvj-problem").textContent).toContain("no number");
    submit(find(el, ".nvj-form"));
    await pass(0.1);
    expect(kernel.received.some(({ op }) => op === "run")).toBe(false);
  });

  it("leads to the field that is wrong", async () => {
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

  it("takes arguments that the server did not name", async () => {
    const { el, kernel } = await mount();
    click(option(el, "playback/play"));
    click(find(el, ".nvj-form-more > .nvj-link"));
    type(find(el, "[data-part=name]"), "speed");
    type(find(el, "[data-part=text]"), "fast");
    submit(find(el, ".nvj-form"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({ body: { arguments: { speed: "fast" } } });
  });

  it("keeps what was typed while another command is looked at", async () => {
    const { el } = await mount();
    click(option(el, "playback/load"));
    type(find(el, ".nvj-field input"), "7");
    click(option(el, "playback/play"));
    click(option(el, "playback/load"));
    expect(find(el, ".nvj-field input")).toHaveProperty("value", "7");
  });

  it("is off while the server is lost, and says why", async () => {
    const { el, kernel } = await mount();
    click(option(el, "playback/load"));
    kernel.sendStatus({ state: "lost", reason: "x" });
    await pass(0.4);
    const button = find(el, ".nvj-form [type=submit]");
    expect(button).toHaveProperty("disabled", true);
    expect(button.title).toContain("lost");
    expect(find(el, ".nvj-reason").textContent).toContain("lost");
    press(input(el), "Enter", { ctrlKey: true });
    await pass(0.1);
    expect(kernel.received.some(({ op }) => op === "run")).toBe(false);
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
