/** The interface between the inspector and its parts: history, plot, pause, editing and export. */

import type { Entry } from "../kernel/state_store.ts";
import type { ToolContext } from "../panel/tool.ts";
import type { Readable, Signal } from "../ui/signal.ts";
import type { Shortcuts } from "./shortcuts.ts";
import type { Place } from "./state/place.ts";
import type { ShownState } from "./state/shown_state.ts";
import type { Toolbar } from "./toolbar/toolbar.ts";
import type { TreeNode } from "./tree/key_tree.ts";
import type { Row } from "./tree/rows.ts";

export interface Selected {
  /** The row's id. */
  readonly id: string;
  /** Null for a branch that is not a key. Stays when the key is removed. */
  readonly place: Place | null;
  /** The node of a key or branch; null for a part of a value. */
  readonly node: TreeNode | null;
}

/** A small element in a row: a sparkline, a field, a status. One exists per row element. */
export interface RowPartView {
  readonly element: HTMLElement;
  /** Draws a row, or hides the element. */
  draw(row: Row, entry: Entry | undefined, time: number): void;
}

export interface RowPart {
  /** After the preview, or at the right edge of its column. */
  readonly at: "value" | "end";
  make(): RowPartView;
}

export interface InspectorContext extends ToolContext {
  readonly element: HTMLElement;
  /** Returns whether the inspector is out of view, so that timers need not update it. */
  isHidden(): boolean;
  readonly selected: Readable<Selected | null>;
  /** Selects a place, expands its ancestors and scrolls to it; null clears the selection. */
  select(place: Place | null): void;
  /** Focuses the current row of the tree. */
  focusTree(): void;
  readonly shown: Readable<ShownState>;
  /** Shows an earlier state; null shows the live one. */
  show(earlier: ShownState | null): void;
  readonly toolbar: Toolbar;
  /** The place for bars below the toolbar. */
  readonly bars: HTMLElement;
  /** The value being edited. Its row does not flash. */
  readonly editedPlace: Signal<Place | null>;
  /** The shortcuts while the inspector has the focus. */
  readonly shortcuts: Shortcuts;
  addRowPart(part: RowPart): void;
  /** Calls `fn` in each drawing; ages are relative to `time`. */
  onDraw(fn: (time: number) => void): void;
  /** Draws all rows in the next frame. */
  redraw(): void;
}
