// @vitest-environment happy-dom
import { describe, expect, it, vi } from "vitest";
import { hostileWorld, hugeWorld, normalWorld } from "../../dev/scenes.ts";
import type { PageValue } from "../../src/protocol/common.ts";
import inspector from "../../src/widgets/inspector.ts";
import {
  click,
  find,
  findAll,
  HOSTILE,
  mountWidget,
  pass,
  press,
  rowNames,
  type,
  useFakePage,
  visibleRows,
} from "../support.ts";

useFakePage();

const mount = (state: Parameters<typeof mountWidget>[1] = { state: normalWorld() }, traits = {}) =>
  mountWidget(inspector, state, traits);
const rowOf = (el: HTMLElement, name: string): HTMLElement => {
  const row = visibleRows(el).find((each) => find(each, ".nvj-key").textContent === name);
  if (row === undefined) throw new Error(`no row ${name}`);
  return row;
};
const search = (el: HTMLElement) => find(el, ".nvj-search-input");

describe("the tree", () => {
  it("shows keys with value, type, rate and age", async () => {
    const { el, kernel } = await mount();
    expect(rowNames(el)).toContain("suggested.interaction.scale");
    const scene = "at 0.19 0.98 −0.15 · 28° · ×0.23";
    expect(rowOf(el, "scene").textContent).toContain(scene);
    expect(find(rowOf(el, "scene"), ".nvj-preview").title).toBe(scene);
    for (let tick = 0; tick < 60; tick += 1) {
      kernel.set("scene", [tick]);
      kernel.sendDelta();
      await pass(0.1);
    }
    const row = rowOf(el, "scene");
    expect(find(row, ".nvj-cell-type").textContent).toBe("list");
    expect(find(row, ".nvj-cell-rate").textContent).toMatch(/^\d+(\.\d)?\/s$/);
    expect(find(row, ".nvj-cell-age").textContent).toMatch(/^0\.\d s$/);
    await pass(3);
    expect(find(row, ".nvj-cell-age").textContent).toMatch(/^3\.\d s$/);
  });

  it("takes a click for the row that is seen, whatever has changed since it was drawn", async () => {
    const { el, kernel } = await mount({ state: { b: 2, c: 3 } });
    const chosen = () => findAll(el, ".nvj-row[aria-selected=true] .nvj-key");
    const [b, c] = [rowOf(el, "b"), rowOf(el, "c")];
    kernel.set("a", 1);
    kernel.sendDelta();
    click(find(b, ".nvj-key"));
    await pass(0.1);
    expect(rowNames(el)).toEqual(["a", "b", "c"]);
    expect(chosen().map((key) => key.textContent)).toEqual(["b"]);

    kernel.remove("c");
    kernel.set("d", 4);
    kernel.sendDelta();
    click(find(c, ".nvj-key"));
    await pass(0.1);
    expect(rowNames(el)).toEqual(["a", "b", "d"]);
    expect(chosen().map((key) => key.textContent)).toEqual(["b"]);
  });

  it("keeps keyboard and Tab at the place of a row that is removed", async () => {
    const { el, kernel } = await mount({ state: { a: 1, b: 2, c: 3, d: 4, e: 5 } });
    const stops = () => visibleRows(el).filter((row) => row.tabIndex === 0);
    click(rowOf(el, "c"));
    rowOf(el, "c").focus();
    await pass(0.1);
    kernel.remove("c");
    kernel.set("f", 6);
    kernel.sendDelta();
    await pass(0.1);
    expect(document.activeElement).toBe(rowOf(el, "d"));
    expect(stops()).toEqual([rowOf(el, "d")]);
    press(rowOf(el, "d"), "ArrowDown");
    await pass(0.1);
    expect(document.activeElement).toBe(rowOf(el, "e"));

    for (const key of ["e", "f"]) kernel.remove(key);
    kernel.sendDelta();
    await pass(0.1);
    expect(document.activeElement).toBe(rowOf(el, "d"));
    expect(stops()).toEqual([rowOf(el, "d")]);
  });

  it("draws the rows in view only", async () => {
    const { el, kernel } = await mount({ state: hugeWorld(20_000) });
    await pass(0.2);
    kernel.sendHeartbeat();
    await pass(0.1);
    expect(find(el, ".nvj-footer").textContent).toBe("20\u202f000 keys · 412 kB · live");
    click(rowOf(el, "particle"));
    await pass(0.1);
    expect(findAll(el, ".nvj-row").length).toBeLessThan(60);
    expect(find(el, "[role=treegrid]").getAttribute("aria-rowcount")).toBe(
      String(visibleRowTotal(el)),
    );
  });

  it("flashes what changed on screen, and a closed branch for what is inside", async () => {
    const { el, kernel } = await mount();
    const flash = (name: string) => {
      const row = rowOf(el, name);
      const isBranch = row.hasAttribute("aria-expanded") && !find(row, ".nvj-pill").hidden;
      return find(row, isBranch ? ".nvj-pill" : ".nvj-preview").dataset.flash;
    };
    expect([flash("scene"), flash("interaction")]).toEqual([undefined, undefined]);
    kernel.set("scene", [1]);
    kernel.set("interaction.3be1", { changed: true });
    kernel.sendDelta();
    await pass(0.1);
    expect([flash("scene"), flash("interaction"), flash("simulation")]).toEqual([
      "a",
      "a",
      undefined,
    ]);
    await pass(0.5);
    kernel.set("scene", [2]);
    kernel.sendDelta();
    await pass(0.1);
    expect(flash("scene")).toBe("b");
  });
});

