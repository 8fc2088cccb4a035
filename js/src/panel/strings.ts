/** Every text of the panel: header, banner and the reasons why a tool cannot send anything. */

import { age, duration, rate, size } from "../text/format.ts";

export const PANEL = {
  name: "NanoVer",
  label: (name: string) => `NanoVer: ${name}`,
  rateTitle: "Frames or updates per second, and their history over the last minute",
  height: "Height",
} as const;

/** The short state beside the dot. */
export const STATE = {
  disconnected: "Disconnected",
  loading: "Loading",
  connecting: "Connecting",
  closed: "Closed",
  noKernel: "No kernel",
  kernelBusy: "Kernel busy",
  busyButLive: "Kernel busy, updating",
  noUpdates: "No updates",
} as const;

/** How old the shown state is. */
export const FRESHNESS = {
  stale: (seconds: number) => `Stale for ${age(seconds)}`,
  loading: (seconds: number) => `Loading for ${age(seconds)}`,
  connecting: (seconds: number) => `Connecting for ${age(seconds)}`,
  updated: (seconds: number) => `Updated ${age(seconds)} ago`,
  rate: (updates: number, frames: number) => {
    const shown = frames < 0.1 ? updates : frames;
    return shown < 0.1 ? "" : rate(shown).replace("/s", frames < 0.1 ? " updates/s" : " frames/s");
  },
} as const;

const LAST_KNOWN = "Showing the last known state.";
const NO_KERNEL = "The kernel was restarted or shut down. Run the cell again.";
const because = (reason: string): string => (reason === "" ? "" : `: ${reason}`);

export const BANNER = {
  lost: (seconds: number, reason: string, attempt: number) =>
    `Connection lost ${duration(seconds)} ago${because(reason)}. Reconnecting${attempt > 0 ? ` (attempt ${attempt})` : ""}. ${LAST_KNOWN}`,
  lostAnnouncement: (reason: string) => `Connection lost${because(reason)}. Reconnecting.`,
  loading: (bytes: number | null) =>
    `Loading the state${bytes === null ? "" : ` (${size(bytes)} received)`}. ${LAST_KNOWN}`,
  loadingAnnouncement: `Loading the state. ${LAST_KNOWN}`,
  connecting: (reason: string) => (reason === "" ? "" : `Not connected: ${reason}.`),
  closed: (reason: string) =>
    `Connection closed${because(reason)}. Run %nanover reconnect or open a new panel. ${LAST_KNOWN}`,
  noKernel: `${NO_KERNEL} ${LAST_KNOWN}`,
  kernelBusy: "The kernel is busy. This view loads when the running cell has finished.",
  busyButLive: "The kernel is busy. The view is still updating.",
  noUpdates: (seconds: number) =>
    `No updates from the kernel for ${duration(seconds)}. The view may be out of date.`,
  noUpdatesAnnouncement: "No updates from the kernel. The view may be out of date.",
} as const;

/** Why nothing can be sent to the server: the tooltip of disabled buttons. */
export const BLOCKED = {
  lost: "Disconnected from the server. Reconnecting.",
  loading: "The state is still loading.",
  connecting: "Not connected yet.",
  closed: "The connection is closed.",
  noKernel: NO_KERNEL,
  viewLoading: "The view is still loading.",
} as const;
