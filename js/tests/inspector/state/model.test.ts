import { beforeEach, describe, expect, it } from "vitest";
import { parseFilter } from "../../../src/inspector/search/filter.ts";
import { InspectorModel, PAGE } from "../../../src/inspector/state/model.ts";
import type { Row } from "../../../src/inspector/tree/rows.ts";
import type { Entry } from "../../../src/kernel/state_store.ts";
import type { PageValue } from "../../../src/protocol/common.ts";

let entries: Map<string, Entry>;
let model: InspectorModel;

/** Few keys are shown open, so that a test of folding needs many. */
const crowd = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`crowd.${index}`, 0]));

function start(state: Readonly<Record<string, PageValue>>) {
  entries = new Map();
  model = new InspectorModel(entries);
  change(state);
}

function change(state: Readonly<Record<string, PageValue>>, removed: readonly string[] = []) {
  const added: string[] = [];
  const changed: string[] = [];
  for (const [key, value] of Object.entries(state)) {
    (entries.has(key) ? changed : added).push(key);
    entries.set(key, { key, value, changedAt: 1, rate: 0 });
  }
  for (const key of removed) entries.delete(key);
  model.apply({ added, changed, removed, at: 1 });
}

const nameOf = (row: Row): string => {
  if (row.kind === "node") return row.pinned ? `*${row.node.path}` : row.node.path;
  if (row.kind === "value") return row.name;
  return row.kind === "more" ? `… ${row.hidden}` : `muted ${row.nodes.length}`;
};
const text = (row: Row): string => {
  const sign = row.open === null ? " " : row.open ? "v" : ">";
  const name = nameOf(row);
  return `${"  ".repeat(row.depth)}${sign} ${name}`;
};
const allRows = (): readonly Row[] =>
  Array.from({ length: model.rowCount }, (_, index) => model.rowAt(index)).filter(
    (row) => row !== undefined,
  );
const rows = () => allRows().map(text);
const search = (query: string) => {
  model.setFilter(parseFilter(query));
  while (!model.search(1, () => false));
};
const rowOf = (end: string): Row => {
  const row = allRows().find((candidate) => text(candidate).endsWith(` ${end}`));
  if (row === undefined) throw new Error(`no row ${end}`);
  return row;
};

beforeEach(() =>
  start({ "avatar.1": { name: "A", at: [1, 2] }, "avatar.2": 1, scene: 5, ...crowd }),
);

describe("rows", () => {
  it("show branches closed, with keys beside them", () => {
    expect(rows()).toEqual(["> avatar", "> crowd", "  scene"]);
  });

  it("show a small state open", () => {
    start({ "avatar.1": 1, "avatar.2": 2 });
    expect(rows()).toEqual(["v avatar", "    avatar.1", "    avatar.2"]);
  });

  it("open keys, and values inside of them", () => {
    model.setOpen(rowOf("avatar"), true);
    model.setOpen(rowOf("avatar.1"), true);
    model.setOpen(rowOf("at"), true);
    expect(rows()).toEqual([
      "v avatar",
      "  v avatar.1",
      "      name",
      "    v at",
      "        0",
      "        1",
      "    avatar.2",
      "> crowd",
      "  scene",
    ]);
  });

  it("draw a chain without branches as one row", () => {
    start({ "suggested.interaction.scale": 1, "update.index.1": 1, "update.index.2": 2 });
    expect(rows()).toEqual(["  suggested.interaction.scale", "> update.index"]);
    expect(allRows().map((row) => row.kind === "node" && row.chain.length)).toEqual([3, 2]);
  });

  it("stay the same list while only values change", () => {
    model.setOpen(rowOf("avatar"), true);
    const before = model.version;
    change({ "avatar.1": { name: "B", at: [1, 2] }, scene: 6 });
    expect(model.version).toBe(before);
  });

  it("follow the shape of a value that is open", () => {
    model.setOpen(rowOf("avatar"), true);
    model.setOpen(rowOf("avatar.1"), true);
    change({ "avatar.1": { other: true } });
    expect(rows()).toContain("      other");
    expect(rows()).not.toContain("      name");
  });

  it("come and go with their keys", () => {
    change({ "b.new": 1 }, ["scene"]);
    expect(rows()).toEqual(["> avatar", "  b.new", "> crowd"]);
  });

  it("show a long list by pages and say what is left", () => {
    start({ long: Array.from({ length: 1080 }, (_, index) => index) });
    model.setOpen(rowOf("long"), true);
    expect(model.rowCount).toBe(1 + PAGE + 1);
    expect(rows().at(-1)).toBe("    … 980");
    model.showMore("long", []);
    expect(rows().at(-1)).toBe("    … 880");
  });

  it("have a placeholder for truncated items with their number", () => {
    start({ cut: { $nvj: "cut", kind: "list", length: 1000, bytes: 1, head: [1, 2] } });
    model.setOpen(rowOf("cut"), true);
    expect(rows().slice(0, 3)).toEqual(["v cut", "    0", "    1"]);
    expect(rows().at(-1)).toBe("    … 900");
  });
});

