/** What runs commands: a module of its own, loaded when a palette is first looked at. */

export { createFormView } from "./form_view.ts";
export { createHistory } from "./history_view.ts";
