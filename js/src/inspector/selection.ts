/** Which row the user chose, and on which row the keyboard stands. */

import { Cell } from "../shared/cell.ts";
import type { Place, Selected } from "./bench.ts";
import { keyOf, type Row } from "./rows.ts";

export class Selection {
  readonly selected = new Cell<Selected | null>(null);
  /** The id of the row that Tab comes to; null for the first. */
  currentId: string | null = null;

  choose(row: Row): void {
    this.currentId = row.id;
    if (this.selected.get()?.id !== row.id) this.selected.set(selectedOf(row));
  }

  /** Chooses a place of which there may be no row yet. */
  choosePlace(id: string, place: Place): void {
    this.currentId = id;
    if (this.selected.get()?.id !== id) this.selected.set({ id, place, node: null });
  }

  /** False where nothing was chosen. */
  clear(): boolean {
    const had = this.selected.get() !== null;
    this.selected.set(null);
    return had;
  }
}

function selectedOf(row: Row): Selected {
  const key = keyOf(row);
  return {
    id: row.id,
    place:
      key === null
        ? null
        : { key, path: row.kind === "value" || row.kind === "more" ? row.path : [] },
    node: row.kind === "node" ? row.node : null,
  };
}
