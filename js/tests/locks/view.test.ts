// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ABILITIES, type FakeKernelOptions } from "../../dev/fake_kernel.ts";
import { lease, watchedKey } from "../../dev/lock_bodies.ts";
import { LEASES, LOCK_NEWS } from "../../dev/scenes.ts";
import type { Module } from "../../src/kernel/lazy_module.ts";
import type { LeaseBody } from "../../src/protocol/locks.ts";
import room from "../../src/widgets/control_room.ts";
import locks from "../../src/widgets/locks.ts";
import * as chunk from "../../src/widgets/locks_chunk.ts";
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

// Node cannot import from a Blob; this imports the same module.
const load = vi.fn(async (_name: string): Promise<Module> => chunk);
vi.mock("../../src/kernel/lazy_module.ts", () => ({
  loadModule: (_host: unknown, name: string) => load(name),
}));

useFakePage();

const mount = (options: FakeKernelOptions = {}) =>
  mountWidget(locks, { leases: LEASES, ...options });
const keyInput = (el: HTMLElement) => find(el, ".nvj-key-input");
const rowOf = (el: HTMLElement, key: string): HTMLElement => {
  const row = findAll(el, "tbody tr").find((each) => find(each, "code").textContent === key);
  if (row === undefined) throw new Error(`no row ${key}`);
  return row;
};
const button = (row: HTMLElement, action: string) => find(row, `[data-action=${action}]`);
const speech = (el: HTMLElement) => find(el, "[role=status].nvj-sr").textContent;

describe("the form", () => {
  it("takes several keys for a time, and says so", async () => {
    const { el, kernel } = await mount({ leases: [] });
    type(keyInput(el), "scene");
    press(keyInput(el), "Enter");
    type(keyInput(el), "selection.root");
    type(find(el, ".nvj-seconds"), "2.5");
    submit(find(el, ".nvj-acquire"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({
      op: "lock",
      body: {
        keys: ["scene", "selection.root"],
        seconds: 2.5,
        auto_renew: true,
        max_hold: 600,
        wait: 0,
        note: "",
      },
    });
    expect(speech(el)).toBe("Acquired: scene, selection.root.");
    expect(findAll(el, "tbody tr").length).toBe(2);
    expect(findAll(el, ".nvj-key-chip")).toEqual([]);
  });

  it("keeps the key that is added while the kernel is asked for another", async () => {
    const { el } = await mount({ leases: [] });
    const chips = () => findAll(el, ".nvj-key-chip code").map((chip) => chip.textContent);
    const add = (key: string) => {
      type(keyInput(el), key);
      press(keyInput(el), "Enter");
    };
    add("scene");
    submit(find(el, ".nvj-acquire"));
    add("title");
    await pass(0.1);
    expect(speech(el)).toBe("Acquired: scene.");
    expect(chips()).toEqual(["title"]);

    click(find(el, ".nvj-acquire-watch"));
    add("other");
    await pass(0.1);
    expect(speech(el)).toBe("Watching title.");
    expect(chips()).toEqual(["other"]);
  });

  it("says that the keys were refused, and keeps them for another try", async () => {
    const { el } = await mount({ leases: [], lock: () => false });
    type(keyInput(el), "scene");
    submit(find(el, ".nvj-acquire"));
    await pass(0.1);
    expect(find(el, ".nvj-acquire .nvj-problem").textContent).toContain(
      "scene is held by another client",
    );
    expect(findAll(el, ".nvj-key-chip").length).toBe(1);
    expect(rowOf(el, "scene").textContent).toContain("Refused");
  });

  it.each([
    ["", "10", "at least one key"],
    ["scene", "soon", "Enter a duration such as 10 s"],
    ["scene", "0", "more than 0"],
  ])("does not send %j for %j", async (key, seconds, problem) => {
    const { el, kernel } = await mount({ leases: [] });
    type(keyInput(el), key);
    type(find(el, ".nvj-seconds"), seconds);
    submit(find(el, ".nvj-acquire"));
    await pass(0.1);
    expect(find(el, ".nvj-acquire .nvj-problem").textContent).toContain(problem);
    expect(kernel.received.some(({ op }) => op === "lock")).toBe(false);
  });

  it("suggests live keys, but not all of very many", async () => {
    const state = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`key.${n}`, n]));
    const { el } = await mount({ state: { ...state, scene: 1 } });
    type(keyInput(el), "sce");
    expect(findAll(el, "datalist option").map((each) => each.getAttribute("value"))).toEqual([
      "scene",
    ]);
    type(keyInput(el), "key");
    expect(findAll(el, "datalist option").length).toBe(200);
  });

  it("says of a key that it is not there", async () => {
    const { el } = await mount({ leases: [], state: { scene: 1 } });
    for (const key of ["scene", "sce"]) {
      type(keyInput(el), key);
      press(keyInput(el), "Enter");
    }
    expect(findAll(el, ".nvj-key-chip").map((chip) => chip.textContent)).toEqual([
      "scene",
      "scenew key",
    ]);
  });

  it("lets chips be taken away", async () => {
    const { el } = await mount({ leases: [] });
    type(keyInput(el), "a");
    press(keyInput(el), "Enter");
    type(keyInput(el), "b");
    press(keyInput(el), ",");
    click(find(el, ".nvj-key-chip button"));
    expect(findAll(el, ".nvj-key-chip code").map((chip) => chip.textContent)).toEqual(["b"]);
    press(keyInput(el), "Backspace");
    expect(findAll(el, ".nvj-key-chip")).toEqual([]);
  });
});