const visibleRowTotal = (el: HTMLElement): number =>
  Number.parseInt(find(el, ".nvj-canvas").style.height, 10) / 24;

it("leaves room for deeply nested values", async () => {
  let value: PageValue = "bottom";
  for (let level = 0; level < 30; level += 1) value = { down: value };
  const { el } = await mount({ state: new Map([["deep", value]]) });
  const focused = () => document.activeElement as HTMLElement;
  click(rowOf(el, "deep"));
  rowOf(el, "deep").focus();
  // Each level is opened, then gone into.
  for (let step = 0; step < 2 * 30; step += 1) {
    press(focused(), "ArrowRight");
    await pass(0.1);
  }
  const last = focused();
  expect([last.getAttribute("aria-level"), last.textContent]).toEqual([
    "31",
    expect.stringContaining("bottom"),
  ]);
  expect(Number(last.style.getPropertyValue("--nvj-depth"))).toBe(10);
});

describe("a search", () => {
  it("shows where it matched inside a collapsed value", async () => {
    const { el, kernel } = await mount({ state: { note: { deep: [{ name: "needle" }] } } });
    const found = () => findAll(rowOf(el, "note"), ".nvj-match:not([hidden])");
    kernel.set("note", { about: "x".repeat(200), deep: [{ name: "needle" }] });
    kernel.sendDelta();
    type(search(el), "needle");
    await pass(0.3);
    expect(found().map((each) => each.textContent)).toEqual(["deep[0].nameneedle"]);
    expect(findAll(el, ".nvj-match mark").map((mark) => mark.textContent)).toEqual(["needle"]);
    press(rowOf(el, "note"), "ArrowRight");
    await pass(0.1);
    expect(found()).toEqual([]);
    press(rowOf(el, "note"), "ArrowLeft");
    type(search(el), "note");
    await pass(0.3);
    expect(found()).toEqual([]);
  });

  it("highlights a shortened name once for several matches", async () => {
    const { el, kernel } = await mount();
    kernel.set("avatar.612e0d1c-aaaa-4aaa-8aaa-aaaaaaaaa0a3", { name: "Ivan", components: [] });
    kernel.sendDelta();
    type(search(el), "a");
    await pass(0.3);
    const name = find(rowOf(el, "612e…a3"), ".nvj-key");
    expect(findAll(name, "mark").map((mark) => mark.textContent)).toEqual(["612e…a3"]);
  });
});

describe("what is not there", () => {
  it("can be left by one click, however fast the state moves", async () => {
    const { el, kernel } = await mount();
    type(search(el), "xyzzy");
    await pass(0.2);
    const clear = find(el, ".nvj-tree-side .nvj-empty .nvj-link");
    for (let tick = 0; tick < 10; tick += 1) {
      kernel.set("scene", [tick]);
      kernel.sendDelta();
      await pass(0.05);
    }
    expect(find(el, ".nvj-tree-side .nvj-empty .nvj-link")).toBe(clear);
    click(clear);
    await pass(0.1);
    expect(rowNames(el)).toContain("scene");
  });
});

