/**
 * Entry of the StateInspector widget.
 * Synced traits: query, selected, pins, sort, mute, recent_queries, height. Expanded rows are local to
 * the page. The server owns the state; kernel and page hold copies.
 */

import { createInspector } from "../inspector/view.ts";
import { mount, type RenderProps } from "../panel/mount.ts";

const render = (props: RenderProps): (() => void) => mount(props, [createInspector], "needed");

export default { render };
