/** Messages of the molecular view, and a fake renderer. */

import type { FakeModel } from "../../dev/fake_model.ts";
import type { Camera, Positions, Renderer, Shape, Structure } from "../../src/molecule/types.ts";
import { VERSION } from "../../src/protocol/common.ts";
import type { MoleculeBody, MoleculeFrameBody } from "../../src/protocol/molecule.ts";

export const EPOCH = "m1";

export const moleculeBody = (change: Partial<MoleculeBody> = {}): MoleculeBody => ({
  epoch: EPOCH,
  revision: 1,
  atoms: 3,
  bonds: 0,
  segments: 0,
  cutoff: 0.5,
  window: 16,
  is_still: false,
  problem: "",
  notes: [],
  selections: [],
  ...change,
});

export const frameBody = (change: Partial<MoleculeFrameBody> = {}): MoleculeFrameBody => ({
  epoch: EPOCH,
  revision: 1,
  seq: 1,
  time: 1.5,
  encoding: "float32",
  origin: [0, 0, 0],
  step: [1, 1, 1],
  box: null,
  overlay: null,
  problem: "",
  ...change,
});

/** Atoms in a row along x, 1 nm apart. */
export const row = (count: number): Float32Array =>
  Float32Array.from({ length: 3 * count }, (_, i) => (i % 3 === 0 ? i / 3 : 0));

export const positionsOf = (data: Float32Array): Positions => ({
  encoding: "float32",
  count: data.length / 3,
  data,
});

/** The data of atoms that are drawn, with these flags besides. */
export function atomData(count: number, flags = 0): Uint8Array {
  const data = new Uint8Array(8 * count);
  for (let i = 0; i < count; i += 1) data[8 * i + 3] = 1 | flags;
  return data;
}

/** Bytes in a view that begins at an odd place, as Jupyter passes them. */
export function unaligned(data: ArrayBufferView): DataView {
  const padded = new Uint8Array(data.byteLength + 1);
  padded.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 1);
  return new DataView(padded.buffer, 1);
}

const none = () => new Uint8Array();

export function sendMolecule(
  model: FakeModel,
  change: Partial<MoleculeBody> = {},
  flags = 0,
): void {
  const body = moleculeBody(change);
  const atoms = atomData(body.atoms, flags);
  model.receive({ v: VERSION, op: "molecule", body }, [atoms, none(), none()]);
}

export function sendFrame(
  model: FakeModel,
  change: Partial<MoleculeFrameBody> = {},
  data = row(3),
): void {
  const body = frameBody(change);
  const buffer = body.encoding === "none" ? none() : unaligned(data);
  model.receive({ v: VERSION, op: "molecule_frame", body }, [buffer, none(), none()]);
}

/** A renderer that remembers what it was given. */
export class FakeRenderer implements Renderer {
  structure: Structure | null = null;
  positions: Positions | null = null;
  shapes: readonly Shape[] = [];
  emphasis: Uint8Array | null = null;
  camera: Camera | null = null;
  draws = 0;
  isDisposed = false;
  /** The atom under the pointer. */
  under: number | null = null;
  readonly statistics = { quality: "full", drawMilliseconds: 0 } as const;

  setStructure(structure: Structure): void {
    this.structure = structure;
  }
  setPositions(positions: Positions): void {
    this.positions = positions;
  }
  setShapes(shapes: readonly Shape[]): void {
    this.shapes = shapes;
  }
  setEmphasis(emphasis: Uint8Array | null): void {
    this.emphasis = emphasis;
  }
  setTheme(): void {}
  resize(): void {}
  setQuality(): void {}
  draw(camera: Camera): void {
    this.draws += 1;
    this.camera = camera;
  }
  pick(): number | null {
    return this.under;
  }
  async capture(): Promise<Blob> {
    return new Blob(["picture"], { type: "image/webp" });
  }
  dispose(): void {
    this.isDisposed = true;
  }
}
