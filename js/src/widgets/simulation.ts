/**
 * Entry of the SimulationPanel widget.
 * Synced traits: plots, plot_window, height. The kernel records the frames; the page has a copy of
 * their numbers.
 */

import { mount, type RenderProps } from "../panel/mount.ts";
import { createSimulation } from "../simulation/tool.ts";

const render = (props: RenderProps): (() => void) => mount(props, [createSimulation], "none");

export default { render };
