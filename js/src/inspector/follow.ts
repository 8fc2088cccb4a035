/** The panes that follow a key through time: a module of its own, loaded when one is opened. */

export { createHistoryPane } from "./history_pane.ts";
export { createPlotPane } from "./plot_pane.ts";
