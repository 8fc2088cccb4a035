/** Results and messages for the molecular view, named as in widgets/molecule/messages.py. */

import * as v from "valibot";
import { boolean, count, list, nothing, number, object, oneOf, orNull, text } from "./schema.ts";

/** Three finite numbers, in nm. */
export const point = v.pipe(v.strictTuple([number, number, number]), v.readonly());
export type Point = v.InferOutput<typeof point>;

// results -------------------------------------------------------------------------

const atomBody = object({
  index: count,
  element: text,
  name: text,
  residue: text,
  chain: text,
  position: orNull(point),
  force: orNull(point),
});
export type AtomBody = v.InferOutput<typeof atomBody>;

const atomsResult = object({ atoms: list(count) });

export const MOLECULE_RESULTS = {
  watch_molecule: object({ epoch: text }),
  unwatch_molecule: nothing,
  describe_atoms: object({ atoms: list(atomBody) }),
  expand_atoms: atomsResult,
  selection_atoms: atomsResult,
  make_selection: object({ key: text }),
  pull_start: nothing,
} as const;

// messages ------------------------------------------------------------------------

const selectionBody = object({
  key: text,
  name: text,
  atoms: count,
  renderer: text,
  drawn: text,
  hidden: boolean,
});
export type SelectionBody = v.InferOutput<typeof selectionBody>;

/** What to draw; see `readStructure` for the buffers. */
const moleculeBody = object({
  epoch: text,
  revision: count,
  atoms: count,
  bonds: count,
  segments: count,
  cutoff: number,
  window: count,
  is_still: boolean,
  problem: text,
  notes: list(text),
  selections: list(selectionBody),
});
export type MoleculeBody = v.InferOutput<typeof moleculeBody>;

const partBody = object({
  name: text,
  position: point,
  forward: orNull(point),
  up: orNull(point),
});
export type PersonPartBody = v.InferOutput<typeof partBody>;

const personBody = object({
  id: text,
  name: text,
  color: text,
  parts: list(partBody),
  area: orNull(list(point)),
  cursors: list(point),
});
export type PersonBody = v.InferOutput<typeof personBody>;

const interactionBody = object({
  key: text,
  person: text,
  color: text,
  is_own: boolean,
  kind: text,
  scale: number,
  position: point,
  hand: orNull(point),
  atoms: list(count),
  count,
});
export type InteractionBody = v.InferOutput<typeof interactionBody>;

const overlayBody = object({
  meter: number,
  people: list(personBody),
  interactions: list(interactionBody),
});
export type OverlayBody = v.InferOutput<typeof overlayBody>;

export const ENCODINGS = ["float32", "uint16", "none"] as const;

/** The positions of a frame; see `readFrame` for the buffers. */
const moleculeFrameBody = object({
  epoch: text,
  revision: count,
  seq: count,
  time: orNull(number),
  encoding: oneOf(ENCODINGS),
  origin: point,
  step: point,
  box: orNull(v.pipe(v.array(number), v.length(9), v.readonly())),
  overlay: orNull(overlayBody),
  problem: text,
});
export type MoleculeFrameBody = v.InferOutput<typeof moleculeFrameBody>;

export const MOLECULE_MESSAGES = {
  molecule: moleculeBody,
  molecule_frame: moleculeFrameBody,
  pull_ended: object({ pull: text, reason: text }),
  capture: object({ capture: text, width: count, height: orNull(count), transparent: boolean }),
} as const;
