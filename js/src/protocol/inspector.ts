/** Requests and messages of the inspector, named as in widgets/inspector/messages.py. */

import type { EmptyBody, PageValue } from "./common.ts";

export interface ValueBody {
  readonly key: string;
}

export interface ValueResult {
  readonly key: string;
  readonly exists: boolean;
  readonly value?: PageValue;
}

// history: times are seconds since the epoch on the recorder's clock, like `now` beside them

export interface HistoryBody {
  readonly key: string;
  /** Tells the moments before this number; null for the newest. */
  readonly before: number | null;
  readonly limit: number;
}
export interface MomentBody {
  readonly number: number;
  readonly at: number;
  readonly exists: boolean;
  /** What is different from the moment before. */
  readonly text: string;
}
export interface HistoryResult {
  readonly key: string;
  readonly now: number;
  readonly total: number;
  readonly complete: boolean;
  /** Newest first. */
  readonly moments: readonly MomentBody[];
}
export interface AtMomentBody {
  readonly key: string;
  readonly number: number;
}
export interface DiffBody {
  readonly key: string;
  readonly before: number;
  readonly after: number;
}
export const DIFFERENCE_KINDS = ["added", "removed", "changed"] as const;
export interface DifferenceBody {
  readonly path: string;
  readonly kind: (typeof DIFFERENCE_KINDS)[number];
  readonly before?: PageValue;
  readonly after?: PageValue;
}
export interface DiffResult {
  readonly key: string;
  readonly total: number;
  readonly differences: readonly DifferenceBody[];
}
export interface PlotBody {
  readonly key: string;
  readonly paths: readonly string[];
  readonly points: number;
}
export interface NumberBody {
  readonly id: string;
  readonly text: string;
}
export interface SeriesBody {
  readonly id: string;
  readonly text: string;
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
}
export interface PlotResult {
  readonly key: string;
  readonly now: number;
  readonly numbers: readonly NumberBody[];
  readonly more: boolean;
  readonly series: readonly SeriesBody[];
}
export interface RecordedResult {
  readonly begun: number;
  readonly oldest: number;
  readonly now: number;
  readonly items: number;
  readonly bytes: number;
}
export interface PastBody {
  readonly at: number;
}
export interface PastKeyBody {
  readonly key: string;
  readonly value: PageValue;
  readonly since: number;
}
/** To be laid over what the page had when it asked. */
export interface PastResult {
  readonly at: number;
  readonly now: number;
  readonly keys: readonly PastKeyBody[];
  readonly absent: readonly string[];
  readonly unknown: readonly string[];
  readonly left: number;
}

// edits

export interface HoldResult {
  readonly held: boolean;
  readonly able: boolean;
  readonly seconds: number;
  readonly note: string;
}
export interface WriteBody {
  readonly key: string;
  readonly path: readonly (string | number)[];
  /** JSON, which may also say NaN and Infinity. */
  readonly text: string;
  readonly add: boolean;
}
export interface RenameBody {
  readonly key: string;
  readonly name: string;
}
export interface RemoveBody {
  readonly key: string;
  readonly branch: boolean;
  readonly count: number;
}
export interface UndoBody {
  readonly force: boolean;
}
export const EDIT_STATES = ["sent", "accepted", "seen", "refused", "failed"] as const;
export interface EditBody {
  readonly number: number;
  readonly text: string;
  /** The first of `count`. */
  readonly keys: readonly string[];
  readonly count: number;
  /** To the part of its only key that was written; empty for the whole. */
  readonly path: readonly (string | number)[];
  readonly state: (typeof EDIT_STATES)[number];
  readonly note: string;
  readonly seconds: number;
}
export interface EditsBody {
  readonly edits: readonly EditBody[];
  readonly undo: string | null;
}

// export

export interface ExportBody {
  readonly history: boolean;
}
export interface ExportResult {
  readonly id: string;
  readonly name: string;
  readonly size: number;
}
export interface ExportPartBody {
  readonly id: string;
  readonly start: number;
}
export interface ExportPartResult {
  readonly text: string;
}

interface Exchange<Body, Result> {
  readonly body: Body;
  readonly result: Result;
}

/** Some items of a list or object that was cut; `path` leads to it from the key's value. */
export interface ItemsBody {
  readonly key: string;
  readonly path: readonly (string | number)[];
  readonly start: number;
  readonly count: number;
}

export interface ItemsResult {
  readonly exists: boolean;
  readonly start: number;
  readonly length: number;
  readonly items: readonly PageValue[];
  /** Of the items of an object. */
  readonly names?: readonly string[];
}

export interface InspectorRequests {
  readonly value: Exchange<ValueBody, ValueResult>;
  readonly items: Exchange<ItemsBody, ItemsResult>;
  readonly history: Exchange<HistoryBody, HistoryResult>;
  readonly moment: Exchange<AtMomentBody, ValueResult>;
  readonly diff: Exchange<DiffBody, DiffResult>;
  readonly plot: Exchange<PlotBody, PlotResult>;
  readonly recorded: Exchange<EmptyBody, RecordedResult>;
  readonly past: Exchange<PastBody, PastResult>;
  readonly hold: Exchange<ValueBody, HoldResult>;
  readonly let_go: Exchange<ValueBody, null>;
  readonly write: Exchange<WriteBody, EditBody>;
  readonly rename: Exchange<RenameBody, EditBody>;
  readonly remove: Exchange<RemoveBody, EditBody>;
  readonly undo: Exchange<UndoBody, EditBody>;
  readonly export: Exchange<ExportBody, ExportResult>;
  readonly export_part: Exchange<ExportPartBody, ExportPartResult>;
}

export interface InspectorMessages {
  readonly edits: EditsBody;
}
