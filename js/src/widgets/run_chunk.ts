/** Entry of the palette's form and runs, loaded when a palette is first visible. */

export { createRunViews } from "../palette/run_views.ts";
