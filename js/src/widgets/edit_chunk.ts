/** Entry of the editing module, loaded when editing is first switched on. */

export { createEditor } from "../inspector/edit/create_editor.ts";
