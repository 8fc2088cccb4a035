/** Requests and messages of the command palette, named as in widgets/palette/messages.py. */

import type { EmptyBody, ErrorBody, PageRecord, PageValue } from "./common.ts";

/** `run` is the page's name for the run: the same name again starts nothing. */
export interface RunBody {
  readonly run: string;
  readonly name: string;
  readonly arguments: PageRecord;
}

export interface RunNamedBody {
  readonly run: string;
}

export interface WholeResult {
  readonly kept: boolean;
  readonly result: PageValue;
}

/** Null for all that are over. */
export interface ForgetRunBody {
  readonly run: string | null;
}

export interface ChoicesBody {
  readonly command: string;
  readonly argument: string;
}

export interface ChoiceBody {
  readonly label: string;
  readonly value: PageValue;
}

export interface ChoicesResult {
  readonly choices: readonly ChoiceBody[];
}

/** `asks` names the arguments that are not kept, as they are secrets. */
export interface PinBody {
  readonly id: string;
  readonly command: string;
  readonly arguments: PageRecord;
  readonly asks: readonly string[];
  readonly label: string;
  readonly icon: string;
  readonly tooltip: string;
}

export interface UnpinBody {
  readonly id: string;
}

export interface IntegersBody {
  readonly command: string;
  readonly names: readonly string[];
}

export interface NameResultBody {
  readonly name: string;
}

export const ARGUMENT_KINDS = ["float", "int", "bool", "text", "json", "choice"] as const;
export type ArgumentKind = (typeof ARGUMENT_KINDS)[number];

/** `asks`: the options have to be asked for, by `choices`. */
export interface ArgumentBody {
  readonly name: string;
  readonly kind: ArgumentKind;
  readonly required: boolean;
  readonly default: PageValue;
  readonly help: string;
  readonly unit: string;
  readonly min: number | null;
  readonly max: number | null;
  readonly options: readonly ChoiceBody[] | null;
  readonly asks: boolean;
  readonly secret: boolean;
}

export const DANGERS = ["everybody", "others"] as const;

export interface CommandBody {
  readonly name: string;
  readonly arguments: PageRecord;
  readonly label: string | null;
  readonly icon: string | null;
  readonly sentence: string;
  readonly danger: string;
  readonly danger_to: (typeof DANGERS)[number];
  readonly known: readonly ArgumentBody[];
}

export interface CommandsBody {
  readonly commands: readonly CommandBody[];
  readonly error: string | null;
}

/** A lock of ours that was lost or, where `kept`, cleared and granted to us again. */
export interface LockEffectBody {
  readonly key: string;
  readonly kept: boolean;
  readonly note: string;
}

export interface EffectsBody {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly count: number;
  readonly moving: number;
  readonly locks: readonly LockEffectBody[];
}

export const RUN_STATES = ["running", "done", "failed", "cancelled"] as const;
export type RunState = (typeof RUN_STATES)[number];

export interface RunStateBody {
  readonly run: string;
  readonly name: string;
  readonly arguments: PageRecord;
  readonly state: RunState;
  /** Seconds since 1970. */
  readonly began: number;
  /** How long it took or, while it runs, has taken at the time of sending. */
  readonly seconds: number;
  readonly result: PageValue;
  readonly dropped: boolean;
  readonly error: ErrorBody | null;
  readonly progress: number | null;
  readonly effects: EffectsBody | null;
}

export interface RunsBody {
  readonly runs: readonly RunStateBody[];
}

export interface MemoryBody {
  readonly pins: readonly PinBody[];
  readonly recent: readonly string[];
  readonly last: Readonly<Record<string, PageRecord>>;
  readonly integers: Readonly<Record<string, readonly string[]>>;
  readonly result_name: string;
}

export interface PeopleBody {
  readonly avatars: number;
}

export interface PaletteRequests {
  /** The result is how many commands there are now. */
  readonly refresh_commands: { readonly body: EmptyBody; readonly result: number };
  /** Answered at once: what becomes of it comes as `run_state`. */
  readonly run: { readonly body: RunBody; readonly result: null };
  readonly cancel_run: { readonly body: RunNamedBody; readonly result: null };
  readonly whole_result: { readonly body: RunNamedBody; readonly result: WholeResult };
  readonly forget_run: { readonly body: ForgetRunBody; readonly result: null };
  readonly choices: { readonly body: ChoicesBody; readonly result: ChoicesResult };
  readonly pin: { readonly body: PinBody; readonly result: null };
  readonly unpin: { readonly body: UnpinBody; readonly result: null };
  readonly integers: { readonly body: IntegersBody; readonly result: null };
  readonly name_result: { readonly body: NameResultBody; readonly result: null };
}

export interface PaletteMessages {
  readonly commands: CommandsBody;
  readonly run_state: RunStateBody;
  readonly runs: RunsBody;
  readonly memory: MemoryBody;
  readonly people: PeopleBody;
}
