/** Results and messages for the Simulation tool, named as in widgets/simulation/messages.py. */

import type * as v from "valibot";
import { boolean, count, list, nothing, number, object, oneOf, orNull, text } from "./schema.ts";

// results -------------------------------------------------------------------------

const fieldBody = object({
  key: text,
  shape: text,
  dtype: text,
  unit: text,
  minimum: orNull(number),
  maximum: orNull(number),
  sampled: boolean,
  preview: text,
  problem: text,
});
export type FieldBody = v.InferOutput<typeof fieldBody>;

/** `playback` is answered when the command has succeeded. */
export const SIMULATION_RESULTS = {
  watch_frames: object({ epoch: text }),
  unwatch_frames: nothing,
  playback: nothing,
  simulations: object({ names: list(text) }),
  remove_interactions: object({ count }),
  frame_fields: object({ fields: list(fieldBody), more: count }),
} as const;

// messages ------------------------------------------------------------------------

export const PLAYBACK_STATES = ["none", "playing", "paused", "stopped"] as const;
export type PlaybackState = (typeof PLAYBACK_STATES)[number];

const simulationBody = object({
  problem: text,
  name: text,
  state: oneOf(PLAYBACK_STATES),
  time: orNull(number),
  age: orNull(number),
  rate: number,
  atoms: orNull(count),
  rows: count,
  exception: text,
  interactions: count,
  actions: list(text),
});
export type SimulationBody = v.InferOutput<typeof simulationBody>;

/** Numbers of consecutive frames; see `readFrameRows` for the buffers. */
const frameRowsBody = object({
  epoch: text,
  from: count,
  first: count,
  stop: count,
  keys: list(text),
  resets: list(count),
});
export type FrameRowsBody = v.InferOutput<typeof frameRowsBody>;

export const SIMULATION_MESSAGES = {
  simulation: simulationBody,
  frame_rows: frameRowsBody,
} as const;
