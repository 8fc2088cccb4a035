/** The selected row, and the row with the keyboard focus. */

import { Signal } from "../../ui/signal.ts";
import type { Place, Selected } from "../context.ts";
import type { TreeNode } from "../tree/key_tree.ts";
import { keyOf, type Row } from "../tree/rows.ts";

export class Selection {
  readonly selected = new Signal<Selected | null>(null);
  /** The id of the row that Tab comes to; null for the first. */
  currentId: string | null = null;

  choose(row: Row): void {
    this.currentId = row.id;
    if (this.selected.get()?.id !== row.id) this.selected.set(selectedOf(row));
  }

  /** Chooses a place of which there may be no row yet. */
  choosePlace(id: string, place: Place, node: TreeNode | null): void {
    this.currentId = id;
    const before = this.selected.get();
    if (before?.id !== id || (before.node === null && node !== null)) {
      this.selected.set({ id, place, node });
    }
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
