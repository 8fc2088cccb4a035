/** Entry of the lock manager's view, loaded when the tool is first visible or has news. */

export { createLocksView } from "../locks/view.ts";
