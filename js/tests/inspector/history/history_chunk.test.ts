// @vitest-environment happy-dom
import { describe, expect, it, vi } from "vitest";
import type { PageRecord } from "../../../src/protocol/common.ts";
import * as historyChunk from "../../../src/widgets/history_chunk.ts";
import inspector from "../../../src/widgets/inspector.ts";
import {
  click,
  find,
  findAll,
  HOSTILE,
  mountWidget,
  pass,
  press,
  rowNames,
  useFakePage,
  visibleRows,
} from "../../support.ts";

useFakePage();

// No module can be imported from a Blob here; what is loaded is the same.
vi.mock("../../../src/kernel/lazy_module.ts", () => ({
  loadModule: async (_host: unknown, name: string) => {
    if (name === "history" && !unreachable) return historyChunk;
    throw new Error(`no ${name} here`);
  },
}));
let unreachable = false;

const NOW = 1_764_064_800;
const sample = (number: number, text: string, exists = true) => ({
  number,
  at: NOW - 10 + number,
  exists,
  text,
});
const history = ({ before, limit }: PageRecord) => {
  const all = [4, 3, 2, 1].map((number) => sample(number, `change ${number}`));
  const wanted = all.filter(({ number }) => before === null || number < Number(before));
  const samples = wanted.slice(0, Math.min(Number(limit), 2));
  return { key: "a", now: NOW, total: 4, complete: false, samples };
};

type Answers = NonNullable<NonNullable<Parameters<typeof mountWidget>[1]>["answers"]>;

const mount = (answers: Answers = {}) =>
  mountWidget(inspector, { state: { a: { x: 1 }, b: 2 }, answers: { history, ...answers } });
const choose = async (el: HTMLElement, name: string) => {
  const row = visibleRows(el).find((each) => find(each, ".nvj-key").textContent === name);
  if (row === undefined) throw new Error(`no row ${name}`);
  click(row);
  await pass(0.1);
};
const tab = async (el: HTMLElement, name: string) => {
  const found = findAll(el, ".nvj-pane-tabs .nvj-tab").find((each) =>
    each.textContent?.startsWith(name),
  );
  if (found === undefined) throw new Error(`no tab ${name}`);
  click(found);
  await pass(0.1);
};
const times = (el: HTMLElement) =>
  findAll(el, ".nvj-history-text").map((each) => each.textContent ?? "");

describe("a pane that is loaded when it is opened", () => {
  it("shows why loading failed, and tries again", async () => {
    unreachable = true;
    const { el } = await mount();
    await choose(el, "a");
    await tab(el, "History");
    const pane = () => find(el, ".nvj-pane:not([hidden])");
    expect(pane().textContent).toContain("Could not load History: no history here");
    unreachable = false;
    await tab(el, "History");
    expect(times(el)).toEqual(["change 4", "change 3"]);
    const chosen = find(el, ".nvj-pane-tabs [aria-selected=true]");
    expect(pane().id).toBe(chosen.getAttribute("aria-controls"));
    expect(pane().getAttribute("aria-labelledby")).toBe(chosen.id);
    await tab(el, "Value");
    expect(findAll(el, ".nvj-pane:not([hidden])")).toHaveLength(1);
  });
});

