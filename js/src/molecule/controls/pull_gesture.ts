/** A drag that pulls an atom, its residue or the selected atoms in a plane parallel to the screen. */

import type { Host } from "../../kernel/host.ts";
import { reasonOf } from "../../text/format.ts";
import { visible } from "../../text/visible_text.ts";
import type { MoleculeStore } from "../data/molecule_store.ts";
import { centroidOf } from "../scene/positions.ts";
import type { AtomSelection } from "../selection.ts";
import { PULL } from "../strings.ts";
import { ATOM, type Vector } from "../types.ts";
import type { Place } from "./gestures.ts";
import type { Puller } from "./pull.ts";

export interface PullGestureSource {
  readonly store: MoleculeStore;
  readonly selection: AtomSelection;
  readonly pick: (x: number, y: number) => number | null;
  /** The point under the pointer in the plane through a point. */
  readonly unproject: (place: Place, through: Vector) => Vector;
  readonly onProblem: (text: string) => void;
}

export interface PullGesture {
  /** Begin to pull what is there; false if there is nothing. */
  start(place: Place): boolean;
  move(place: Place): void;
  end(): void;
  /** End a pull if the molecule is another one. */
  onStructure(): void;
}

export function createPullGesture(
  host: Host,
  puller: Puller,
  { store, selection, pick, unproject, onProblem }: PullGestureSource,
): PullGesture {
  /** Where the atoms were; null while none are pulled. */
  let from: Vector | null = null;
  /** The last place of the pointer; null after it was released. */
  let last: Place | null = null;
  let atomCount = 0;
  /** The number of the drag: a slow kernel may answer after the next one has begun. */
  let drag = 0;

  const begin = (atoms: readonly number[], place: Place) => {
    from = centroidOf(store.positions, atoms);
    if (from === null) return;
    puller.start(atoms, unproject(place, from));
  };
  const end = () => {
    drag += 1;
    last = null;
    from = null;
    puller.end();
  };
  return {
    end,
    start(place) {
      const atom = pick(place.x, place.y);
      if (atom === null) return false;
      const flags = store.structure?.atomData[8 * atom + 3] ?? 0;
      if ((flags & ATOM.notPullable) !== 0) {
        onProblem(PULL.forbidden);
        return true;
      }
      drag += 1;
      last = place;
      atomCount = store.structure?.atoms ?? 0;
      const what = puller.what();
      if (what === "selection" && selection.has(atom)) begin(selection.atoms(), place);
      else if (what !== "residue") begin([atom], place);
      else {
        const asked = drag;
        host.request("expand_atoms", { atoms: [atom], by: "residue" }).then(
          ({ atoms }) => {
            if (drag === asked && last !== null) begin(atoms, last);
          },
          (error: unknown) => {
            if (drag === asked) onProblem(PULL.failed(visible(reasonOf(error), 200)));
          },
        );
      }
      return true;
    },
    move(place) {
      last = place;
      if (from !== null) puller.move(unproject(place, from));
    },
    onStructure() {
      if (last !== null && store.structure?.atoms !== atomCount) end();
    },
  };
}
