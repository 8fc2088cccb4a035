/**
 * Entry of the MoleculeView widget.
 * Synced traits: representation, color_by, selected, camera, layers, height. The kernel computes
 * colors and sizes; the page draws.
 */

import { createMolecule } from "../molecule/tool.ts";
import { mount, type RenderProps } from "../panel/mount.ts";

const render = (props: RenderProps): (() => void) =>
  mount(props, [createMolecule], "none", { selected_atoms: "selected" });

export default { render };
