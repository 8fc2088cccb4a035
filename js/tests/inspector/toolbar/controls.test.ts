// @vitest-environment happy-dom

import { describe, expect, it, vi } from "vitest";
import { lease as leaseBody } from "../../../dev/lock_bodies.ts";
import { LEASES, normalWorld } from "../../../dev/scenes.ts";
import { withQuery } from "../../../src/inspector/search/recent_queries.ts";
import { badgeOf } from "../../../src/inspector/tree/lock_badge.ts";
import type { LeaseBody } from "../../../src/protocol/locks.ts";
import inspector from "../../../src/widgets/inspector.ts";
import {
  click,
  find,
  findAll,
  mountWidget,
  pass,
  press,
  rowNames,
  type,
  useFakePage,
  visibleRows,
} from "../../support.ts";

useFakePage();

const mount = (traits = {}, state = normalWorld()) =>
  mountWidget(inspector, { state, leases: LEASES }, traits);
const rowOf = (el: HTMLElement, name: string): HTMLElement => {
  const row = visibleRows(el).find((each) => find(each, ".nvj-key").textContent === name);
  if (row === undefined) throw new Error(`no row ${name}`);
  return row;
};
const button = (el: HTMLElement, name: string) => find(el, `button[aria-label^="${name}"]`);
const choose = (el: HTMLElement, menu: string, label: string) => {
  click(button(el, menu));
  const item = findAll(el, "[role^=menuitem]").find((each) => each.textContent?.startsWith(label));
  if (item === undefined) throw new Error(`no item ${label}`);
  click(item);
};

describe("pins", () => {
  it("are set by the star and by a key, kept in a trait, and read from it", async () => {
    const { el, model } = await mount({ pins: ["suggested"] });
    expect(rowNames(el)[0]).toBe("suggested.interaction.scale");
    click(find(rowOf(el, "selection"), ".nvj-row-star"));
    await pass(0.1);
    expect(model.get("pins")).toEqual(["suggested", "selection"]);
    expect(rowNames(el).slice(0, 2)).toEqual(["suggested.interaction.scale", "selection"]);
    expect(find(rowOf(el, "selection"), ".nvj-pin").hidden).toBe(false);
    click(rowOf(el, "scene"));
    press(find(el, "[role=treegrid]"), "t");
    await pass(0.1);
    expect(rowNames(el)[2]).toBe("scene");
    press(find(el, "[role=treegrid]"), "t");
    model.set("pins", []);
    await pass(0.1);
    expect(rowNames(el)[0]).toBe("avatar");
  });
});

describe("the order and the muting", () => {
  it("are set in menus and stored in traits", async () => {
    const { el, model, kernel } = await mount();
    kernel.set("simulation.name", "other");
    kernel.sendDelta();
    await pass(0.1);
    choose(el, "Sort", "Last changed");
    await pass(0.1);
    expect(model.get("sort")).toBe("changed");
    expect(rowNames(el)[0]).toBe("simulation");
    choose(el, "Mute fast-changing branches", "Above 5/s");
    for (let tick = 0; tick < 40; tick += 1) {
      kernel.set("scene", [tick]);
      kernel.sendDelta();
      await pass(0.05);
    }
    expect(model.get("mute")).toBe(5);
    expect(rowNames(el)).not.toContain("scene");
    const chip = rowOf(el, "muted");
    expect(chip.textContent).toContain("1 branch");
    expect(chip.textContent).toContain("scene");
    click(chip);
    await pass(0.1);
    expect(rowNames(el).at(-1)).toBe("scene");
  });
});

