// @vitest-environment happy-dom
import { expect, it } from "vitest";
import type { RowPart } from "../../src/inspector/context.ts";
import { createShortcuts } from "../../src/inspector/shortcuts.ts";
import { InspectorModel } from "../../src/inspector/state/model.ts";
import { Selection } from "../../src/inspector/state/selection.ts";
import { createTreeView } from "../../src/inspector/tree/tree_view.ts";
import type { Entry } from "../../src/kernel/state_store.ts";
import { find, findAll, pass, press, rowNames, useFakePage, visibleRows } from "../support.ts";

useFakePage();

const entry = (key: string, value = 0): Entry => ({ key, value, changedAt: null, rate: 0 });
const entriesOf = (...keys: readonly string[]) => new Map(keys.map((key) => [key, entry(key)]));

async function makeTree(entries: Map<string, Entry>, parts: readonly RowPart[] = []) {
  const model = new InspectorModel(entries);
  const selection = new Selection();
  const controller = new AbortController();
  const tree = createTreeView({
    model,
    selection,
    parts,
    edited: () => null,
    onUpdate: () => tree.draw(0),
    signal: controller.signal,
  });
  document.body.append(tree.element);
  tree.draw(0);
  await pass(0.1);
  return { model, selection, tree };
}

it("keeps a field in its row while keys are added and removed", async () => {
  const part: RowPart = {
    at: "value",
    make: () => ({ element: document.createElement("input"), draw: () => undefined }),
  };
  const entries = entriesOf("b", "d");
  const { model, tree } = await makeTree(entries, [part]);
  const row = visibleRows(tree.element)[1];
  row?.querySelector("input")?.focus();
  const field = document.activeElement;
  for (const key of ["a", "c"]) entries.set(key, entry(key));
  model.apply({ added: ["a", "c"], changed: [], removed: [], at: 1 });
  tree.draw(1);
  await pass(0.1);
  expect(rowNames(tree.element)).toEqual(["a", "b", "c", "d"]);
  expect(document.activeElement).toBe(field);
  expect(visibleRows(tree.element)[3]?.contains(field)).toBe(true);
  tree.element.remove();
});

it("reveals a place in a collapsed branch, and selects it", async () => {
  const keys = Array.from({ length: 50 }, (_, index) => `many.${index}`);
  const { selection, tree } = await makeTree(entriesOf(...keys));
  expect(rowNames(tree.element)).toEqual(["many"]);
  tree.reveal({ key: "many.3", path: [] });
  await pass(0.1);
  const chosen = findAll(tree.element, "[aria-selected=true]");
  expect(chosen.map((row) => find(row, ".nvj-key").textContent)).toEqual(["3"]);
  expect(selection.selected.get()?.place).toEqual({ key: "many.3", path: [] });
  tree.element.remove();
});

it("shows an earlier state, and the live one again", async () => {
  const { model, tree } = await makeTree(entriesOf("a", "b"));
  model.replace(new Map([["b", { ...entry("b"), changedAt: 5, rate: 2 }]]), 6);
  tree.draw(6);
  await pass(0.1);
  expect(rowNames(tree.element)).toEqual(["b"]);
  const [row] = visibleRows(tree.element);
  expect(row?.querySelector(".nvj-cell-age")?.textContent).toBe("1.0 s");
  model.replace(entriesOf("a", "b"), 7);
  tree.draw(7);
  await pass(0.1);
  expect(rowNames(tree.element)).toEqual(["a", "b"]);
  tree.element.remove();
});

it("closes the innermost with Escape, and ignores shortcuts while typing", () => {
  const root = document.createElement("div");
  const field = root.appendChild(document.createElement("input"));
  document.body.append(root);
  const left: string[] = [];
  const keys = createShortcuts(root, new AbortController().signal);
  const steps = new Set(["pause", "selection", "query"] as const);
  for (const step of steps) {
    keys.addEscape(step, () => steps.delete(step) && left.push(step) > 0);
  }
  keys.add({ key: "p", does: "pause", run: () => left.push("p") > 0 });
  press(field, "p");
  press(field, "Escape");
  expect(left).toEqual(["query"]);
  press(root, "Escape");
  press(root, "Escape");
  press(root, "p");
  press(root, "p", { ctrlKey: true });
  expect(left).toEqual(["query", "selection", "pause", "p"]);
  root.remove();
});
