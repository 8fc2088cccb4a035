/** Every text of the molecular view. */

import { count, plural } from "../text/format.ts";
import type { Measurement } from "./data/measure.ts";

/** Names of what can be chosen, by the values of the traits. */
export const REPRESENTATIONS = {
  auto: "Automatic",
  "ball and stick": "Ball and stick",
  liquorice: "Liquorice",
  spheres: "Spheres",
  tube: "Tube",
} as const;

export const COLORS = {
  auto: "Automatic",
  element: "Element",
  nanover: "Element (NanoVer)",
  residue: "Residue",
  chain: "Chain",
  particle: "From the frame",
} as const;

export const LAYERS = {
  box: "Box",
  people: "People",
  forces: "Forces",
  labels: "Names",
} as const;

export const MODES = {
  orbit: ["Orbit", "Drag to turn. Shift and drag to move. Click an atom to select it."],
  select: ["Select", "Drag a rectangle to select atoms. Shift adds to the selection."],
  pull: ["Pull", "Drag an atom to pull it in the simulation."],
} as const;

export const TOOLBAR = {
  mode: "Mouse mode",
  representation: "Representation",
  representationLabel: (name: string) => `Style: ${name}`,
  colors: "Colors",
  colorsLabel: (name: string) => `Color: ${name}`,
  array: "From an array",
  layers: "Layers",
  selections: "Selections",
  noSelections: "This session has no selections.",
  selection: (atoms: number, drawn: string, hidden: boolean) =>
    [plural(atoms, "atom"), drawn === "" ? "" : `drawn as ${drawn}`, hidden ? "hidden" : ""]
      .filter((text) => text !== "")
      .join(" · "),
  fit: "Fit",
  fitTitle: "Show the whole molecule; 0 also resets the direction",
  save: "PNG",
  saveTitle: "Save a picture",
} as const;

export const VIEW = {
  role: "molecular view",
  label: (atoms: number, selected: number) =>
    `${plural(atoms, "atom")}${selected === 0 ? "" : `, ${count(selected)} selected`}. ` +
    "Arrow keys turn, plus and minus zoom, 0 resets, brackets step through the atoms.",
  facts: (atoms: number, time: number | null) =>
    `${plural(atoms, "atom")}${time === null ? "" : ` · ${time.toFixed(2)} ps`}`,
  waiting: "Waiting for the molecule…",
  noAtoms: "No molecule is shown. Load a simulation, or start one on the server.",
  noPositions: "The server has not sent positions yet.",
  noWebGL:
    "This browser has no WebGL 2, so the molecule cannot be drawn. Enable hardware acceleration, " +
    "or open the notebook in another browser. Everything else works.",
  lost: "The graphics hardware was reset. The view is restored in a moment.",
  loadFailed: "The renderer could not be loaded. Switch to another tab and back to try again.",
  still: (atoms: number) => `Still picture: ${count(atoms)} atoms are too many for a live view.`,
  refresh: "Refresh",
  tabHidden: "The view is in a tab that is not shown. Select the tab Simulation and try again.",
  more: (notes: number) => ` (${notes} more)`,
  picked: (text: string) => `Selected ${text}`,
  cleared: "Selection cleared",
  atom: (index: number, element: string) => `${element === "" ? "Atom" : element} ${index}`,
  saveFailed: (reason: string) => `Could not save the picture: ${reason}`,
} as const;

export const ATOMS = {
  title: (atoms: number) => `${plural(atoms, "atom")} selected`,
  more: (atoms: number) => `${count(atoms)} more`,
  index: "Index",
  element: "Element",
  name: "Name",
  residue: "Residue",
  chain: "Chain",
  position: "Position (nm)",
  force: "Force (kJ/mol/nm)",
  clear: "Clear",
  expand: "Expand to",
  expansions: { residue: "Residue", chain: "Chain", fragment: "Bonded atoms" },
  make: "Make a selection",
  failed: (reason: string) => `Could not ask the kernel: ${reason}`,
} as const;

export const MAKE = {
  name: "Name",
  renderer: "Drawn as",
  save: "Save",
  cancel: "Cancel",
  saved: (name: string) => `Selection ${name} saved`,
  failed: (reason: string) => `Could not save the selection: ${reason}`,
} as const;

/** Renderers of NanoVer that other clients know, too. */
export const RENDERERS = ["ball and stick", "liquorice", "goodsell", "cartoon", "hyperballs"];

export const PULL = {
  what: "Pull",
  whats: { atom: "Atom", residue: "Residue", selection: "Selected atoms" },
  kind: "Force",
  kinds: { spring: "Spring", gaussian: "Gaussian", constant: "Constant" },
  scale: "Scale",
  hint: "Drag an atom.",
  pulling: (atoms: number) => `Pulling ${plural(atoms, "atom")}`,
  forbidden: "This atom cannot be pulled: a selection forbids it.",
  ended: (reason: string) => (reason === "" ? "The pull ended." : `The pull ended. ${reason}`),
  failed: (reason: string) => `Could not pull: ${reason}`,
} as const;

const UNITS = { distance: "nm", angle: "°", dihedral: "°" } as const;
const NAMES = { distance: "Distance", angle: "Angle", dihedral: "Dihedral angle" } as const;

/** A measurement as a label in the view, or as a sentence. */
export function measurementText({ kind, value }: Measurement, isFull = false): string {
  const number = kind === "distance" ? value.toFixed(3) : value.toFixed(1);
  const text = kind === "distance" ? `${number} ${UNITS[kind]}` : `${number}${UNITS[kind]}`;
  return isFull ? `${NAMES[kind]} ${text}` : text;
}
