import { beforeEach, describe, expect, it } from "vitest";
import { InspectorModel, PAGE } from "../../src/inspector/model.ts";
import type { Row } from "../../src/inspector/rows.ts";
import type { Entry } from "../../src/shared/page_mirror.ts";
import type { PageValue } from "../../src/shared/protocol.ts";

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

const text = (row: Row): string => {
  const sign = row.open === null ? " " : row.open ? "v" : ">";
  const name =
    row.kind === "node"
      ? row.node.path
      : row.kind === "value"
        ? row.name
        : `… ${row.hidden}+${row.cut}`;
  return `${"  ".repeat(row.depth)}${sign} ${name}`;
};
const rows = () => model.rows.map(text);
const rowOf = (end: string): Row => {
  const row = model.rows.find((candidate) => text(candidate).endsWith(` ${end}`));
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
    expect(model.rows.map((row) => row.kind === "node" && row.chain.length)).toEqual([3, 2]);
  });

  it("stay the same list while only values change", () => {
    model.setOpen(rowOf("avatar"), true);
    const before = model.rows;
    change({ "avatar.1": { name: "B", at: [1, 2] }, scene: 6 });
    expect(model.rows).toBe(before);
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
    expect(model.rows.length).toBe(1 + PAGE + 1);
    expect(rows().at(-1)).toBe("    … 980+0");
    model.showMore("long", []);
    expect(rows().at(-1)).toBe("    … 880+0");
  });

  it("say how much the kernel has cut", () => {
    start({ cut: { $nvj: "cut", kind: "list", length: 1000, bytes: 1, head: [1, 2] } });
    model.setOpen(rowOf("cut"), true);
    expect(rows()).toEqual(["v cut", "    0", "    1", "    … 0+998"]);
  });
});

describe("a filter", () => {
  it("opens what it finds and hides the rest", () => {
    model.setQuery("avatar");
    expect(rows()).toEqual(["v avatar", "  > avatar.1", "    avatar.2"]);
    expect(model.matched).toBe(2);
  });

  it("follows values that come to match, and that cease to", () => {
    model.setQuery("needle");
    expect(model.matched).toBe(0);
    change({ scene: "a needle" });
    expect(rows()).toEqual(["  scene"]);
    change({ scene: "hay" });
    expect(rows()).toEqual([]);
  });

  it("lets a branch be closed for as long as it holds", () => {
    model.setQuery("avatar");
    model.setOpen(rowOf("avatar"), false);
    expect(rows()).toEqual(["> avatar"]);
    model.setQuery("avatar.");
    expect(rows()[0]).toBe("v avatar");
  });

  it("leaves the tree as it was before", () => {
    const before = rows();
    model.setQuery("avatar.1");
    model.setQuery("");
    expect(rows()).toEqual(before);
    expect(model.matched).toBe(entries.size);
  });
});
