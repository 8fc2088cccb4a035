/**
 * ControlRoom in anywidget: the three tools as tabs of one card.
 * Synced: tool, query, height. Everything else is as in each tool alone.
 */

import { createInspector } from "../inspector/view.ts";
import { createLocks } from "../locks/view.ts";
import { createPalette } from "../palette/view.ts";
import { mount, type RenderProps } from "../shared/mount.ts";

const render = (props: RenderProps): (() => void) =>
  mount(props, [createInspector, createPalette, createLocks], "needed");

export default { render };
