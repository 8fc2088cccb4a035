/**
 * CommandPalette in anywidget.
 * Synced: query, selected, height. Page only: drafts. The kernel has the runs, the server its
 * commands.
 */

import { mount, type RenderProps } from "../shared/mount.ts";
import { makePalette } from "./view.ts";

const render = (props: RenderProps): (() => void) =>
  mount(props, [makePalette({ query: "query", selected: "selected" })], "none");

export default { render };
