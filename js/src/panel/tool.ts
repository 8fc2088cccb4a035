/** The interface between a panel and its tools. */

import type { Host } from "../kernel/host.ts";
import type { Session } from "../kernel/session.ts";
import type { Readable } from "../ui/signal.ts";
import type { ConnectionStatus } from "./connection_status.ts";

export type ToolName = "inspector" | "palette" | "locks";

export interface ToolContext {
  readonly host: Host;
  readonly session: Session;
  readonly signal: AbortSignal;
  /** How the line to the server is; a tool disables what cannot be done now. */
  readonly connection: Readable<ConnectionStatus>;
  /** Reads a sentence out to screen readers, politely. */
  announce(text: string): void;
}

export interface Tool {
  readonly name: ToolName;
  readonly label: string;
  readonly element: HTMLElement;
  /** The number beside the tool's name in the header. */
  readonly count: Readable<number | null>;
  readonly footer: HTMLElement;
  /** The tool has come into view: draw what was left undrawn. */
  shown(): void;
}

export type MakeTool = (context: ToolContext) => Tool;
