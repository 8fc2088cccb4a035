/**
 * Entry of the CommandPalette widget.
 * Synced traits: query, selected, height. Drafts are local to the page. The kernel owns the runs.
 */

import { makePalette } from "../palette/view.ts";
import { mount, type RenderProps } from "../panel/mount.ts";

const render = (props: RenderProps): (() => void) =>
  mount(props, [makePalette({ query: "query", selected: "selected" })], "none");

export default { render };
