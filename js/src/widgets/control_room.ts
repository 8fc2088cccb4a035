/**
 * Entry of the ControlRoom widget: the tools as tabs of one card.
 * Synced traits: tool, height and those of each tool; `query` and `selected` are the inspector's, so
 * the palette uses `command_query` and `selected_command`.
 */

import { createInspector } from "../inspector/view.ts";
import { createLocks } from "../locks/tool.ts";
import { makePalette } from "../palette/view.ts";
import { mount, type RenderProps } from "../panel/mount.ts";
import { createSimulation } from "../simulation/tool.ts";

const render = (props: RenderProps): (() => void) =>
  mount(
    props,
    [
      createSimulation,
      createInspector,
      makePalette({ query: "command_query", selected: "selected_command" }),
      createLocks,
    ],
    "needed",
  );

export default { render };
