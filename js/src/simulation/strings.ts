/** Every text of the Simulation tool, and the names and units of the numbers in a frame. */

import type { PlaybackState } from "../protocol/simulation.ts";
import { duration, plural } from "../text/format.ts";

export const STATE: Readonly<Record<PlaybackState, string>> = {
  none: "No frames",
  playing: "Playing",
  paused: "Paused",
  stopped: "No new frames",
};

export const STATE_TITLE: Readonly<Record<PlaybackState, string>> = {
  none: "The server has not sent a frame yet.",
  playing: "Frames arrive and the simulated time increases.",
  paused: "The simulation was paused from this notebook.",
  stopped: "No frames arrive. NanoVer does not send whether a simulation is paused.",
};

export const BAR = {
  label: "Playback",
  unnamed: "Unnamed simulation",
  play: "Play",
  pause: "Pause",
  step: "Step",
  reset: "Reset",
  load: "Load",
  loadTitle: "Load a simulation",
  noSimulations: "This server lists no simulations.",
  loadingList: "Loading the list…",
  listFailed: (reason: string) => `Could not list the simulations: ${reason}`,
  unnamedItem: (index: number) => `Simulation ${index}`,
  frames: (perSecond: number) =>
    `${perSecond < 9.5 ? perSecond.toFixed(1) : Math.round(perSecond)} frames/s`,
  lastFrame: (seconds: number) => `last frame ${duration(seconds)} ago`,
  atoms: (number: number) => plural(number, "atom"),
  missing: (command: string) => `This server has no command ${command}.`,
  running: "A command is running.",
  failed: (action: string, reason: string) => `${action} failed: ${reason}`,
  done: (action: string) => `${action} done`,
  askReset: "Reset the simulation? It restarts for all users, and its progress is lost.",
  askLoad: (name: string) =>
    `Load ${name}? All users' selections, interactions and locks are cleared.`,
} as const;

export const EMPTY = {
  none: "No simulation is running.",
  noneHint: "Load one with the Load button, or start a simulation on the server.",
  noneHintWithoutLoad: "Start a simulation on the server; frames appear here as they arrive.",
  unavailable: "This server sends no frames.",
  unavailableHint: "It has no trajectory service. The other tools work as usual.",
  waiting: "Waiting for the server…",
} as const;

export const EXCEPTION = {
  title: "The simulation failed.",
  advice: "Reset it, load another one, or remove the interactions that caused the error.",
  remove: (number: number) => `Remove ${plural(number, "interaction")}`,
  askRemove: (number: number) =>
    `Remove ${plural(number, "interaction")}? This includes those of other users.`,
  removed: (number: number) => `Removed ${plural(number, "interaction")}`,
} as const;

export const TABS = {
  molecule: "Molecule",
  plots: "Plots",
  frame: "Frame",
  label: "Views of the simulation",
} as const;

export const PLOTS = {
  windowLabel: "Time shown",
  windows: [
    ["10 s", 10],
    ["1 min", 60],
    ["5 min", 300],
    ["All", 0],
  ],
  choose: "Series",
  chooserLabel: "Series to plot",
  save: "Save",
  savePng: "Plots as image",
  saveCsv: "Series as table",
  saved: (name: string) => `Saved ${name}`,
  saveFailed: (reason: string) => `Could not save: ${reason}`,
  nothing: "No series selected. Choose one with Series.",
  noNumbers: "The frames contain no numbers to plot.",
  tooMany: (most: number) => `At most ${most} series can be plotted.`,
  loadFailed: (reason: string) => `Could not load the plots: ${reason}`,
  plotLabel: (name: string, value: string) => `Plot of ${name}, latest value ${value}`,
  noValue: "—",
  reset: "reset",
  recorded: (rows: number, seconds: number) =>
    `${plural(rows, "frame")} recorded, ${duration(seconds)}`,
} as const;

export const FIELDS = {
  label: "Fields of the current frame",
  heads: ["Key", "Shape", "Type", "Unit", "Range", "Value"],
  more: (number: number) => `${plural(number, "more field")} not shown`,
  failed: (reason: string) => `Could not read the frame: ${reason}`,
  sampled: (range: string) => `about ${range}`,
  range: (low: string, high: string) => (low === high ? low : `${low} to ${high}`),
  index: "frame.index",
} as const;

/** Name and unit of the numbers that NanoVer's servers send. */
const SERIES = new Map<string, readonly [name: string, unit: string]>([
  ["system.temperature", ["Temperature", "K"]],
  ["energy.potential", ["Potential energy", "kJ/mol"]],
  ["energy.kinetic", ["Kinetic energy", "kJ/mol"]],
  ["energy.total", ["Total energy", "kJ/mol"]],
  ["energy.user.total", ["User energy", "kJ/mol"]],
  ["forces.user.work_done", ["User work", "kJ/mol"]],
  ["system.simulation.time", ["Simulated time", "ps"]],
  ["system.simulation.counter", ["Simulations loaded", ""]],
  ["system.reset.counter", ["Resets", ""]],
  ["particle.count", ["Atoms", ""]],
  ["residue.count", ["Residues", ""]],
  ["chain.count", ["Chains", ""]],
]);

/** Return the name and unit of a number; an unknown one is named by its key. */
export const seriesName = (key: string): readonly [name: string, unit: string] =>
  SERIES.get(key) ?? [key, ""];
