/**
 * CommandPalette in anywidget.
 * Synced: height. Page only: query, choice, drafts, runs. The server owns the commands.
 */

import { mount, type RenderProps } from "../shared/mount.ts";
import { createPalette } from "./view.ts";

const render = (props: RenderProps): (() => void) => mount(props, [createPalette], "none");

export default { render };
