/**
 * ControlRoom in anywidget: the three tools as tabs of one card.
 * Synced: tool, query, height. Everything else is as in each tool alone.
 */

import { createInspector } from "../inspector/view.ts";
import { createLocks } from "../locks/view.ts";
import { makePalette } from "../palette/view.ts";
import { mount, type RenderProps } from "../shared/mount.ts";

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
