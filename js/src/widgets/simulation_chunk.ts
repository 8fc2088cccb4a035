/** Entry of the Simulation tool's view, loaded when the tool is first visible. */

export { createSimulationView } from "../simulation/view.ts";
