/** Entry of the history and plot panes, loaded when one of them is first opened. */

export { createHistoryPane } from "../inspector/history/history_pane.ts";
export { createPlotPane } from "../inspector/history/plot_pane.ts";
