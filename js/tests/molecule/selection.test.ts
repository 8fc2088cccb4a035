// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeModel } from "../../dev/fake_model.ts";
import { createHost, type Host } from "../../src/kernel/host.ts";
import { type AtomSelection, createSelection } from "../../src/molecule/selection.ts";

let model: FakeModel;
let host: Host;
let selection: AtomSelection;
let controller: AbortController;
const onChange = vi.fn();
const start = (atoms: unknown) => {
  model = new FakeModel({ selected_atoms: atoms });
  host = createHost(model, controller.signal);
  selection = createSelection(host, onChange, controller.signal);
};
/** The kernel sends the trait. */
const receive = (atoms: unknown) => model.set("selected_atoms", atoms);

beforeEach(() => {
  controller = new AbortController();
  start([]);
});
afterEach(() => {
  controller.abort();
  vi.clearAllMocks();
});

describe("the selected atoms", () => {
  it("begin with the trait, or with none if it is unusable", () => {
    start([4, 7]);
    expect(selection.atoms()).toEqual([4, 7]);
    start(["<b>", -1]);
    expect(selection.atoms()).toEqual([]);
  });

  it("are one, or those that were added, in the order of the clicks", () => {
    selection.pick(5, false);
    selection.pick(2, true);
    selection.pick(9, true);
    expect(selection.atoms()).toEqual([5, 2, 9]);
    selection.pick(3, false);

    expect(selection.atoms()).toEqual([3]);
    expect(selection.has(3)).toBe(true);
    expect(selection.has(5)).toBe(false);
  });

  it("lose an atom that is added twice", () => {
    selection.set([5, 2, 9]);
    selection.pick(2, true);

    expect(selection.atoms()).toEqual([5, 9]);
  });

  it("are cleared by a click beside them, unless it adds", () => {
    selection.set([5, 2]);
    selection.pick(null, true);
    expect(selection.atoms()).toEqual([5, 2]);
    selection.pick(null, false);

    expect(selection.atoms()).toEqual([]);
  });

  it("are different ones", () => {
    selection.set([2, 1, 2, 1]);

    expect(selection.atoms()).toEqual([2, 1]);
  });
});

describe("the trait", () => {
  it("is set, and saved soon", () => {
    selection.set([2, 0]);
    expect(model.get("selected_atoms")).toEqual([2, 0]);
    host.flush();

    expect(model.saves).toBe(1);
  });

  it("is not set if nothing changes", () => {
    selection.set([2, 0]);
    onChange.mockClear();
    const set = vi.spyOn(model, "set");
    selection.set([2, 0]);

    expect(set).not.toHaveBeenCalled();
    expect(onChange).not.toHaveBeenCalled();
  });

  it("may come back sorted: the order of the clicks stays", () => {
    selection.set([9, 2, 5]);
    onChange.mockClear();
    receive([2, 5, 9]);

    expect(selection.atoms()).toEqual([9, 2, 5]);
    expect(onChange).not.toHaveBeenCalled();
  });

  it("replaces the atoms if the kernel sets others", () => {
    selection.set([9, 2]);
    onChange.mockClear();
    receive([2, 3]);
    expect(selection.atoms()).toEqual([2, 3]);
    receive([2]);

    expect(selection.atoms()).toEqual([2]);
    expect(onChange).toHaveBeenCalledTimes(2);
  });

  it("is followed until the view ends", () => {
    controller.abort();
    receive([1]);

    expect(selection.atoms()).toEqual([]);
  });
});

describe("the emphasis", () => {
  it("marks selected atoms, and the one under the pointer above all", () => {
    selection.set([0, 2]);

    expect([...(selection.emphasis(4, 2) ?? [])]).toEqual([1, 0, 2, 0]);
    expect([...(selection.emphasis(2, 3) ?? [])]).toEqual([1, 0]);
  });

  it("is none without atoms", () => {
    expect(selection.emphasis(3, null)).toBeNull();
    expect([...(selection.emphasis(3, 1) ?? [])]).toEqual([0, 2, 0]);
  });
});
