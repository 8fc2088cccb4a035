import { describe, expect, it } from "vitest";
import { readFrame, readStructure } from "../../../src/molecule/data/read_molecule.ts";
import { atomData, frameBody, moleculeBody, row, unaligned } from "../bodies.ts";

const none = new Uint8Array();

describe("the structure", () => {
  it("is read from buffers at any place", () => {
    const body = moleculeBody({ atoms: 2, bonds: 1 });
    const bond = new Uint8Array(12).fill(7);
    const structure = readStructure(body, [unaligned(atomData(2)), unaligned(bond), none]);

    expect(structure).toMatchObject({ atoms: 2, bonds: 1, segments: 0, cutoff: 0.5 });
    expect([...(structure?.bondData ?? [])]).toEqual([...bond]);
  });

  it.each([
    [[atomData(1), none, none]],
    [[atomData(2), new Uint8Array(4), none]],
    [[atomData(2)]],
    [[]],
  ])("is refused if the buffers do not fit", (buffers) => {
    expect(readStructure(moleculeBody({ atoms: 2 }), buffers)).toBeNull();
  });
});

describe("a frame", () => {
  it("has positions as numbers, without a copy if they are aligned", () => {
    const data = row(2);
    const frame = readFrame(frameBody(), [data, none, none]);

    expect(frame?.positions?.data.buffer).toBe(data.buffer);
    expect(frame?.positions?.count).toBe(2);
    expect([
      ...(readFrame(frameBody(), [unaligned(data), none, none])?.positions?.data ?? []),
    ]).toEqual([...data]);
  });

  it("has positions as steps", () => {
    const data = new Uint16Array([0, 1, 2]);
    const body = frameBody({ encoding: "uint16", origin: [1, 2, 3], step: [0.5, 0.5, 0.5] });

    expect(readFrame(body, [data, none, none])?.positions).toMatchObject({
      encoding: "uint16",
      count: 1,
      origin: [1, 2, 3],
    });
  });

  it("may have forces only", () => {
    const atoms = new Uint32Array([4]);
    const forces = new Float32Array([1, 2, 3]);
    const frame = readFrame(frameBody({ encoding: "none" }), [none, atoms, forces]);

    expect(frame).toEqual({ positions: null, forceAtoms: atoms, forces });
  });

  it.each([
    [[new Uint8Array(13), none, none]],
    [[new Float32Array(4), none, none]],
    [[row(1), new Uint32Array(1), none]],
    [[row(1), new Uint8Array(3), none]],
    [[row(1)]],
  ])("is refused if the buffers do not fit", (buffers) => {
    expect(readFrame(frameBody(), buffers)).toBeNull();
  });
});