describe("history", () => {
  it("is asked for when its tab is opened, in pages", async () => {
    const { el, kernel } = await mount();
    await choose(el, "a");
    expect(kernel.received.filter(({ op }) => op === "history")).toHaveLength(0);
    await tab(el, "History");
    expect(times(el)).toEqual(["change 4", "change 3"]);
    expect(find(el, ".nvj-history-head").textContent).toContain(
      "4 entries (older entries discarded)",
    );
    click(find(el, ".nvj-history-scroll > .nvj-link"));
    await pass(0.1);
    expect(times(el)).toEqual(["change 4", "change 3", "change 2", "change 1"]);
  });

  it("shows the age of each entry, also without changes", async () => {
    const later = (body: PageRecord) => ({ ...history(body), now: NOW + 0.5 });
    const { el, kernel } = await mount({ history: later });
    await choose(el, "a");
    await tab(el, "History");
    const ages = () => findAll(el, ".nvj-history-age").map((each) => each.textContent);
    expect(ages()).toEqual(["6.5 s", "7.5 s"]);
    await pass(20);
    expect(ages()).toEqual(["26 s", "27 s"]);
    expect(kernel.received.filter(({ op }) => op === "history")).toHaveLength(1);
  });

  it("compares an entry with the one before, or with any other", async () => {
    const asked: PageRecord[] = [];
    const differences = [
      { path: HOSTILE, kind: "changed", before: HOSTILE, after: { $nvj: "nan" } },
    ];
    const diff = (body: PageRecord) => {
      asked.push(body);
      return { key: "a", total: 3, differences };
    };
    const { el } = await mount({ diff });
    await choose(el, "a");
    await tab(el, "History");
    click(find(el, ".nvj-history-scroll > .nvj-link"));
    await pass(0.1);
    const list = find(el, ".nvj-history-list");
    press(list, "ArrowDown");
    await pass(0.1);
    expect(find(el, ".nvj-history-diff").textContent).toContain("… 2 more differences");
    expect(find(el, ".nvj-diff-line").textContent).toContain("NaN");
    expect(findAll(el, ".nvj-diff img")).toHaveLength(0);
    const compare = findAll(el, ".nvj-history-actions button")[0];
    if (compare === undefined) throw new Error("no button");
    click(compare);
    press(list, "ArrowDown");
    press(list, "ArrowDown");
    await pass(0.1);
    expect(asked.map(({ before, after }) => [before, after])).toEqual([
      [3, 4],
      [3, 4],
      [3, 4],
      [2, 4],
    ]);
  });

  it("shows the value of an entry without an earlier one", async () => {
    const asked: PageRecord[] = [];
    const value = (body: PageRecord) => {
      asked.push(body);
      return { key: "a", exists: true, value: { name: HOSTILE, x: 1 } };
    };
    const { el } = await mount({ history_value: value });
    await choose(el, "a");
    await tab(el, "History");
    click(find(el, ".nvj-history-scroll > .nvj-link"));
    await pass(0.1);
    const rows = findAll(el, ".nvj-history-row");
    const first = rows.at(-1);
    if (first === undefined) throw new Error("no row");
    click(first);
    await pass(0.1);
    expect(asked.map(({ number }) => number)).toEqual([1]);
    const opened = find(el, ".nvj-history-diff").textContent;
    expect(opened).toContain("No earlier entry to compare with");
    expect(opened).toContain(`x: 1`);
    expect(findAll(el, ".nvj-history-diff img")).toHaveLength(0);
  });

  it("has no gap after more new entries than a page holds", async () => {
    let newest = 4;
    const many = ({ before, limit }: PageRecord) => {
      const all = Array.from({ length: newest }, (_, index) => newest - index);
      const wanted = all.filter((number) => before === null || number < Number(before));
      const samples = wanted
        .slice(0, Math.min(Number(limit), 3))
        .map((number) => sample(number, `change ${number}`));
      return { key: "a", now: NOW, total: newest, complete: true, samples };
    };
    const asked: unknown[] = [];
    const diff = ({ before, after }: PageRecord) => {
      asked.push([before, after]);
      return { key: "a", total: 0, differences: [] };
    };
    const { el, kernel } = await mount({ history: many, diff });
    await choose(el, "a");
    await tab(el, "History");
    press(find(el, ".nvj-history-list"), "ArrowDown");
    await pass(0.1);

    newest = 5;
    kernel.set("a", { x: 5 });
    kernel.sendDelta();
    await pass(1.5);
    expect(times(el)).toEqual(["change 5", "change 4", "change 3", "change 2"]);

    newest = 50;
    kernel.set("a", { x: 50 });
    kernel.sendDelta();
    await pass(1.5);
    expect(times(el)).toEqual(["change 50", "change 49", "change 48"]);
    expect(find(el, ".nvj-history-opened").hidden).toBe(false);
    expect(find(el, ".nvj-history-list").getAttribute("aria-activedescendant")).toBeNull();
    click(find(el, ".nvj-history-scroll > .nvj-link"));
    await pass(0.1);
    expect(times(el).slice(2, 5)).toEqual(["change 48", "change 47", "change 46"]);
    press(find(el, ".nvj-history-list"), "ArrowDown");
    await pass(0.1);
    expect(asked).toEqual([
      [3, 4],
      [49, 50],
    ]);
  });

  it("is reset for another recording", async () => {
    let own = history;
    const { el, kernel } = await mount({ history: (body) => own(body) });
    await choose(el, "a");
    await tab(el, "History");
    press(find(el, ".nvj-history-list"), "ArrowDown");
    own = () => ({
      key: "a",
      now: NOW,
      total: 1,
      complete: true,
      samples: [sample(1, "another first")],
    });
    kernel.set("a", { x: 2 });
    kernel.sendDelta();
    await pass(1.5);

    expect(times(el)).toEqual(["another first"]);
    expect(find(el, ".nvj-history-opened").hidden).toBe(true);
  });

  it("gives its entries unique ids, because a page can have several histories", async () => {
    const ids: (readonly string[])[] = [];
    for (const _ of [1, 2]) {
      const { el } = await mount();
      await choose(el, "a");
      await tab(el, "History");
      press(find(el, ".nvj-history-list"), "ArrowDown");
      await pass(0.1);
      const chosen = find(el, ".nvj-history-row[aria-selected=true]");
      const list = find(el, ".nvj-history-list");
      expect(list.getAttribute("aria-activedescendant")).toBe(chosen.id);
      ids.push(findAll(el, ".nvj-history-row").map(({ id }) => id));
    }
    expect(new Set(ids.flat()).size).toBe(4);
  });

  it("shows why loading failed", async () => {
    const { el } = await mount({
      history: () => {
        throw new Error("no memory");
      },
    });
    await choose(el, "a");
    await tab(el, "History");
    expect(find(el, ".nvj-history .nvj-problem").textContent).toBe(
      "Could not load the history: no memory.",
    );
  });
});