describe("recent searches", () => {
  it("are stored after a pause in typing, and selected in a menu", async () => {
    const { el, model } = await mount();
    type(find(el, ".nvj-search-input"), "ava");
    await pass(0.5);
    expect(model.get("recent_queries")).toBeUndefined();
    type(find(el, ".nvj-search-input"), "avatar");
    await pass(2.5);
    expect(model.get("recent_queries")).toEqual(["avatar"]);
    type(find(el, ".nvj-search-input"), "");
    choose(el, "Recent searches", "avatar");
    await pass(0.2);
    expect(find(el, ".nvj-search-input")).toHaveProperty("value", "avatar");
    expect(rowNames(el)[0]).toBe("avatar");
  });

  it("come newest first, once each", () => {
    expect(withQuery(["b", "a"], "a")).toEqual(["a", "b"]);
    expect(withQuery(["av", "a"], "avatar")).toEqual(["avatar", "a"]);
    expect(
      withQuery(
        Array.from({ length: 30 }, (_, i) => `${i}`),
        "x",
      ),
    ).toHaveLength(12);
  });
});

describe("the help", () => {
  it("opens by its key, lists all keys, and closes by Escape", async () => {
    const { el } = await mount();
    const help = find(el, ".nvj-help");
    press(find(el, "[role=treegrid]"), "?");
    expect(help.hidden).toBe(false);
    expect(help.textContent).toContain("changed:<5s");
    expect(findAll(help, "kbd").map((key) => key.textContent)).toEqual(
      expect.arrayContaining(["/", "t", "y", "?", "Esc"]),
    );
    press(find(el, "[role=treegrid]"), "Escape");
    expect(help.hidden).toBe(true);
  });
});

describe("the badge of a lock", () => {
  const lease = (part: Partial<LeaseBody>): LeaseBody =>
    leaseBody("scene", { left: 7.4, held: 1, max_hold: null, ...part });

  it.each([
    [{}, 1, "Held 7 s"],
    [{ state: "expiring", left: 1.8 }, 1, "Held 1 s"],
    [{}, 8, "Expired"],
    [{ endless: true, left: null }, 99, "Held"],
    [{ state: "pending" }, 0, "Requesting"],
    [{ state: "refused" }, 1, "Locked"],
    [{ state: "refused" }, 60, null],
    [{ state: "lost" }, 60, "Lost"],
    [{ state: "released" }, 0, null],
  ] as const)("of %j after %d s says %s", (part, age, text) => {
    expect(badgeOf(lease(part), age)?.text ?? null).toBe(text);
  });

  it.each([
    [{}, "Unconfirmed"],
    [{ endless: true, left: null }, "Unconfirmed"],
    [{ state: "pending" }, "Requesting"],
    [{ state: "lost" }, "Lost"],
  ] as const)("of %j says %s while disconnected", (part, text) => {
    expect(badgeOf(lease(part), 20, false)?.text ?? null).toBe(text);
  });

  it("does not count down while disconnected", async () => {
    const { el, kernel } = await mount();
    const badge = find(rowOf(el, "scene"), ".nvj-lock-badge");
    kernel.sendStatus({ state: "lost", reason: "it went away" });
    await pass(1);
    expect([badge.textContent, badge.dataset.tone]).toEqual(["Unconfirmed", "amber"]);
    kernel.sendStatus({ state: "connected" });
    await pass(1);
    expect(badge.textContent).toBe("Held 6 s");
  });

  it("is shown in the row of its key and counts down without messages", async () => {
    const { el } = await mount();
    const badge = find(rowOf(el, "scene"), ".nvj-lock-badge");
    expect(badge.textContent).toBe("Held 8 s");
    await pass(3);
    expect(badge.textContent).toBe("Held 5 s");
  });
});

it("copies the full selected value as Python, also if the page has it truncated", async () => {
  const write = vi.fn((_: string) => Promise.resolve());
  vi.stubGlobal("navigator", { clipboard: { writeText: write } });
  const cut = { $nvj: "cut", kind: "list", length: 3, bytes: 9, head: [1] };
  const { el, kernel } = await mount({}, new Map(Object.entries({ a: true, b: cut })));
  kernel.state.set("b", [1, 2, 3]);
  for (const name of ["a", "b"]) {
    click(rowOf(el, name));
    press(find(el, "[role=treegrid]"), "y");
    await pass(0.1);
  }
  vi.unstubAllGlobals();
  expect(write.mock.calls.flat()).toEqual(["True", "[1, 2, 3]"]);
  expect(find(el, "[role=status]").textContent).toContain("Copied as Python");
});
