/** Entry of the molecular view, loaded when it is first visible. */

export { createMoleculeView } from "../molecule/view.ts";
