/**
 * ControlRoom in anywidget: the three tools as tabs of one card.
 * Synced: tool, what each tool syncs alone, and height; the palette has command_query and
 * selected_command for it, as query and selected are the inspector's.
 */

import { createInspector } from "../inspector/view.ts";
import { createLocks } from "../locks/view.ts";
import { makePalette } from "../palette/view.ts";
import { mount, type RenderProps } from "../panel/mount.ts";

const render = (props: RenderProps): (() => void) =>
  mount(
    props,
    [
      createInspector,
      makePalette({ query: "command_query", selected: "selected_command" }),
      createLocks,
    ],
    "needed",
  );

export default { render };
