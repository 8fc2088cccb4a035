/** The newest molecule, positions and people that the kernel sent. */

import type { Buffers } from "../../protocol/common.ts";
import type { MoleculeBody, MoleculeFrameBody, OverlayBody } from "../../protocol/molecule.ts";
import { now } from "../../ui/clock.ts";
import type { Positions, Structure } from "../types.ts";
import { readFrame, readStructure } from "./read_molecule.ts";

export type MoleculeChange = "structure" | "frame";

export class MoleculeStore {
  #epoch: string | null = null;
  #body: MoleculeBody | null = null;
  #structure: Structure | null = null;
  #positions: Positions | null = null;
  #overlay: OverlayBody | null = null;
  #frame: MoleculeFrameBody | null = null;
  #heardAt = Number.NEGATIVE_INFINITY;
  forceAtoms: Uint32Array = new Uint32Array();
  forces: Float32Array = new Float32Array();

  get epoch(): string | null {
    return this.#epoch;
  }
  get revision(): number | null {
    return this.#body?.revision ?? null;
  }
  /** What the kernel says about the molecule; null before the first message. */
  get body(): MoleculeBody | null {
    return this.#body;
  }
  get structure(): Structure | null {
    return this.#structure;
  }
  get positions(): Positions | null {
    return this.#positions;
  }
  get overlay(): OverlayBody | null {
    return this.#overlay;
  }
  /** The newest frame without its buffers. */
  get frame(): MoleculeFrameBody | null {
    return this.#frame;
  }
  /** When the last message arrived, in seconds. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Discard what is of another epoch: it may be of another connection. */
  begin(epoch: string): void {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#body = null;
    this.#structure = null;
    this.#positions = null;
    this.#overlay = null;
    this.#frame = null;
    this.forceAtoms = new Uint32Array();
    this.forces = new Float32Array();
  }

  /** Take a `molecule` message; false if it is of another epoch or malformed. */
  onMolecule(body: MoleculeBody, buffers: Buffers): boolean {
    if (body.epoch !== this.#epoch) return false;
    const structure = readStructure(body, buffers);
    if (structure === null) return false;
    this.#heardAt = now();
    if (structure.atoms !== this.#structure?.atoms) this.#positions = null;
    this.#body = body;
    this.#structure = structure;
    return true;
  }

  /** Take a `molecule_frame` message; false if it does not belong to the molecule. */
  onFrame(body: MoleculeFrameBody, buffers: Buffers): boolean {
    if (body.epoch !== this.#epoch || body.revision !== this.#body?.revision) return false;
    const content = readFrame(body, buffers);
    if (content === null) return false;
    this.#heardAt = now();
    this.#frame = body;
    if (content.positions !== null) this.#positions = content.positions;
    if (body.overlay !== null) this.#overlay = body.overlay;
    this.forceAtoms = content.forceAtoms;
    this.forces = content.forces;
    return true;
  }
}