describe("the detail of numbers", () => {
  it("rounds, shows that it does, and shows all digits on demand", async () => {
    const { el, kernel } = await mount();
    kernel.set("scene", [1.6499658229696348, 0.25]);
    kernel.sendDelta();
    await pass(0.1);
    click(rowOf(el, "scene"));
    await pass(0.1);
    expect(find(el, ".nvj-pretty-lines").textContent).toBe("[1.6500, 0.25]");
    expect(find(el, "[title='1.6499658229696348']").textContent).toBe("1.6500");
    const digits = find(el, ".nvj-detail-foot .nvj-link");
    expect(digits.textContent).toBe("Rounded");
    click(digits);
    expect(find(el, ".nvj-pretty-lines").textContent).toBe("[1.6499658229696348, 0.25]");
    expect(digits.textContent).toBe("All digits");
    click(digits);
    click(rowOf(el, "suggested.interaction.scale"));
    await pass(0.1);
    expect(digits.hidden).toBe(true);
  });
});

describe("a truncated list", () => {
  const numbers = Array.from({ length: 1000 }, (_, index) => index * 10);
  const head = (first: number) => ({
    $nvj: "cut",
    kind: "list",
    length: 1000,
    bytes: 4000,
    head: [first, ...numbers.slice(1, 50)],
  });

  it("is fetched where it is visible, and again after changes, at most once per second", async () => {
    const { el, kernel } = await mount({ state: { ids: head(0) }, fullItems: numbers });
    const asked = () =>
      kernel.model.sent.filter((sent) => (sent as { op: string }).op === "items").length;
    const tree = find(el, "[role=treegrid]");
    const previews = () => visibleRows(el).map((row) => find(row, ".nvj-preview").textContent);
    const end = async () => {
      press(tree, "End");
      await pass(0.2);
    };
    click(find(rowOf(el, "ids"), ".nvj-twisty"));
    await pass(0.2);
    expect(asked()).toBe(0);
    await end();
    expect(previews().at(-1)).toBe("… 900 more");
    expect(previews().at(-2)).toBe("990");
    expect(asked()).toBe(1);
    click(visibleRows(el).at(-1) as HTMLElement);
    await pass(0.2);
    await end();
    expect(previews().at(-2)).toBe("1990");
    for (let tick = 0; tick < 30; tick += 1) {
      kernel.set("ids", head(tick));
      kernel.sendDelta();
      await pass(0.1);
    }
    // Two blocks may be on screen.
    expect(asked()).toBeGreaterThan(3);
    expect(asked()).toBeLessThan(12);
  });
});

describe("a truncated object", () => {
  const fields = Array.from({ length: 230 }, (_, at) => [`atom ${at}`, at] as const);
  const head = (from = 0) => ({
    $nvj: "cut",
    kind: "object",
    length: 230 - from,
    bytes: 4000,
    head: Object.fromEntries(fields.slice(from, from + 50)),
  });
  /** A kernel that has this object, without its first `from` fields, and with values that grow. */
  const kernelOf = (now: { from: number; grown: number }) => ({
    state: { atoms: head() },
    answers: {
      items: (body: { readonly start?: unknown; readonly count?: unknown }) => {
        const start = now.from + Number(body.start);
        const some = fields.slice(start, start + Number(body.count));
        const items = some.map(([, at]) => at + now.grown);
        const names = some.map(([name]) => name);
        return { exists: true, start, length: 230 - now.from, items, names };
      },
    },
  });
  const last = (el: HTMLElement) => visibleRows(el).at(-1) as HTMLElement;
  const toEnd = async (el: HTMLElement) => {
    press(find(el, "[role=treegrid]"), "End");
    await pass(0.3);
    press(find(el, "[role=treegrid]"), "End");
    await pass(0.3);
  };
  const previewOf = (row: HTMLElement | undefined) =>
    row === undefined ? null : find(row, ".nvj-preview").textContent;

  it("opens to its last field, and follows what changes there", async () => {
    const now = { from: 0, grown: 0 };
    const { el, kernel } = await mount(kernelOf(now));
    click(find(rowOf(el, "atoms"), ".nvj-twisty"));
    await toEnd(el);
    expect(previewOf(last(el))).toBe("… 130 more");
    click(last(el));
    await toEnd(el);
    expect(previewOf(last(el))).toBe("… 30 more");
    click(last(el));
    await toEnd(el);
    expect(find(last(el), ".nvj-key").textContent).toBe("atom 229");
    expect(previewOf(last(el))).toBe("229");
    now.grown = 1000;
    kernel.set("atoms", { ...head(), bytes: 4001 });
    kernel.sendDelta();
    await pass(1.5);
    expect(previewOf(last(el))).toBe("1229");
  });

  it("shows no field twice while it loses some at its beginning", async () => {
    const now = { from: 0, grown: 0 };
    const { el, kernel } = await mount(kernelOf(now));
    click(find(rowOf(el, "atoms"), ".nvj-twisty"));
    await toEnd(el);
    now.from = 20;
    kernel.set("atoms", head(20));
    kernel.sendDelta();
    await pass(0.1);
    const names = () => rowNames(el).filter((name) => name.startsWith("atom "));
    expect(new Set(names()).size).toBe(names().length);
    await pass(2);
    await toEnd(el);
    expect(names().at(-1)).toBe("atom 119");
    expect(previewOf(last(el))).toBe("… 110 more");
  });

  it("shows where the rest is while the tree is paused", async () => {
    const { el } = await mount(kernelOf({ from: 0, grown: 0 }));
    press(find(el, "[role=treegrid]"), "p");
    await pass(0.2);
    click(find(rowOf(el, "atoms"), ".nvj-twisty"));
    await toEnd(el);
    expect(previewOf(last(el))).toBe("… 180 more (see History)");
  });
});

