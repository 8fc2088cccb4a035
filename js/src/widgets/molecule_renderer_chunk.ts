/** Entry of the renderer, loaded with the molecular view. */

export { createRenderer } from "../molecule/gl/renderer.ts";
