/**
 * CommandPalette in anywidget.
 * Synced: query, selected, height. Page only: drafts. The kernel has the runs, the server its
 * commands.
 */

import { makePalette } from "../palette/view.ts";
import { mount, type RenderProps } from "../panel/mount.ts";

const render = (props: RenderProps): (() => void) =>
  mount(props, [makePalette({ query: "query", selected: "selected" })], "none");

export default { render };
