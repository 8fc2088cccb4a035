/** Advice for a failed run, derived from the server's error message. Pure. */

import type { ErrorBody } from "../../protocol/common.ts";

export interface Advice {
  readonly text: string;
  /** An argument that the server asked for by name. */
  readonly add: string | null;
}

const says = (text: string, add: string | null = null): Advice => ({ text, add });

/** The words of CPython for arguments that do not fit; NanoVer passes them on. */
const MISSING = /missing \d+ required (?:positional|keyword-only) arguments?: '([^']{1,80})'/;
const UNEXPECTED = /got an unexpected keyword argument '([^']{1,80})'/;

export function adviceFor({ kind, message }: ErrorBody): Advice | null {
  switch (kind) {
    case "CommandFailed":
    case "ServerFailed":
      break;
    case "ConnectionLost":
      return says("The server may have done it all the same: look before you run it again.");
    case "TimedOut":
      return says("The server may still be at it: look before you run it again.");
    case "ConnectError":
      return says("Nothing was sent. Run it again when the server is back.");
    case "InvalidArgument":
    case "InvalidValue":
    case "BadRequest":
      return says("Nothing was sent. Mend the argument and run it again.");
    case "NotSent":
      return says("Nothing was run. Run it again.");
    case "ClosedError":
      return says("Connect again for a new panel.");
    case "KernelGone":
      return says("Run the cell again; the server may have done it all the same.");
    default:
      return null;
  }
  const missing = MISSING.exec(message)?.[1];
  if (missing !== undefined) return says(`The command needs the argument ${missing}.`, missing);
  const unexpected = UNEXPECTED.exec(message)?.[1];
  if (unexpected !== undefined) {
    return says(`The command takes no argument ${unexpected}: take it out and run it again.`);
  }
  if (/Unknown command|Not implemented yet/.test(message)) {
    return says("The server does not have this command any more: refresh the list.");
  }
  if (/cannot be serialised|can not serialize/.test(message)) {
    return says(
      "The command ran, but returns something that cannot be sent: its author can mend that.",
    );
  }
  return null;
}