describe("the table", () => {
  it("counts down without a word from the kernel", async () => {
    const { el, kernel } = await mount();
    await pass(1);
    const left = find(rowOf(el, "scene"), ".nvj-time-left");
    const before = Number.parseFloat(left.textContent ?? "");
    const received = kernel.seq;
    await pass(3);
    expect(Number.parseFloat(left.textContent ?? "")).toBeCloseTo(before - 3, 0);
    expect(kernel.seq).toBe(received);
    const arc = find(rowOf(el, "scene"), ".nvj-ring-arc");
    expect(Number(arc.getAttribute("stroke-dashoffset"))).toBeGreaterThan(15);
  });

  it("draws of its rows only those in view, again and again", async () => {
    const watching = new Map<Element, IntersectionObserverCallback>();
    class Observer {
      readonly #tell: IntersectionObserverCallback;
      constructor(tell: IntersectionObserverCallback) {
        this.#tell = tell;
      }
      observe(element: Element) {
        watching.set(element, this.#tell);
      }
      unobserve() {}
      disconnect() {}
    }
    vi.stubGlobal("IntersectionObserver", Observer);
    const { el } = await mount();
    const see = (target: HTMLElement, isIntersecting: boolean) =>
      watching.get(target)?.(
        [{ target, isIntersecting } as unknown as IntersectionObserverEntry],
        {} as IntersectionObserver,
      );
    const leftOf = (key: string) => find(rowOf(el, key), ".nvj-time-left").textContent;
    await pass(1);
    const before = leftOf("scene");
    see(rowOf(el, "scene"), false);
    await pass(2);
    expect(leftOf("scene")).toBe(before);
    see(rowOf(el, "scene"), true);
    const after = leftOf("scene");
    expect(Number.parseFloat(after ?? "")).toBeCloseTo(Number.parseFloat(before ?? "") - 2, 0);
    await pass(1);
    expect(leftOf("scene")).not.toBe(after);
    vi.unstubAllGlobals();
  });

  it("says in words what happened", async () => {
    const { el } = await mount();
    expect(rowOf(el, "selection.root").textContent).toContain("Held by Ivan's notebook until ");
    expect(find(el, ".nvj-notice").textContent).toBe(
      "Lost selection.ligand: the simulation was switched by playback/load",
    );
  });

  it("renews, releases, tries again and dismisses", async () => {
    const { el, kernel } = await mount();
    for (const [key, action] of [
      ["suggested.interaction.scale", "renew"],
      ["scene", "release"],
      ["selection.ligand", "retry"],
      ["selection.root", "dismiss"],
    ] as const) {
      click(button(rowOf(el, key), action));
      await pass(0.1);
    }
    expect(kernel.received.flatMap(({ op, body }) => (op === "ack" ? [] : [[op, body]]))).toEqual([
      ["hello", { epoch: null, rev: null }],
      ["renew", { key: "suggested.interaction.scale" }],
      ["release", { keys: ["scene"] }],
      [
        "lock",
        {
          keys: ["selection.ligand"],
          seconds: 10,
          auto_renew: true,
          max_hold: 600,
          wait: 0,
          note: "",
        },
      ],
      ["dismiss_lease", { key: "selection.root" }],
    ]);
    expect(findAll(el, "tbody tr").length).toBe(3);
  });

  it("counts and releases all that are held, those that are not shown too", async () => {
    const { el, kernel } = await mount({ moreLeases: 500 });
    expect(find(el, ".nvj-locks-footer").textContent).toContain("502 locks held");
    expect(el.textContent).toContain("… 500 more");
    click(find(el, ".nvj-locks-footer .nvj-button"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({ op: "release_all", body: {} });
    expect(speech(el)).toBe("Released all locks.");
  });

  it("keeps its rows as elements, so that a click is not lost", async () => {
    const { el, kernel } = await mount();
    const row = rowOf(el, "scene");
    kernel.leases = [...kernel.leases].reverse();
    kernel.sendLeases();
    await pass(0.2);
    expect(rowOf(el, "scene")).toBe(row);
    expect(row.dataset.index).toBe("3");
  });

  it("keeps the focus in the table while rows go", async () => {
    const { el } = await mount();
    const at = () => document.activeElement?.getAttribute("aria-label");
    for (const [key, action, next] of [
      ["selection.root", "dismiss", "Retry selection.ligand"],
      ["selection.ligand", "dismiss", "Renew suggested.interaction.scale"],
      ["scene", "release", "Dismiss scene"],
    ] as const) {
      const each = button(rowOf(el, key), action);
      each.focus();
      click(each);
      await pass(0.2);
      expect(at()).toBe(next);
    }
  });

  it("is in doubt while the server is lost", async () => {
    const { el, kernel } = await mount();
    kernel.sendStatus({ state: "lost", reason: "x" });
    await pass(0.4);
    expect(find(rowOf(el, "scene"), ".nvj-chip").textContent).toBe("Held?");
    kernel.sendStatus({ state: "connected" });
    await pass(0.4);
    expect(find(rowOf(el, "scene"), ".nvj-chip").textContent).toBe("Held");
  });

  it("says why something could not be done", async () => {
    const { el, model } = await mount();
    model.dead = true;
    click(button(rowOf(el, "scene"), "renew"));
    await pass(0.1);
    expect(find(el, ".nvj-notice").textContent).toContain(
      "Could not renew the lock: The kernel was restarted",
    );
  });
});

describe("the switch of a row", () => {
  it("asks for what it shows", async () => {
    const { el, kernel } = await mount();
    for (const [key, autoRenew] of [
      ["scene", false],
      ["suggested.interaction.scale", true],
    ] as const) {
      const box = find(rowOf(el, key), "[data-auto-renew]");
      box.focus();
      click(box);
      await pass(0.2);
      expect(kernel.received.filter(({ op }) => op === "auto_renew").at(-1)).toMatchObject({
        body: { key, auto_renew: autoRenew },
      });
      expect(box).toHaveProperty("checked", autoRenew);
      expect(document.activeElement).toBe(box);
    }
    expect(button(rowOf(el, "scene"), "renew").hidden).toBe(false);
  });

  it("stays as it was put while the kernel is asked, and goes back where it could not be done", async () => {
    const refusal = async () => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      throw new Error("no");
    };
    const { el } = await mount({ answers: { auto_renew: refusal } });
    const box = find(rowOf(el, "scene"), "[data-auto-renew]");
    click(box);
    await pass(0.4);
    expect(box).toHaveProperty("checked", false);
    await pass(0.4);
    expect(box).toHaveProperty("checked", true);
    expect(find(el, ".nvj-notice").textContent).toContain("Could not change auto-renew: no");
  });
});

describe("waiting and limits", () => {
  it("are sent with the keys", async () => {
    const { el, kernel } = await mount({ leases: [] });
    click(find(el, ".nvj-acquire-more"));
    const [wait, cap, note] = findAll(el, ".nvj-acquire-limits input");
    if (wait === undefined || cap === undefined || note === undefined) throw new Error("no fields");
    type(wait, "5");
    type(cap, "");
    type(note, " for a minute ");
    click(find(el, ".nvj-acquire .nvj-switch"));
    type(keyInput(el), "scene");
    submit(find(el, ".nvj-acquire"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({
      op: "lock",
      body: { keys: ["scene"], auto_renew: false, max_hold: null, wait: 5, note: "for a minute" },
    });
    type(wait, "");
    type(keyInput(el), "title");
    submit(find(el, ".nvj-acquire"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({ op: "lock", body: { wait: null } });
  });

  it("extend what is held by ten minutes", async () => {
    const { el, kernel } = await mount();
    click(button(rowOf(el, "scene"), "extend"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({
      op: "max_hold",
      body: { key: "scene", seconds: 1200 },
    });
    expect(rowOf(el, "scene").textContent).toContain("of 20 min at most");
  });

  it("end with the button", async () => {
    const waiting = { ...(LEASES[0] as LeaseBody), state: "pending" as const, left: null };
    const { el, kernel } = await mount({ leases: [waiting] });
    click(button(rowOf(el, "scene"), "cancel"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({ op: "release", body: { keys: ["scene"] } });
  });
});

describe("who blocks", () => {
  it("is found out on request", async () => {
    const { el } = await mount({ leases: [], lock: (keys) => !keys.includes("b") });
    for (const key of ["a", "b"]) {
      type(keyInput(el), key);
      press(keyInput(el), "Enter");
    }
    submit(find(el, ".nvj-acquire"));
    await pass(0.1);
    click(find(el, ".nvj-acquire .nvj-problem button"));
    await pass(0.1);
    expect(find(el, ".nvj-acquire .nvj-problem").textContent).toContain(
      "Held by another client: b.",
    );
  });

  const ask = async (el: HTMLElement, message: string) => {
    const row = rowOf(el, "selection.root");
    click(button(row, "ask"));
    const field = find(row, ".nvj-lease-message input");
    expect(document.activeElement).toBe(field);
    type(field, message);
    submit(find(row, ".nvj-lease-message"));
    await pass(0.1);
  };

  it("can be asked where it is known, with a message", async () => {
    const { el, kernel } = await mount({ holders: ["selection.root"] });
    await ask(el, " please ");
    expect(kernel.received.at(-1)).toMatchObject({
      op: "request_release",
      body: { keys: ["selection.root"], message: "please" },
    });
    const notice = find(el, ".nvj-notice");
    expect([notice.textContent, notice.dataset.tone]).toEqual([
      "Requested release of selection.root.",
      "neutral",
    ]);
    expect(document.activeElement).toBe(button(rowOf(el, "selection.root"), "ask"));
    click(button(rowOf(el, "scene"), "release"));
    expect(notice.hidden).toBe(true);
  });

  it("is said to be unknown where it is", async () => {
    const { el } = await mount();
    await ask(el, "");
    expect(find(el, ".nvj-notice").textContent).toContain("cannot be asked");
  });

  it("is not asked after Escape", async () => {
    const { el, kernel } = await mount();
    const row = rowOf(el, "selection.root");
    click(button(row, "ask"));
    press(find(row, ".nvj-lease-message input"), "Escape");
    await pass(0.1);
    expect(find(row, ".nvj-lease-message").hidden).toBe(true);
    expect(document.activeElement).toBe(button(row, "ask"));
    expect(kernel.received.some(({ op }) => op === "request_release")).toBe(false);
  });
});

describe("a refused row", () => {
  const REFUSED = lease("scene", { state: "refused", note: "held by another client" });

  it("waits until the key is free, then acquires it by itself", async () => {
    const { el, kernel } = await mount({ leases: [REFUSED], lock: () => false });
    click(button(rowOf(el, "scene"), "acquireWhenFree"));
    await pass(0.2);
    expect(kernel.received.at(-1)).toMatchObject({
      op: "lock",
      body: { keys: ["scene"], wait: null, note: "" },
    });
    expect(rowOf(el, "scene").textContent).toMatch(
      /Waiting.*Held by another client.*asked \d s ago/,
    );

    kernel.grant(["scene"]);
    await pass(0.2);
    expect(find(rowOf(el, "scene"), ".nvj-chip").textContent).toBe("Held");
    expect(speech(el)).toBe("Acquired: scene.");
  });

  it("can be given up without an error", async () => {
    const { el } = await mount({ leases: [REFUSED], lock: () => false });
    click(button(rowOf(el, "scene"), "acquireWhenFree"));
    await pass(0.2);
    click(button(rowOf(el, "scene"), "cancel"));
    await pass(0.2);
    expect(find(el, ".nvj-acquire .nvj-problem").hidden).toBe(true);
    expect(speech(el)).toBe("Stopped waiting for scene.");
  });
});

describe("a held row", () => {
  const waiting = ["Ben", "Ada"].map((name) => ({
    client: `id-${name}`,
    name,
    note: "please",
    since: 1_790_000_000,
  }));

  it("names those who wait, and is handed over to one of them", async () => {
    const { el, kernel } = await mount({ leases: [lease("scene", { left: 8, waiting })] });
    const rows = findAll(rowOf(el, "scene"), ".nvj-lease-waiting li");
    expect(rows.map((row) => row.textContent)).toEqual([
      "Ben is waitingHand over",
      "Ada is waitingHand over",
    ]);
    expect(find(el, ".nvj-lease-waiting span").title).toMatch(/^Ben is waiting since .*: please$/);
    click(find(el, "[aria-label='Hand over scene to Ada']"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({
      op: "hand_over",
      body: { key: "scene", client: "id-Ada" },
    });
    expect(speech(el)).toBe("Handed over scene to Ada.");
  });

  it("counts those that are not listed", async () => {
    const many = Array.from({ length: 9 }, (_, n) => ({ ...waiting[0], client: `${n}` }));
    const { el } = await mount({
      leases: [lease("scene", { left: 8, waiting: many as LeaseBody["waiting"] })],
    });
    expect(find(el, ".nvj-lease-waiting").textContent).toContain("6 more waiting");
  });

  it("shows that a client wrote the key that does not follow the convention", async () => {
    const { el, kernel } = await mount({ leases: [lease("scene", { left: 8, overwrites: 3 })] });
    const badge = find(rowOf(el, "scene"), ".nvj-pill");
    expect([badge.textContent, badge.hidden, badge.title]).toEqual([
      "Written by another client",
      false,
      "3 writes. A client that does not follow the convention wrote this key while you held it.",
    ]);
    kernel.leases = [lease("scene", { left: 8 })];
    kernel.sendLeases();
    await pass(0.1);
    expect(badge.hidden).toBe(true);
  });
});

describe("watched keys", () => {
  const watched = (el: HTMLElement) =>
    findAll(el, "[aria-label='Watched keys'] li").map((row) => row.textContent);

  it("say whose they are and since when, and go on counting", async () => {
    const { el } = await mount({ lockUpdates: LOCK_NEWS });
    await pass(2);
    expect(watched(el)).toEqual([
      expect.stringMatching(
        /^selection.rootOther clientHeld by Ivan's notebook · for 4[34] s · 2 waiting$/,
      ),
      expect.stringMatching(/^selection.proteinFreefor 2 min/),
      expect.stringMatching(/^sceneMine/),
    ]);
  });

  it("are named in the form too", async () => {
    const { el, kernel } = await mount();
    const watch = find(el, ".nvj-acquire-watch");
    click(watch);
    expect(find(el, ".nvj-acquire .nvj-problem").textContent).toContain(
      "at least one key to watch",
    );
    type(keyInput(el), "scene");
    press(keyInput(el), "Enter");
    type(keyInput(el), "title");
    click(watch);
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({
      op: "watch",
      body: { keys: ["scene", "title"] },
    });
    expect(findAll(el, ".nvj-key-chip")).toEqual([]);
    expect(find(el, ".nvj-acquire .nvj-problem").hidden).toBe(true);
  });

  it("come and go", async () => {
    const { el, kernel } = await mount();
    click(button(rowOf(el, "selection.root"), "watch"));
    await pass(0.1);
    expect(watched(el).length).toBe(1);
    click(find(el, "[aria-label='Watched keys'] button"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({ op: "unwatch" });
    expect(watched(el)).toEqual([]);
  });
});

describe("requests of others", () => {
  it("are shown, and answered by handing over", async () => {
    const { el, kernel } = await mount({ lockUpdates: LOCK_NEWS });
    const bar = find(el, ".nvj-requests");
    expect(bar.textContent).toContain("Nandita is waiting for scene: for a minute");
    click(find(bar, "[data-answer=hand_over]"));
    await pass(0.2);
    expect(kernel.received.at(-1)).toMatchObject({
      op: "hand_over",
      body: { key: "scene", client: "a1" },
    });
    expect(rowOf(el, "scene").textContent).toContain("Released");
    expect(bar.hidden).toBe(true);
  });

  it("can be dismissed", async () => {
    const { el, kernel } = await mount({ lockUpdates: LOCK_NEWS });
    click(find(el, "[data-answer=dismiss]"));
    await pass(0.2);
    expect(kernel.received.at(-1)).toMatchObject({ op: "dismiss", body: { client: "a1" } });
    expect(find(el, ".nvj-requests").hidden).toBe(true);
  });

  it("clear themselves", async () => {
    const { el, kernel } = await mount({ lockUpdates: LOCK_NEWS });
    kernel.sendLockUpdates({ requests: [] });
    await pass(0.1);
    expect(find(el, ".nvj-requests").hidden).toBe(true);
  });
});

describe("our name", () => {
  const field = (el: HTMLElement) => find(el, ".nvj-own-name") as HTMLInputElement;

  it("is filled in, and sent when it was changed", async () => {
    const { el, kernel } = await mount();
    expect(field(el).value).toBe("Anna");
    field(el).focus();
    field(el).blur();
    expect(kernel.received.some(({ op }) => op === "set_name")).toBe(false);
    type(field(el), " Anna's laptop ");
    submit(find(el, ".nvj-name-form"));
    await pass(0.1);
    expect(kernel.received.at(-1)).toMatchObject({
      op: "set_name",
      body: { name: "Anna's laptop" },
    });
    expect(field(el).value).toBe("Anna's laptop");
  });

  it("is sent when the focus leaves, and stays if it is empty", async () => {
    const { el, kernel } = await mount();
    field(el).focus();
    type(field(el), "");
    field(el).blur();
    expect(field(el).value).toBe("Anna");
    field(el).focus();
    type(field(el), "Wei");
    field(el).blur();
    await pass(0.1);
    expect(kernel.received.filter(({ op }) => op === "set_name").map(({ body }) => body)).toEqual([
      { name: "Wei" },
    ]);
  });

  it("is not overwritten while it is typed", async () => {
    const { el, kernel } = await mount();
    field(el).focus();
    type(field(el), "We");
    kernel.sendLockUpdates({ name: "Ivan" });
    await pass(1.1);
    expect(field(el).value).toBe("We");
    press(field(el), "Escape");
    expect(field(el).value).toBe("Ivan");
  });
});

it("shows what happened, the newest first", async () => {
  const { el } = await mount({ lockUpdates: LOCK_NEWS });
  const list = find(el, "[aria-label='Recent events']");
  const section = list.parentElement;
  expect(section?.hidden).toBe(true);
  click(find(el, ".nvj-locks-footer .nvj-quiet"));
  expect(section?.hidden).toBe(false);
  expect(list.firstElementChild?.textContent).toContain("Lostselection.ligand");
});

describe("what cannot be done", () => {
  it("is explained where a server has no locks", async () => {
    const status = { abilities: { ...ABILITIES, locks: "none" as const } };
    const { el } = await mount({ leases: [], status });
    expect(find(el, ".nvj-locks-support").hidden).toBe(true);
    expect(find(el, ".nvj-locks > .nvj-empty").textContent).toContain("This server has no locks");
  });

  it("is said once where locks are cooperative", async () => {
    const hint = (el: HTMLElement) => find(el, ".nvj-cooperative");
    const status = { abilities: { ...ABILITIES, locks: "cooperative" as const } };
    const { el } = await mount({ leases: [], status });
    expect(hint(el).hidden).toBe(false);
    expect(hint(el).textContent).toContain("headsets can still write");
    expect(el.textContent?.toLowerCase()).not.toContain("enforced");
    expect(hint((await mount()).el).hidden).toBe(true);
  });

  it("is disabled while the server is lost", async () => {
    const { el, kernel } = await mount();
    kernel.sendStatus({ state: "lost", reason: "x" });
    await pass(0.4);
    for (const each of [
      find(el, ".nvj-acquire [type=submit]"),
      button(rowOf(el, "scene"), "release"),
    ]) {
      expect(each).toHaveProperty("disabled", true);
      expect(each.title).toContain("Disconnected");
    }
  });

  it("is taught where there are no locks yet", async () => {
    const { el } = await mount({ leases: [] });
    expect(find(el, ".nvj-scroll .nvj-empty").textContent).toContain("No locks yet");
  });
});

it("shows hostile text as text", async () => {
  const row = lease(HOSTILE, {
    state: "lost",
    note: `\u202e${HOSTILE}`,
    holder: HOSTILE,
    until: 1e300,
  });
  const { el } = await mount({ leases: [row] });
  expect(find(el, "tbody code").textContent).toBe(HOSTILE);
  expect(findAll(el, "img")).toEqual([]);
});

describe("buttons that come and go", () => {
  const REQUESTS = ["a1", "a2"].map((client) => ({
    client,
    name: client,
    message: "",
    keys: ["scene"],
    since: 1_790_000_000,
  }));
  it("stay where a lock could not be handed over", async () => {
    const { el, kernel } = await mount({
      lockUpdates: { requests: REQUESTS.slice(0, 1) },
      answers: {
        hand_over: () => {
          throw new Error("the server is slow");
        },
      },
    });
    click(find(el, "[data-answer=hand_over]"));
    await pass(0.2);
    expect(find(el, ".nvj-notice").textContent).toContain("Could not hand over the lock");
    expect(kernel.received.filter(({ op }) => op === "dismiss")).toEqual([]);
  });
  it("keep the focus when another request comes", async () => {
    const { el, kernel } = await mount({ lockUpdates: { requests: REQUESTS.slice(0, 1) } });
    find(el, "[data-answer=dismiss]").focus();
    kernel.sendLockUpdates({ requests: REQUESTS });
    await pass(0.1);
    expect(document.activeElement?.getAttribute("data-answer")).toBe("dismiss");
  });
  it("keep the focus when a request is answered", async () => {
    const { el } = await mount({ lockUpdates: { requests: REQUESTS } });
    find(el, "[data-answer=dismiss]").focus();
    click(find(el, "[data-answer=dismiss]"));
    await pass(0.1);
    expect(el.contains(document.activeElement)).toBe(true);
  });
  it("keep the focus when the last watched key goes", async () => {
    const watched = [watchedKey("scene")];
    const { el } = await mount({ lockUpdates: { watched } });
    const button = find(el, "[aria-label='Watched keys'] button");
    button.focus();
    click(button);
    await pass(0.1);
    expect(el.contains(document.activeElement)).toBe(true);
  });
  it("of watched keys stay elements, so that a click is not lost", async () => {
    const watched = [watchedKey("scene")];
    const { el } = await mount({ lockUpdates: { watched } });
    const pressed = find(el, "[aria-label='Watched keys'] button");
    await pass(1.1);
    expect(pressed.isConnected).toBe(true);
  });
});

describe("the module of the view", () => {
  const mountRoom = (options: FakeKernelOptions) =>
    mountWidget(room, options, { tool: "inspector", command_query: "", selected_command: null });
  const loaded = () => load.mock.calls.filter(([name]) => name === "locks_view").length;
  beforeEach(() => load.mockClear());

  it("is loaded when the tool is first visible", async () => {
    const { el } = await mountRoom({ leases: [lease("scene", { left: 8 })] });
    expect(loaded()).toBe(0);
    const tab = findAll(el, "[role=tab]").find(({ textContent }) => textContent === "Locks 1");
    if (tab === undefined) throw new Error("no tab");
    click(tab);
    await pass(0.1);
    expect(loaded()).toBe(1);
    expect(rowOf(el, "scene").textContent).toContain("Held");
  });

  it.each([
    [{ leases: [lease("scene", { state: "lost", note: "expired" })] }, "Lost scene: expired"],
    [{ lockUpdates: LOCK_NEWS }, "Nandita is waiting for scene: for a minute"],
  ])("is loaded to announce news while another tool is visible", async (options, text) => {
    const { el } = await mountRoom(options);
    await pass(0.1);
    expect(loaded()).toBe(1);
    expect(speech(el)).toBe(text);
  });
});