describe("a filter", () => {
  it("opens what it finds and hides the rest", () => {
    search("avatar");
    expect(rows()).toEqual(["v avatar", "  > avatar.1", "    avatar.2"]);
    expect(model.matched).toBe(2);
  });

  it("follows values that come to match, and that cease to", () => {
    search("needle");
    expect(model.matched).toBe(0);
    change({ scene: "a needle" });
    expect(rows()).toEqual(["  scene"]);
    change({ scene: "hay" });
    expect(rows()).toEqual([]);
  });

  it("lets a branch be closed for as long as it holds", () => {
    search("avatar");
    model.setOpen(rowOf("avatar"), false);
    expect(rows()).toEqual(["> avatar"]);
    search("avatar.");
    expect(rows()[0]).toBe("v avatar");
  });

  it("leaves the tree as it was before", () => {
    const before = rows();
    search("avatar.1");
    search("");
    expect(rows()).toEqual(before);
    expect(model.matched).toBe(entries.size);
  });
});

describe("pins", () => {
  it("are at the top with their full name, not in their branch", () => {
    start({ "a.x": 1, "a.y.z": 2, "b.c": { deep: 1 }, ...crowd });
    model.setPins(["b.c", "a.y", "nowhere"]);
    expect(rows()).toEqual(["> *b.c", "  *a.y.z", "> a", "> crowd"]);
    model.setOpen(rowOf("*b.c"), true);
    model.setOpen(rowOf("a"), true);
    expect(rows()).toEqual(["v *b.c", "    deep", "  *a.y.z", "v a", "    a.x", "> crowd"]);
    const [, , , a] = allRows();
    if (a?.kind !== "node") throw new Error("no branch");
    expect(model.pinnedOrMutedKeys(a.node)).toBe(1);
    model.setPins([]);
    expect(rows().at(0)).toBe("v a");
  });

  it("wait for keys that are not there yet", () => {
    model.setPins(["later"]);
    expect(rows()).toEqual(["> avatar", "> crowd", "  scene"]);
    change({ later: 1 });
    expect(rows()[0]).toBe("  *later");
    change({}, ["later"]);
    expect(rows()[0]).toBe("> avatar");
  });

  it("are searched like the rest", () => {
    model.setPins(["avatar.2"]);
    search("avatar.1");
    expect(rows()).toEqual(["v avatar", "  > avatar.1"]);
    search("avatar.*");
    expect(rows()).toEqual(["  *avatar.2", "v avatar", "  > avatar.1"]);
  });
});

describe("muting", () => {
  const hurry = (key: string, times: number) => {
    for (let step = 0; step < times; step += 1) change({ [key]: step });
  };

  it("folds what changes too often into one row, and brings it back when it is calm", () => {
    hurry("scene", 100);
    model.mute(30, 1);
    expect(rows()).toEqual(["> avatar", "> crowd", "> muted 1"]);
    const chip = rowOf("muted 1");
    model.setOpen(chip, true);
    expect(rows().slice(-2)).toEqual(["v muted 1", "    scene"]);
    model.mute(30, 3);
    expect(rows()).toContain("v muted 1");
    model.mute(30, 6);
    expect(rows()).toEqual(["> avatar", "> crowd", "  scene"]);
  });

  it("leaves alone what is pinned", () => {
    hurry("scene", 100);
    model.setPins(["scene"]);
    model.mute(30, 1);
    expect(rows()[0]).toBe("  *scene");
  });
});

describe("the order", () => {
  it("can be that of the last change, or of the rate", () => {
    start({ a: 1, b: 1, c: 1, ...crowd });
    entries.set("b", { key: "b", value: 2, changedAt: 5, rate: 0 });
    model.apply({ added: [], changed: ["b"], removed: [], at: 5 });
    model.setSort("changed", 5);
    expect(rows()[0]).toBe("  b");
    model.setSort("name", 5);
    expect(rows()).toEqual(["  a", "  b", "  c", "> crowd"]);
  });
});

