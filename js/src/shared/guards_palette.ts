/** Checks what the palette is told, see guards.ts. */

import type {
  CommandBody,
  CommandsBody,
  PaletteMessages,
  PaletteRequests,
  RunResult,
} from "./protocol_palette.ts";
import {
  type BodyGuards,
  isListOf,
  isNumber,
  isPageRecord,
  isPageValue,
  isShape,
  isText,
  isTextOrNull,
  type ResultGuards,
} from "./shapes.ts";

const isCommand = isShape<CommandBody>({
  name: isText,
  arguments: isPageRecord,
  label: isTextOrNull,
  icon: isTextOrNull,
});

export const PALETTE_BODIES: BodyGuards<PaletteMessages> = {
  commands: isShape<CommandsBody>({ commands: isListOf(isCommand), error: isTextOrNull }),
};

export const PALETTE_RESULTS: ResultGuards<PaletteRequests> = {
  refresh_commands: isNumber,
  run: isShape<RunResult>({ result: isPageValue, seconds: isNumber }),
};
