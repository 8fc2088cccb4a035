/** The selected atoms of a view, in the order in which they were selected, kept in a trait. */

import type { Host } from "../kernel/host.ts";
import { EMPHASIS } from "./types.ts";

export interface AtomSelection {
  /** In the order in which they were selected, as far as it is known. */
  atoms(): readonly number[];
  has(atom: number): boolean;
  set(atoms: readonly number[]): void;
  /** Select one atom alone, or add it to the others, or remove it from them. */
  pick(atom: number | null, isAdding: boolean): void;
  /** One of `EMPHASIS` per atom; null if nothing is emphasized. */
  emphasis(count: number, hovered: number | null): Uint8Array | null;
}

export function createSelection(
  host: Host,
  onChange: () => void,
  signal: AbortSignal,
): AtomSelection {
  let order: readonly number[] = host.get("selected_atoms") ?? [];
  let members = new Set(order);

  const take = (atoms: readonly number[]) => {
    order = atoms;
    members = new Set(atoms);
    onChange();
  };
  host.observe(
    "selected_atoms",
    () => {
      const atoms = host.get("selected_atoms") ?? [];
      // The kernel sorts them: keep the order of the clicks.
      if (atoms.length === members.size && atoms.every((atom) => members.has(atom))) return;
      take(atoms);
    },
    signal,
  );
  const set = (atoms: readonly number[]) => {
    if (atoms.length === order.length && atoms.every((atom, at) => order[at] === atom)) return;
    take([...new Set(atoms)]);
    host.set("selected_atoms", order);
  };
  return {
    atoms: () => order,
    has: (atom) => members.has(atom),
    set,
    pick(atom, isAdding) {
      if (atom === null) {
        if (!isAdding) set([]);
      } else if (!isAdding) set([atom]);
      else if (members.has(atom)) set(order.filter((each) => each !== atom));
      else set([...order, atom]);
    },
    emphasis(count, hovered) {
      if (order.length === 0 && hovered === null) return null;
      const marks = new Uint8Array(count);
      for (const atom of order) if (atom < count) marks[atom] = EMPHASIS.selected;
      if (hovered !== null && hovered < count) marks[hovered] = EMPHASIS.hovered;
      return marks;
    },
  };
}
