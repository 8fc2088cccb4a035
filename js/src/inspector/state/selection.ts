/** The selected row, and the row with the keyboard focus. */

import { Signal } from "../../ui/signal.ts";
import type { InspectorContext, Selected } from "../context.ts";
import type { TreeNode } from "../tree/key_tree.ts";
import { keyOf, type Row } from "../tree/rows.ts";
import type { Place } from "./place.ts";

export class Selection {
  readonly selected = new Signal<Selected | null>(null);
  /** The id of the row that is the Tab stop; null for the first row. */
  currentId: string | null = null;

  select(row: Row): void {
    this.currentId = row.id;
    if (this.selected.get()?.id !== row.id) this.selected.set(selectedOf(row));
  }

  /** Selects a place that may not have a row yet. */
  selectPlace(id: string, place: Place, node: TreeNode | null): void {
    this.currentId = id;
    const before = this.selected.get();
    if (before?.id !== id || (before.node === null && node !== null)) {
      this.selected.set({ id, place, node });
    }
  }

  clear(): void {
    this.selected.set(null);
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

/** Keep the selected key and the trait `selected` in sync. */
export function syncSelectedTrait(context: InspectorContext): void {
  const { host, selected, select, shown, signal } = context;
  const selectedKey = () => selected.get()?.place?.key ?? null;
  /** A selected key that does not exist yet; it is revealed once it does. */
  let awaited: string | null = null;
  const read = () => {
    const wanted = host.get("selected");
    if (wanted === selectedKey()) return;
    awaited = wanted !== null && !shown.get().entries.has(wanted) ? wanted : null;
    select(wanted === null ? null : { key: wanted, path: [] });
  };
  context.onDraw(() => {
    if (awaited === null) return;
    const key = awaited;
    if (selectedKey() !== key) awaited = null;
    else if (shown.get().entries.has(key)) {
      awaited = null;
      select({ key, path: [] });
    }
  });
  selected.observe(() => host.set("selected", selectedKey()), signal);
  host.observe("selected", read, signal);
  read();
}
