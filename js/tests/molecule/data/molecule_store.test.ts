import { beforeEach, describe, expect, it } from "vitest";
import { MoleculeStore } from "../../../src/molecule/data/molecule_store.ts";
import { atomData, EPOCH, frameBody, moleculeBody, row } from "../bodies.ts";

const none = new Uint8Array();
const structureOf = (atoms: number) => [atomData(atoms), none, none];

describe("the store", () => {
  let store: MoleculeStore;
  beforeEach(() => {
    store = new MoleculeStore();
    store.begin(EPOCH);
    store.onMolecule(moleculeBody(), structureOf(3));
  });

  it("keeps the newest frame", () => {
    expect(store.onFrame(frameBody(), [row(3), none, none])).toBe(true);
    expect(store.onFrame(frameBody({ time: 2 }), [row(3), none, none])).toBe(true);
    expect(store.frame?.time).toBe(2);
    expect(store.positions?.count).toBe(3);
  });

  it("drops what is of another epoch or revision", () => {
    expect(store.onFrame(frameBody({ epoch: "x" }), [row(3), none, none])).toBe(false);
    expect(store.onFrame(frameBody({ revision: 2 }), [row(3), none, none])).toBe(false);
    expect(store.onMolecule(moleculeBody({ epoch: "x" }), structureOf(3))).toBe(false);
    expect(store.positions).toBeNull();
  });

  it("keeps positions and people that a frame does not repeat", () => {
    const overlay = { meter: 4, people: [], interactions: [] };
    store.onFrame(frameBody({ overlay }), [row(3), none, none]);
    store.onFrame(frameBody({ encoding: "none" }), [none, none, none]);

    expect(store.positions?.count).toBe(3);
    expect(store.overlay).toEqual(overlay);
  });

  it("drops the positions of a molecule with another number of atoms", () => {
    store.onFrame(frameBody(), [row(3), none, none]);
    store.onMolecule(moleculeBody({ revision: 2 }), structureOf(3));
    expect(store.positions?.count).toBe(3);
    store.onMolecule(moleculeBody({ revision: 3, atoms: 2 }), structureOf(2));
    expect(store.positions).toBeNull();
  });

  it("forgets everything at another epoch", () => {
    store.onFrame(frameBody(), [row(3), none, none]);
    store.begin("m2");

    expect([store.body, store.structure, store.positions, store.revision]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});
