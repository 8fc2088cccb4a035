/** Advice for a failed run, derived from the error. Pure. */

import type { ErrorBody } from "../../protocol/common.ts";
import { ADVICE } from "../strings.ts";

export interface Advice {
  readonly text: string;
  /** The name of an argument that the server requires. */
  readonly add: string | null;
}

const BY_KIND: Readonly<Record<string, string>> = {
  ConnectionLost: ADVICE.connectionLost,
  TimedOut: ADVICE.timedOut,
  ConnectError: ADVICE.connectError,
  InvalidArgument: ADVICE.invalid,
  InvalidValue: ADVICE.invalid,
  BadRequest: ADVICE.invalid,
  NotSent: ADVICE.notSent,
  ClosedError: ADVICE.closed,
  KernelGone: ADVICE.kernelGone,
};

/** CPython's messages for wrong arguments, which NanoVer passes on. */
const MISSING = /missing \d+ required (?:positional|keyword-only) arguments?: '([^']{1,80})'/;
const UNEXPECTED = /got an unexpected keyword argument '([^']{1,80})'/;

const advice = (text: string, add: string | null = null): Advice => ({ text, add });

export function adviceFor({ kind, message }: ErrorBody): Advice | null {
  if (kind !== "CommandFailed" && kind !== "ServerFailed") {
    return Object.hasOwn(BY_KIND, kind) ? advice(BY_KIND[kind] ?? "") : null;
  }
  const missing = MISSING.exec(message)?.[1];
  if (missing !== undefined) return advice(ADVICE.missing(missing), missing);
  const unexpected = UNEXPECTED.exec(message)?.[1];
  if (unexpected !== undefined) return advice(ADVICE.unexpected(unexpected));
  if (/Unknown command|Not implemented yet/.test(message)) return advice(ADVICE.unavailable);
  if (/cannot be serialised|can not serialize/.test(message)) return advice(ADVICE.notSerializable);
  return null;
}