describe("the keyboard", () => {
  it("walks the tree as a treegrid", async () => {
    const { el } = await mount();
    const tree = find(el, "[role=treegrid]");
    press(search(el), "ArrowDown");
    expect(document.activeElement?.textContent).toContain("avatar");
    press(tree, "ArrowRight");
    await pass(0.1);
    expect(rowOf(el, "avatar").getAttribute("aria-expanded")).toBe("true");
    press(tree, "ArrowRight");
    await pass(0.1);
    const focused = document.activeElement;
    expect(focused?.getAttribute("aria-level")).toBe("2");
    expect(focused?.getAttribute("aria-selected")).toBe("true");
    expect(findAll(el, ".nvj-row[tabindex='0']").filter((row) => !row.hidden).length).toBe(1);
    press(tree, "ArrowLeft");
    expect(document.activeElement?.getAttribute("aria-level")).toBe("1");
    press(tree, "ArrowLeft");
    await pass(0.1);
    expect(rowOf(el, "avatar").getAttribute("aria-expanded")).toBe("false");
    press(tree, "End");
    expect(document.activeElement?.textContent).toContain("user-origin");
    press(tree, "Home");
    expect(document.activeElement?.textContent).toContain("avatar");
  });

  it("goes to the search box by / and steps back by Escape", async () => {
    const { el } = await mount();
    click(rowOf(el, "scene"));
    press(find(el, "[role=treegrid]"), "/");
    expect(document.activeElement).toBe(search(el));
    type(search(el), "scene");
    await pass(0.2);
    press(find(el, "[role=treegrid]"), "Escape");
    await pass(0.1);
    expect(find(el, ".nvj-detail-content").hidden).toBe(true);
    expect(search(el)).toHaveProperty("value", "scene");
    press(find(el, "[role=treegrid]"), "Escape");
    expect(search(el)).toHaveProperty("value", "");
  });
});

describe("the filter box", () => {
  it("shows the number of matches, highlights them and stores the query", async () => {
    const { el, model } = await mount();
    type(search(el), "avatar.* name:an");
    await pass(0.5);
    expect(find(el, ".nvj-search .nvj-pill").textContent).toBe("3 of 146");
    expect(findAll(el, "mark").map((mark) => mark.textContent)).toContain("avatar");
    expect(findAll(el, "mark").map((mark) => mark.textContent)).toContain("An");
    await pass(0.5);
    expect(model.get("query")).toBe("avatar.* name:an");
  });

  it("starts with the query that was kept", async () => {
    const { el } = await mount({ state: normalWorld() }, { query: "scene" });
    expect(rowNames(el)).toContain("scene");
    expect(rowNames(el)).not.toContain("avatar");
  });

  it("shows that nothing matches, and clears the filter", async () => {
    const { el } = await mount();
    type(search(el), "no such thing");
    await pass(0.2);
    expect(find(el, ".nvj-tree-side .nvj-empty").textContent).toContain("No matches");
    click(find(el, ".nvj-tree-side .nvj-empty .nvj-link"));
    await pass(0.2);
    expect(rowNames(el)).toContain("scene");
  });
});

