/** Entry of the form and runs of the palette, loaded when a palette is first visible. */

export { createFormView } from "../palette/form/form_view.ts";
export { createHistory } from "../palette/runs/history_view.ts";