describe("the plot", () => {
  it("lists numbers, and requests the checked ones", async () => {
    const asked: unknown[] = [];
    const plot = (body: PageRecord) => {
      asked.push(body.paths);
      const numbers = ["p", "q", "r", "s"].map((id) => ({ id, text: `${HOSTILE}.${id}` }));
      const paths = body.paths as readonly string[];
      const series = paths.map((id) => ({ id, text: id, times: [1, 2], values: [1, 2.5] }));
      return { key: "a", now: NOW, numbers, more: true, series };
    };
    const { el } = await mount({ plot });
    await choose(el, "a");
    await tab(el, "Plot");
    await pass(0.6);
    expect(asked.slice(0, 2)).toEqual([[], ["p", "q", "r"]]);
    const boxes = findAll(el, ".nvj-plot-number input") as readonly HTMLInputElement[];
    expect(boxes.map(({ checked }) => checked)).toEqual([true, true, true, false]);
    expect(find(el, ".nvj-plot-value").textContent).toBe("2.5");
    const box = boxes[0];
    if (box === undefined) throw new Error("no box");
    box.checked = false;
    box.dispatchEvent(new Event("change", { bubbles: true }));
    await pass(0.1);
    expect(asked.at(-1)).toEqual(["q", "r"]);
    expect(findAll(el, ".nvj-plot-numbers img")).toHaveLength(0);
  });

  it("shows that there are no numbers", async () => {
    const { el } = await mount({
      plot: () => ({ key: "a", now: NOW, numbers: [], more: false, series: [] }),
    });
    await choose(el, "a");
    await tab(el, "Plot");
    expect(find(el, ".nvj-plot-scroll").textContent).toContain("No numbers in this value");
  });
});

describe("a row with a number", () => {
  it("has a line of its last values", async () => {
    const { el, kernel } = await mount();
    for (const value of [3, 5, 4]) {
      kernel.set("b", value);
      kernel.sendDelta();
      await pass(0.2);
    }
    const row = visibleRows(el).find((each) => find(each, ".nvj-key").textContent === "b");
    const spark = row?.querySelector<HTMLElement>(".nvj-row-sparkline");
    expect(spark?.hidden).toBe(false);
    expect(spark?.querySelector("path")?.getAttribute("d")).toMatch(/^M(.+L){3}/);
  });
});

