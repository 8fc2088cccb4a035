import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Host } from "../../../src/kernel/host.ts";
import type { Puller, PullWhat } from "../../../src/molecule/controls/pull.ts";
import {
  createPullGesture,
  type PullGesture,
} from "../../../src/molecule/controls/pull_gesture.ts";
import { MoleculeStore } from "../../../src/molecule/data/molecule_store.ts";
import type { AtomSelection } from "../../../src/molecule/selection.ts";
import { atomData, EPOCH, frameBody, moleculeBody, row } from "../bodies.ts";

const none = new Uint8Array();
const PLACE = { x: 1, y: 2 };

describe("a drag", () => {
  let what: PullWhat;
  let under: number | null;
  let store: MoleculeStore;
  let gesture: PullGesture;
  let answers: ((atoms: readonly number[]) => void)[];
  const start = vi.fn();
  const move = vi.fn();
  const end = vi.fn();
  const onProblem = vi.fn();

  beforeEach(() => {
    vi.clearAllMocks();
    what = "atom";
    under = 1;
    answers = [];
    store = new MoleculeStore();
    store.begin(EPOCH);
    store.onMolecule(moleculeBody(), [atomData(3), none, none]);
    store.onFrame(frameBody(), [row(3), none, none]);
    const request = () => new Promise((resolve) => answers.push((atoms) => resolve({ atoms })));
    const puller = { what: () => what, start, move, end } as unknown as Puller;
    const selection = { atoms: () => [0, 1], has: (atom: number) => atom < 2 };
    gesture = createPullGesture({ request } as unknown as Host, puller, {
      store,
      selection: selection as unknown as AtomSelection,
      pick: () => under,
      unproject: ({ x }, through) => [through[0] + x, through[1], through[2]],
      onProblem,
    });
  });
  const answer = async (index: number, atoms: readonly number[]) => {
    answers[index]?.(atoms);
    await Promise.resolve();
    await Promise.resolve();
  };

  it("pulls an atom in its plane", () => {
    expect(gesture.start(PLACE)).toBe(true);
    expect(start).toHaveBeenCalledWith([1], [2, 0, 0]);
    gesture.move({ x: 3, y: 0 });
    expect(move).toHaveBeenCalledWith([4, 0, 0]);
  });

  it("pulls the selected atoms if it begins at one of them", () => {
    what = "selection";
    gesture.start(PLACE);
    expect(start.mock.lastCall?.[0]).toEqual([0, 1]);
    under = 2;
    gesture.start(PLACE);
    expect(start.mock.lastCall?.[0]).toEqual([2]);
  });

  it("pulls nothing where no atom is, or where it is forbidden", () => {
    under = null;
    expect(gesture.start(PLACE)).toBe(false);
    under = 1;
    store.onMolecule(moleculeBody({ revision: 2 }), [atomData(3, 2), none, none]);
    expect(gesture.start(PLACE)).toBe(true);
    expect(start).not.toHaveBeenCalled();
    expect(onProblem).toHaveBeenCalled();
  });

  it("pulls a residue when the kernel has answered", async () => {
    what = "residue";
    gesture.start(PLACE);
    gesture.move({ x: 5, y: 0 });
    await answer(0, [0, 1]);
    expect(start).toHaveBeenCalledWith([0, 1], [5.5, 0, 0]);
  });

  it("ignores an answer for an earlier drag", async () => {
    what = "residue";
    gesture.start(PLACE);
    gesture.end();
    what = "atom";
    under = 2;
    gesture.start(PLACE);
    await answer(0, [0, 1]);
    expect(start.mock.calls.map(([atoms]) => atoms)).toEqual([[2]]);
  });

  it("ends if the molecule is another one, also before the kernel has answered", async () => {
    what = "residue";
    gesture.start(PLACE);
    store.onMolecule(moleculeBody({ revision: 2, atoms: 2 }), [atomData(2), none, none]);
    gesture.onStructure();
    await answer(0, [0, 1]);
    expect(start).not.toHaveBeenCalled();
    expect(end).toHaveBeenCalled();
  });
});
