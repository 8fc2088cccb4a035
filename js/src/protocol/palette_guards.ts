/** Checks the messages to the command palette; see guards.ts. */

import type { ErrorBody } from "./common.ts";
import {
  ARGUMENT_KINDS,
  type ArgumentBody,
  type ChoiceBody,
  type ChoicesResult,
  type CommandBody,
  type CommandsBody,
  DANGERS,
  type EffectsBody,
  type LockEffectBody,
  type MemoryBody,
  type PaletteMessages,
  type PaletteRequests,
  type PeopleBody,
  type PinBody,
  RUN_STATES,
  type RunStateBody,
  type RunsBody,
  type WholeResult,
} from "./palette.ts";
import {
  type BodyGuards,
  isBoolean,
  isCount,
  isListOf,
  isNull,
  isNumber,
  isNumberOrNull,
  isOneOf,
  isPageRecord,
  isPageValue,
  isRecordOf,
  isShape,
  isText,
  isTextOrNull,
  orNull,
  type ResultGuards,
} from "./shapes.ts";

const isChoice = isShape<ChoiceBody>({ label: isText, value: isPageValue });

const isArgument = isShape<ArgumentBody>({
  name: isText,
  kind: isOneOf(ARGUMENT_KINDS),
  required: isBoolean,
  default: isPageValue,
  help: isText,
  unit: isText,
  min: isNumberOrNull,
  max: isNumberOrNull,
  options: orNull(isListOf(isChoice)),
  asks: isBoolean,
  secret: isBoolean,
});

const isCommand = isShape<CommandBody>({
  name: isText,
  arguments: isPageRecord,
  label: isTextOrNull,
  icon: isTextOrNull,
  sentence: isText,
  danger: isText,
  danger_to: isOneOf(DANGERS),
  known: isListOf(isArgument),
});

const isRunState = isShape<RunStateBody>({
  run: isText,
  name: isText,
  arguments: isPageRecord,
  state: isOneOf(RUN_STATES),
  began: isNumber,
  seconds: isNumber,
  result: isPageValue,
  dropped: isBoolean,
  error: orNull(isShape<ErrorBody>({ kind: isText, message: isText })),
  progress: isNumberOrNull,
  effects: orNull(
    isShape<EffectsBody>({
      added: isListOf(isText),
      changed: isListOf(isText),
      removed: isListOf(isText),
      count: isCount,
      moving: isCount,
      locks: isListOf(isShape<LockEffectBody>({ key: isText, kept: isBoolean, note: isText })),
    }),
  ),
});

const isPin = isShape<PinBody>({
  id: isText,
  command: isText,
  arguments: isPageRecord,
  asks: isListOf(isText),
  label: isText,
  icon: isText,
  tooltip: isText,
});

export const PALETTE_BODIES: BodyGuards<PaletteMessages> = {
  commands: isShape<CommandsBody>({ commands: isListOf(isCommand), error: isTextOrNull }),
  run_state: isRunState,
  runs: isShape<RunsBody>({ runs: isListOf(isRunState) }),
  memory: isShape<MemoryBody>({
    pins: isListOf(isPin),
    recent: isListOf(isText),
    last: isRecordOf(isPageRecord),
    integers: isRecordOf(isListOf(isText)),
    result_name: isText,
  }),
  people: isShape<PeopleBody>({ avatars: isCount }),
};

export const PALETTE_RESULTS: ResultGuards<PaletteRequests> = {
  refresh_commands: isNumber,
  run: isNull,
  cancel_run: isNull,
  whole_result: isShape<WholeResult>({ kept: isBoolean, result: isPageValue }),
  forget_run: isNull,
  choices: isShape<ChoicesResult>({ choices: isListOf(isChoice) }),
  pin: isNull,
  unpin: isNull,
  integers: isNull,
  name_result: isNull,
};