const recorded = () => ({ started_at: NOW - 60, oldest: NOW - 60, now: NOW, items: 9, bytes: 900 });

describe("pause", () => {
  it("freezes the tree, counts changes, and catches up", async () => {
    const { el, kernel } = await mount({ recorder_status: recorded });
    press(find(el, ".nvj-tree"), "p");
    await pass(0.1);
    kernel.set("b", 3);
    kernel.set("c", 1);
    kernel.sendDelta();
    await pass(0.6);
    const bar = find(el, ".nvj-pause-bar");
    expect(bar.hidden).toBe(false);
    expect(bar.textContent).toContain("2 changes in 2 keys since");
    expect(rowNames(el)).toEqual(["a", "b"]);
    press(find(el, ".nvj-tree"), "p");
    await pass(0.1);
    expect(bar.hidden).toBe(true);
    expect(rowNames(el)).toEqual(["a", "b", "c"]);
  });

  it("goes back in time by the slider, and shows what is missing", async () => {
    const past = ({ at }: PageRecord) => ({
      at,
      now: NOW,
      keys: [{ key: "old", value: 7, since: NOW - 59 }],
      absent: ["b"],
      unknown: ["lost"],
      left: 2,
    });
    const { el } = await mount({ recorder_status: recorded, state_at: past });
    click(find(el, ".nvj-actions [aria-pressed]"));
    await pass(0.1);
    const slider = find(el, ".nvj-time") as HTMLInputElement;
    expect(Number(slider.min)).toBe(NOW - 60);
    slider.value = String(NOW - 30);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await pass(0.2);
    expect(rowNames(el)).toEqual(["a", "old"]);
    expect(find(el, ".nvj-bar-note").textContent).toContain("no longer in the history: lost");
    expect(find(el, ".nvj-bar-note").textContent).toContain("2 keys shown with current value");
    press(find(el, ".nvj-tree"), "Escape");
    await pass(0.1);
    expect(rowNames(el)).toEqual(["a", "b"]);
  });
});

describe("a search", () => {
  it("searches the earlier state, then the live one again", async () => {
    const past = ({ at }: PageRecord) => ({
      at,
      now: NOW,
      keys: [{ key: "ab", value: 7, since: NOW - 59 }],
      absent: ["a"],
      unknown: [],
      left: 0,
    });
    const { el } = await mountWidget(
      inspector,
      { state: { a: 1, b: 2 }, answers: { recorder_status: recorded, state_at: past } },
      { query: "a" },
    );
    const found = () => find(el, ".nvj-search .nvj-pill").textContent;
    press(find(el, ".nvj-tree"), "p");
    await pass(0.1);
    expect([rowNames(el), found()]).toEqual([["a"], "1 of 2"]);
    const slider = find(el, ".nvj-time") as HTMLInputElement;
    slider.value = String(NOW - 30);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await pass(0.2);
    expect([rowNames(el), found()]).toEqual([["ab"], "1 of 2"]);
    press(find(el, ".nvj-tree"), "p");
    await pass(0.1);
    expect([rowNames(el), found()]).toEqual([["a"], "1 of 2"]);
  });
});

describe("the selected key", () => {
  it("is a trait that Python can set", async () => {
    const { el, model } = await mount();
    await choose(el, "a");
    expect(model.get("selected")).toBe("a");
    model.set("selected", "b");
    await pass(0.1);
    expect(find(el, ".nvj-detail-key").textContent).toBe("b");
    model.set("selected", null);
    await pass(0.1);
    expect(find(el, ".nvj-detail .nvj-empty").hidden).toBe(false);
  });
});

