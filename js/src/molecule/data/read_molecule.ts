/** Read the buffers of the molecule's messages; null if they do not fit the body. */

import type { Buffers } from "../../protocol/common.ts";
import type { MoleculeBody, MoleculeFrameBody } from "../../protocol/molecule.ts";
import type { Positions, Structure } from "../types.ts";

const ATOM_BYTES = 8;
const BOND_BYTES = 12;
const SEGMENT_BYTES = 20;

/** The positions and forces of a frame; `positions` is null if they are those of the last one. */
export interface FrameContent {
  readonly positions: Positions | null;
  readonly forceAtoms: Uint32Array;
  readonly forces: Float32Array;
}

function bytesOf(buffer: Buffers[number] | undefined): Uint8Array | null {
  if (buffer === undefined) return null;
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer)
    : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

type Numbers = Float32Array | Uint16Array | Uint32Array;

/** Numbers in a buffer, copied only if it does not begin at a multiple of their size. */
function numbers<T extends Numbers>(
  make: {
    new (buffer: ArrayBufferLike, offset: number, length: number): T;
    BYTES_PER_ELEMENT: number;
  },
  bytes: Uint8Array | null,
): T | null {
  const size = make.BYTES_PER_ELEMENT;
  if (bytes === null || bytes.byteLength % size !== 0) return null;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new make(aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}

export function readStructure(body: MoleculeBody, buffers: Buffers): Structure | null {
  const [atomData, bondData, segmentData] = [0, 1, 2].map((index) => bytesOf(buffers[index]));
  if (atomData?.byteLength !== body.atoms * ATOM_BYTES) return null;
  if (bondData?.byteLength !== body.bonds * BOND_BYTES) return null;
  if (segmentData?.byteLength !== body.segments * SEGMENT_BYTES) return null;
  const { atoms, bonds, segments, cutoff } = body;
  return { atoms, bonds, segments, atomData, bondData, segmentData, cutoff };
}

export function readFrame(body: MoleculeFrameBody, buffers: Buffers): FrameContent | null {
  const forceAtoms = numbers(Uint32Array, bytesOf(buffers[1]));
  const forces = numbers(Float32Array, bytesOf(buffers[2]));
  if (forceAtoms === null || forces === null || forces.length !== 3 * forceAtoms.length)
    return null;
  const bytes = bytesOf(buffers[0]);
  if (bytes === null) return null;
  if (body.encoding === "none") return { positions: null, forceAtoms, forces };
  const { origin, step } = body;
  if (body.encoding === "float32") {
    const data = numbers(Float32Array, bytes);
    if (data === null || data.length % 3 !== 0) return null;
    const positions = { encoding: body.encoding, count: data.length / 3, data };
    return { positions, forceAtoms, forces };
  }
  const data = numbers(Uint16Array, bytes);
  if (data === null || data.length % 3 !== 0) return null;
  const positions = { encoding: body.encoding, count: data.length / 3, data, origin, step };
  return { positions, forceAtoms, forces };
}
