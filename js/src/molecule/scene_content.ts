/** What is drawn around the atoms, and the texts over the picture. */

import type { Host } from "../kernel/host.ts";
import { visible as visibleText } from "../text/visible_text.ts";
import { measure } from "./data/measure.ts";
import type { MoleculeStore } from "./data/molecule_store.ts";
import type { Label } from "./labels.ts";
import { positionAt } from "./scene/positions.ts";
import * as shapes from "./scene/shapes.ts";
import { add, scale } from "./scene/vectors.ts";
import { measurementText } from "./strings.ts";
import type { Shape, Theme, Vector } from "./types.ts";

/** Up to this many selected atoms are measured. */
const MEASURED = 4;

export interface SceneContent {
  shapes(theme: Theme): readonly Shape[];
  labels(): readonly Label[];
  /** The positions of two to four selected atoms; empty for other numbers of atoms. */
  measuredPoints(): readonly Vector[];
}

export function createSceneContent(
  host: Host,
  store: MoleculeStore,
  selected: () => readonly number[],
): SceneContent {
  const layers = () => host.get("layers") ?? [];
  const measuredPoints = (): readonly Vector[] => {
    const atoms = selected();
    if (atoms.length < 2 || atoms.length > MEASURED) return [];
    const points = atoms.map((atom) => positionAt(store.positions, atom));
    const known = points.filter((point) => point !== null);
    return known.length === atoms.length ? known : [];
  };
  return {
    measuredPoints,
    shapes(theme) {
      const { overlay, positions, frame } = store;
      const shown = layers();
      const made: Shape[] = [];
      if (shown.includes("box") && frame?.box) {
        made.push(...shapes.boxShapes(frame.box, theme.isDark));
      }
      if (overlay !== null && shown.includes("people")) made.push(...shapes.peopleShapes(overlay));
      if (shown.includes("forces")) {
        if (overlay !== null) {
          made.push(...shapes.interactionShapes(overlay, positions, theme.accent));
        }
        made.push(...shapes.forceShapes(store.forceAtoms, store.forces, positions));
      }
      return [...made, ...shapes.measureShapes(measuredPoints(), theme.accent)];
    },
    labels() {
      const shown = layers();
      const labels: Label[] = [];
      if (shown.includes("people") && shown.includes("labels")) {
        for (const person of store.overlay?.people ?? []) {
          const at = shapes.headOf(person);
          if (at === null || person.name === "") continue;
          labels.push({ text: visibleText(person.name, 40), at, color: person.color });
        }
      }
      const points = measuredPoints();
      const measured = measure(points);
      if (measured !== null) {
        const middle = scale(points.reduce(add, [0, 0, 0]), 1 / points.length);
        labels.push({ text: measurementText(measured), at: middle, color: null });
      }
      return labels;
    },
  };
}