describe("a history that goes on", () => {
  it("does not grow without limit while an entry is open", async () => {
    let newest = 50;
    const kept = 200;
    const stream = ({ before, limit }: PageRecord) => {
      const all = Array.from({ length: Math.min(kept, newest) }, (_, index) => newest - index);
      const wanted = all.filter((number) => before === null || number < Number(before));
      const samples = wanted
        .slice(0, Number(limit))
        .map((number) => sample(number, `change ${number}`));
      return { key: "a", now: NOW, total: Math.min(kept, newest), complete: false, samples };
    };
    const diff = () => ({ key: "a", total: 0, differences: [] });
    const { el, kernel } = await mount({ history: stream, diff });
    await choose(el, "a");
    await tab(el, "History");
    press(find(el, ".nvj-history-list"), "ArrowDown");
    for (let second = 0; second < 40; second += 1) {
      newest += 30;
      kernel.set("a", { x: newest });
      kernel.sendDelta();
      await pass(1);
    }
    expect(times(el).length).toBeLessThanOrEqual(kept);
  });

  it("keeps its rows as elements, so that a click is not lost", async () => {
    let newest = 4;
    const stream = ({ before }: PageRecord) => {
      const all = Array.from({ length: newest }, (_, index) => newest - index);
      const samples = all
        .filter((n) => before === null || n < Number(before))
        .map((n) => sample(n, `change ${n}`));
      return { key: "a", now: NOW, total: newest, complete: true, samples };
    };
    const { el, kernel } = await mount({ history: stream });
    await choose(el, "a");
    await tab(el, "History");
    const pressed = findAll(el, ".nvj-history-row")[0];
    newest = 5;
    kernel.set("a", { x: 5 });
    kernel.sendDelta();
    await pass(1.5);
    expect(pressed?.isConnected).toBe(true);
  });

  const longHistory = ({ before, limit }: PageRecord) => {
    const all = Array.from({ length: 150 }, (_, index) => 150 - index);
    const wanted = all.filter((number) => before === null || number < Number(before));
    const samples = wanted
      .slice(0, Number(limit))
      .map((number) => sample(number, `change ${number}`));
    return { key: "a", now: NOW, total: 150, complete: true, samples };
  };

  it("shows no difference of another entry while the kernel is busy", async () => {
    const diff = ({ after }: PageRecord) => ({
      key: "a",
      total: 1,
      differences: [{ kind: "changed", path: `of ${after}`, before: 1, after: 2 }],
    });
    const { el, kernel } = await mount({ history: longHistory, diff });
    await choose(el, "a");
    await tab(el, "History");
    press(find(el, ".nvj-history-list"), "ArrowDown");
    await pass(0.1);
    expect(find(el, ".nvj-history-diff").textContent).toContain("of 150");
    kernel.busy = true;
    press(find(el, ".nvj-history-list"), "ArrowDown");
    await pass(0.5);
    expect(find(el, ".nvj-history-diff").textContent).not.toContain("of 150");
    kernel.wake();
    await pass(0.1);
  });

  it("compares the last of a page with the one that is not listed yet", async () => {
    const asked: unknown[] = [];
    const diff = ({ before, after }: PageRecord) => {
      asked.push([before, after]);
      return { key: "a", total: 0, differences: [] };
    };
    const value = ({ number }: PageRecord) => ({
      ...sample(Number(number), ""),
      key: "a",
      value: 1,
    });
    const { el } = await mount({ history: longHistory, diff, history_value: value });
    await choose(el, "a");
    await tab(el, "History");
    const last = findAll(el, ".nvj-history-row").at(-1);
    if (last === undefined) throw new Error("no row");
    click(last);
    await pass(0.1);
    expect(find(el, ".nvj-history-diff").textContent).not.toContain("No earlier entry");
    expect(asked).toEqual([[50, 51]]);
  });
});

it("the plot draws a number at once that is checked while a reply is pending", async () => {
  const asked: unknown[] = [];
  let hold: Promise<void> | null = null;
  const plot = async (body: PageRecord) => {
    asked.push(body.paths);
    const numbers = ["p", "q", "r", "s"].map((id) => ({ id, text: id }));
    const paths = body.paths as readonly string[];
    const series = paths.map((id) => ({ id, text: id, times: [1, 2], values: [1, 2.5] }));
    await hold;
    return { key: "a", now: NOW, numbers, more: false, series };
  };
  const { el, kernel } = await mount({ plot });
  await choose(el, "a");
  await tab(el, "Plot");
  await pass(1.1);
  let go = () => {};
  hold = new Promise((resolve) => {
    go = resolve;
  });
  kernel.set("a", { x: 2 });
  kernel.sendDelta();
  await pass(0.6);
  const box = findAll(el, ".nvj-plot-number input")[3] as HTMLInputElement;
  box.checked = true;
  box.dispatchEvent(new Event("change", { bubbles: true }));
  go();
  hold = null;
  await pass(1.1);
  expect(asked.at(-1)).toEqual(["p", "q", "r", "s"]);
});

