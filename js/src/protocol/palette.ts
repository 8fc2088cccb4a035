/** Results and messages for the command palette, named as in widgets/palette/messages.py. */

import type * as v from "valibot";
import { errorBody } from "./common.ts";
import {
  boolean,
  count,
  list,
  nothing,
  number,
  object,
  oneOf,
  orNull,
  pageRecord,
  pageValue,
  recordOf,
  text,
} from "./schema.ts";

// parts and results ---------------------------------------------------------------

const choiceBody = object({ label: text, value: pageValue });
export type ChoiceBody = v.InferOutput<typeof choiceBody>;

/** `asks` names the arguments that are not kept, as they are secrets. */
export const pinBody = object({
  id: text,
  command: text,
  arguments: pageRecord,
  asks: list(text),
  label: text,
  icon: text,
  tooltip: text,
});
export type PinBody = v.InferOutput<typeof pinBody>;

const fullResult = object({ kept: boolean, result: pageValue });
export type FullResult = v.InferOutput<typeof fullResult>;

/** `refresh_commands` is answered with the number of commands; `run` at once: its outcome arrives as `run_state`. */
export const PALETTE_RESULTS = {
  refresh_commands: number,
  run: nothing,
  cancel_run: nothing,
  full_result: fullResult,
  forget_run: nothing,
  choices: object({ choices: list(choiceBody) }),
  pin: nothing,
  unpin: nothing,
  integers: nothing,
  name_result: nothing,
} as const;

// messages ------------------------------------------------------------------------

export const ARGUMENT_KINDS = ["float", "int", "bool", "text", "json", "choice"] as const;
export type ArgumentKind = (typeof ARGUMENT_KINDS)[number];

/** `asks`: the options are fetched by `choices`. */
const argumentBody = object({
  name: text,
  kind: oneOf(ARGUMENT_KINDS),
  required: boolean,
  default: pageValue,
  help: text,
  unit: text,
  min: orNull(number),
  max: orNull(number),
  options: orNull(list(choiceBody)),
  asks: boolean,
  secret: boolean,
});
export type ArgumentBody = v.InferOutput<typeof argumentBody>;

export const DANGERS = ["everybody", "others"] as const;

const commandBody = object({
  name: text,
  arguments: pageRecord,
  label: orNull(text),
  icon: orNull(text),
  sentence: text,
  danger: text,
  danger_to: oneOf(DANGERS),
  known: list(argumentBody),
});
export type CommandBody = v.InferOutput<typeof commandBody>;

const commandsBody = object({ commands: list(commandBody), error: orNull(text) });
export type CommandsBody = v.InferOutput<typeof commandsBody>;

/** A lock of this client that was lost or, where `kept`, cleared and granted again. */
const lockEffectBody = object({ key: text, kept: boolean, note: text });
export type LockEffectBody = v.InferOutput<typeof lockEffectBody>;

const effectsBody = object({
  added: list(text),
  changed: list(text),
  removed: list(text),
  count,
  moving: count,
  locks: list(lockEffectBody),
});
export type EffectsBody = v.InferOutput<typeof effectsBody>;

export const RUN_STATES = ["running", "done", "failed", "cancelled"] as const;
export type RunState = (typeof RUN_STATES)[number];

/** `began` is in seconds since 1970; `seconds` the time it took, or has taken when it was sent. */
const runStateBody = object({
  run: text,
  name: text,
  arguments: pageRecord,
  state: oneOf(RUN_STATES),
  began: number,
  seconds: number,
  result: pageValue,
  dropped: boolean,
  error: orNull(errorBody),
  progress: orNull(number),
  effects: orNull(effectsBody),
});
export type RunStateBody = v.InferOutput<typeof runStateBody>;

const runsBody = object({ runs: list(runStateBody) });

const memoryBody = object({
  pins: list(pinBody),
  recent: list(text),
  last: recordOf(pageRecord),
  integers: recordOf(list(text)),
  result_name: text,
});
export type MemoryBody = v.InferOutput<typeof memoryBody>;

export const PALETTE_MESSAGES = {
  commands: commandsBody,
  run_state: runStateBody,
  runs: runsBody,
  memory: memoryBody,
  people: object({ avatars: count }),
} as const;