/** Every row by walking, to hold the index of rows against. */
function walk(): readonly string[] {
  const seen: string[] = [];
  for (let index = 0; index < model.rowCount; index += 1) {
    const row = model.rowAt(index);
    if (row === undefined) throw new Error(`no row ${index} of ${model.rowCount}`);
    seen.push(row.id);
    expect(model.indexOf(row.id)).toBe(index);
    expect(model.parentOf(row, index)).toBeLessThanOrEqual(index);
  }
  expect(model.rowAt(model.rowCount)).toBeUndefined();
  return seen;
}

it("counts and finds rows whatever happens to them", () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  const name = () => ["a", "b.c", "b.c.d", "e/f", "e.f.g.h", "i"][random(6)] ?? "";
  start({ ...crowd });
  for (let step = 0; step < 400; step += 1) {
    const key = `${name()}.${random(5)}`;
    const row = model.rowAt(random(Math.max(1, model.rowCount)));
    switch (random(8)) {
      case 0:
        change({}, entries.has(key) ? [key] : []);
        break;
      case 1:
        if (row !== undefined) model.setOpen(row, row.open === false);
        break;
      case 2:
        search(["", "a", "b.c*", "e", "-a"][random(5)] ?? "");
        break;
      case 3:
        model.setPins([name(), key].slice(random(3)));
        break;
      case 4:
        model.mute([null, 3][random(2)] ?? null, 1);
        break;
      case 5:
        model.setSort((["name", "rate", "changed"] as const)[random(3)] ?? "name", 1);
        break;
      default:
        change({ [key]: [step, { in: [1, 2, random(3)] }].slice(random(2)) });
    }
    const seen = walk();
    expect(new Set(seen).size).toBe(seen.length);
    // Everything is somewhere: with all open, every key that is shown has its row.
    if (step % 20 === 0) expect(openAll()).toEqual(shownKeys());
  }
});

function openAll(): readonly string[] {
  for (let index = 0; index < model.rowCount; index += 1) {
    const row = model.rowAt(index);
    if (row !== undefined && row.open === false) model.setOpen(row, true);
  }
  return allRows()
    .flatMap((row) => (row.kind === "node" && row.node.hasKey ? [row.node.path] : []))
    .sort();
}

function shownKeys(): readonly string[] {
  const { filter } = model;
  return [...entries.values()]
    .filter((entry) => filter === null || filter.matches(entry, 1))
    .map(({ key }) => key)
    .sort();
}

describe("rows of a value that changes while open", () => {
  it("come back when an emptied list fills again", () => {
    start({ list: [1, 2], ...crowd });
    model.setOpen(rowOf("list"), true);
    change({ list: [] });
    expect(rows()).toEqual(["> crowd", "  list"]);
    change({ list: [7, 8, 9] });
    expect(rows()).toEqual(["> crowd", "v list", "    0", "    1", "    2"]);
  });

  it("are updated also if the key is a branch that the user did not expand", () => {
    start({ a: [1], "a.b": 1 });
    expect(rows()).toEqual(["v a", "    0", "    a.b"]);
    change({ a: [1, 2] });
    expect(rows()).toEqual(["v a", "    0", "    1", "    a.b"]);
  });

  it("are not taken from what was fetched of a longer list, and null is a value", () => {
    const stale = () => "from before";
    entries = new Map();
    model = new InspectorModel(entries, {
      peek: stale,
      get: stale,
      nameAt: () => undefined,
      canFetch: () => true,
    });
    change({ list: [null, 1] });
    expect([0, 1, 2].map((step) => model.valueAt("list", [step]))).toEqual([null, 1, undefined]);
  });
});

describe("a row has one position", () => {
  it("when a branch and a key deep in it are both on top", () => {
    start({ "a.x.y": 1, "a.z": 2, ...crowd });
    model.setPins(["a", "a.x.y"]);
    model.setOpen(rowOf("*a"), true);
    expect(rows()).toEqual(["v *a", "    a.z", "  *a.x.y", "> crowd"]);
  });

  it("when what is muted is put on top", () => {
    start({ "a.x": 1, "a.y": 1, ...crowd });
    for (let times = 0; times < 100; times += 1) model.tree.touch("a.x", 1);
    model.mute(30, 1);
    model.setOpen(rowOf("muted 1"), true);
    expect(rows()).toEqual(["> crowd", "v muted 1", "  > a"]);
    model.setPins(["a"]);
    expect(rows()).toEqual(["> *a", "> crowd"]);
  });

  it("and a muted chain is inside of what is muted", () => {
    start({ "a.x": 1, ...crowd });
    for (let times = 0; times < 100; times += 1) model.tree.touch("a.x", 1);
    model.mute(30, 1);
    model.setOpen(rowOf("muted 1"), true);
    expect(model.parentOf(rowOf("a.x"), 2)).toBe(1);
  });
});
