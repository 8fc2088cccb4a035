/** The interface between a panel and its tools. */

import type { Host } from "../kernel/host.ts";
import type { Session } from "../kernel/session.ts";
import type { Readable } from "../ui/signal.ts";
import type { ConnectionStatus } from "./connection_status.ts";

export type ToolName = "simulation" | "molecule" | "inspector" | "palette" | "locks";

export interface ToolContext {
  readonly host: Host;
  readonly session: Session;
  readonly signal: AbortSignal;
  /** The connection status; a tool disables what needs the server. */
  readonly connection: Readable<ConnectionStatus>;
  /** Announce a text to screen readers, politely. */
  announce(text: string): void;
}

export interface Tool {
  readonly name: ToolName;
  readonly label: string;
  readonly element: HTMLElement;
  /** The number beside the tool's name in the header. */
  readonly count: Readable<number | null>;
  readonly footer: HTMLElement;
  /** Called when the tool becomes visible. */
  shown(): void;
}

export type MakeTool = (context: ToolContext) => Tool;
