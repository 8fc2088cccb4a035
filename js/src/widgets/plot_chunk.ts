/** Entry of the plot module, loaded when a plot is first opened. */

export { createPlot } from "../charts/plot.ts";
export { createTimePlot } from "../charts/time_plot.ts";