describe("a copy", () => {
  it("of the current value is not made in an earlier state", async () => {
    const cut = { $nvj: "cut", kind: "string", length: 900, bytes: 902, head: "then" };
    const recorded = () => ({ now: NOW, oldest: NOW - 60 });
    const writeText = vi.fn(async () => undefined);
    vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText } });
    const value = () => ({ key: "a", exists: true, value: "of now" });
    const { el } = await mountWidget(inspector, {
      state: { a: cut },
      answers: { recorder_status: recorded, value },
    });
    await choose(el, "a");
    press(find(el, ".nvj-tree"), "p");
    await pass(0.1);
    press(find(el, ".nvj-tree"), "y");
    await pass(0.1);
    vi.unstubAllGlobals();
    expect(writeText).not.toHaveBeenCalled();
  });

  it("of a value too large for a page is not truncated", async () => {
    const cut = { $nvj: "cut", kind: "list", length: 9000, bytes: 9_000_002, head: [1, 2] };
    const writeText = vi.fn(async () => undefined);
    vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText } });
    const value = () => ({ key: "a", exists: true, value: cut });
    const { el } = await mountWidget(inspector, { state: { a: cut }, answers: { value } });
    await choose(el, "a");
    click(find(el, ".nvj-note .nvj-link"));
    await pass(0.1);
    expect(find(el, ".nvj-note").textContent).toContain("Too large to show");
    const json = findAll(el, ".nvj-detail-copies button")[0];
    if (json === undefined) throw new Error("no button");
    click(json);
    await pass(0.1);
    vi.unstubAllGlobals();
    expect(writeText).not.toHaveBeenCalled();
  });
});

describe("the selected key", () => {
  it("selected before the state is loaded is selected in the tree too", async () => {
    const { el, model } = await mountWidget(
      inspector,
      { state: { a: 1, b: 2 } },
      { selected: "b" },
    );
    await pass(0.5);
    expect(find(el, ".nvj-detail-key").textContent).toBe("b");
    expect(findAll(el, ".nvj-row[aria-selected=true] .nvj-key").map((e) => e.textContent)).toEqual([
      "b",
    ]);
    press(find(el, ".nvj-tree"), "t");
    await pass(0.1);
    expect(model.get("pins")).toEqual(["b"]);
  });

  it("set by Python is pinned by t", async () => {
    const { el, model } = await mountWidget(inspector, { state: { a: 1, b: 2 } });
    model.set("selected", "b");
    await pass(0.5);
    press(find(el, ".nvj-tree"), "t");
    await pass(0.1);
    expect(model.get("pins")).toEqual(["b"]);
  });
});

it("Escape and Enter of an input method are not handled", async () => {
  const { el } = await mountWidget(inspector, { state: { a: 1, b: 2 } });
  const input = find(el, ".nvj-search-input") as HTMLInputElement;
  input.focus();
  input.value = "にほ";
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await pass(0.1);
  press(input, "Enter", { isComposing: true });
  expect(document.activeElement).toBe(input);
  press(input, "Escape", { isComposing: true });
  expect(input.value).toBe("にほ");
});

it("a view that becomes visible does not report a silent kernel at once", async () => {
  const { el, kernel } = await mountWidget(inspector, { state: { a: 1 } });
  kernel.sendHeartbeat();
  await pass(0.2);
  const seen = vi.spyOn(document, "visibilityState", "get");
  seen.mockReturnValue("hidden");
  document.dispatchEvent(new Event("visibilitychange"));
  await pass(60);
  kernel.busy = true;
  seen.mockReturnValue("visible");
  document.dispatchEvent(new Event("visibilitychange"));
  await pass(0.1);
  expect(find(el, ".nvj-banner").textContent).toBe("");
});
