/**
 * What the inspector offers to its parts: history, plot, pause, editing and export.
 * view.ts creates each part with this context, which is its only connection to the tree:
 *
 *   selected, select    the selected row, and how to select another
 *   shown, show         the state in the tree: the live one, or an earlier one
 *   toolbar, bars       places for buttons, and for bars below the toolbar
 *   addRowPart          a small element in each row: a sparkline, a field, a status
 *   editedPlace         the value being edited: its row neither flashes nor moves
 *   shortcuts           shortcuts while the inspector has the focus, listed by `?`
 *   onDraw, redraw      once per frame in which anything is drawn
 */

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
  /** Null for a branch that is no key itself. Stays when the key is removed. */
  readonly place: Place | null;
  /** The node of a row that is a key or a branch; null for a part of a value. */
  readonly node: TreeNode | null;
}

/** Made once for each row element, which shows whatever row scrolls by. */
export interface RowPartView {
  readonly element: HTMLElement;
  /** Draws what it has to say about this row, or hides its element. */
  draw(row: Row, entry: Entry | undefined, time: number): void;
}

export interface RowPart {
  /** Behind the preview, or at the right edge of the name's column. */
  readonly at: "value" | "end";
  make(): RowPartView;
}

export interface InspectorContext extends ToolContext {
  /** The inspector as a whole. */
  readonly element: HTMLElement;
  /** Whether nobody can see it: then nothing needs to be kept up to date by the clock. */
  isHidden(): boolean;
  readonly selected: Readable<Selected | null>;
  /** Chooses a place, opens what hides it and scrolls to it; null chooses nothing. */
  select(place: Place | null): void;
  /** Goes to the row that the keyboard stands on, or where it stood. */
  focusTree(): void;
  readonly shown: Readable<ShownState>;
  /** Shows a state from before; null goes back to the live one, whatever came meanwhile. */
  show(past: ShownState | null): void;
  readonly toolbar: Toolbar;
  readonly bars: HTMLElement;
  readonly editedPlace: Signal<Place | null>;
  readonly shortcuts: Shortcuts;
  addRowPart(part: RowPart): void;
  /** `time` is what ages count from: now, or when the shown state stood so. */
  onDraw(fn: (time: number) => void): void;
  redraw(): void;
}
