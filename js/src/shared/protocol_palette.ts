/** What the palette asks and is told, by the names of widgets/_palette_messages.py. */

import type { EmptyBody, PageRecord, PageValue } from "./protocol.ts";

export interface RunBody {
  readonly name: string;
  readonly arguments: PageRecord;
}

export interface RunResult {
  readonly result: PageValue;
  readonly seconds: number;
}

export interface CommandBody {
  readonly name: string;
  readonly arguments: PageRecord;
  readonly label: string | null;
  readonly icon: string | null;
}

export interface CommandsBody {
  readonly commands: readonly CommandBody[];
  readonly error: string | null;
}

export interface PaletteRequests {
  /** The result is how many commands there are now. */
  readonly refresh_commands: { readonly body: EmptyBody; readonly result: number };
  readonly run: { readonly body: RunBody; readonly result: RunResult };
}

export interface PaletteMessages {
  readonly commands: CommandsBody;
}
