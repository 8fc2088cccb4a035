/**
 * StateInspector in anywidget.
 * Synced: query, selected, pins, sort, mute, recent_queries, height. Page only: what is open.
 * The server owns the state, the kernel mirrors it, and the page has a copy.
 */

import { createInspector } from "../inspector/view.ts";
import { mount, type RenderProps } from "../panel/mount.ts";

const render = (props: RenderProps): (() => void) => mount(props, [createInspector], "needed");

export default { render };