describe("the detail", () => {
  it("shows the full value, live, and flashes changes", async () => {
    const { el, kernel } = await mount({ state: { a: { x: 1, y: 2 } } });
    click(rowOf(el, "a"));
    await pass(0.1);
    expect(find(el, ".nvj-pretty-lines").textContent).toBe('{"x": 1, "y": 2}');
    kernel.set("a", { x: 1, y: 3 });
    kernel.sendDelta();
    await pass(0.1);
    expect(find(el, ".nvj-pretty-lines").textContent).toBe('{"x": 1, "y": 3}');
    expect(findAll(el, ".nvj-pretty [data-flash]").map((each) => each.textContent)).toEqual(["3"]);
  });

  it("shows that it is truncated, and loads the full value on demand", async () => {
    const head = { $nvj: "cut", kind: "list", length: 1000, bytes: 588_890, head: [1, 2] };
    const { el, kernel } = await mount({ state: { a: head } });
    click(rowOf(el, "a"));
    await pass(0.1);
    expect(find(el, ".nvj-note").textContent).toContain("1\u202f000 items, 589 kB");
    kernel.state.set("a", [1, 2, 3]);
    click(find(el, ".nvj-note button"));
    await pass(0.1);
    expect(find(el, ".nvj-pretty-lines").textContent).toBe("[1, 2, 3]");
    expect(find(el, ".nvj-note").textContent).toContain("Full value");
  });

  it("shows why the full value cannot be loaded", async () => {
    const head = { $nvj: "cut", kind: "list", length: 1000, bytes: 1, head: [1] };
    const { el, model } = await mount({ state: { a: head } });
    click(rowOf(el, "a"));
    await pass(0.1);
    model.dead = true;
    click(find(el, ".nvj-note button"));
    await pass(0.1);
    expect(find(el, ".nvj-note").textContent).toContain("The kernel was restarted");
  });

  it("shows that the key was removed", async () => {
    const { el, kernel } = await mount({ state: { a: 1, b: 2 } });
    click(rowOf(el, "a"));
    kernel.remove("a");
    kernel.sendDelta();
    await pass(0.1);
    expect(find(el, ".nvj-detail").textContent).toContain("Key was removed");
  });

  it("copies the value and the line of Python", async () => {
    const write = vi.fn(() => Promise.resolve());
    vi.stubGlobal("navigator", { clipboard: { writeText: write } });
    const { el } = await mount({ state: { a: { on: true } } });
    click(rowOf(el, "a"));
    await pass(0.1);
    for (const button of findAll(el, ".nvj-detail-copies button, .nvj-detail-foot button"))
      click(button);
    await pass(0.1);
    vi.unstubAllGlobals();
    expect(write.mock.calls.flat().sort()).toEqual([
      'client.copy_state()["a"]',
      '{"on": True}',
      '{"on": true}',
    ]);
  });
});

describe("empty states", () => {
  it("wait before the first snapshot, and teach after an empty one", async () => {
    const { el } = await mount({ state: {} });
    expect(find(el, ".nvj-tree-side .nvj-empty").textContent).toContain("No keys yet");
    expect(find(el, ".nvj-empty code").textContent).toContain("update_state");
  });
});

it("shows hostile text as text", async () => {
  const { el } = await mount({ state: hostileWorld() });
  for (const name of [HOSTILE, "line⏎break⇥and␀nul", "(empty)", "\\u202egnp.exe"]) {
    type(search(el), "");
    await pass(0.2);
    const tree = find(el, "[role=treegrid]");
    press(tree, "Home");
    for (let step = 0; step < 60 && !rowNames(el).includes(name); step += 1) {
      press(tree, "PageDown");
      await pass(0.05);
    }
    click(rowOf(el, name));
    await pass(0.1);
  }
  expect(findAll(el, "img, script")).toEqual([]);
  expect(({} as Record<string, unknown>).__proto__x).toBeUndefined();
});
