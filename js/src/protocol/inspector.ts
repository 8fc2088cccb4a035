/** Results and messages for the inspector, named as in widgets/inspector/messages.py. */

import * as v from "valibot";
import { LOCK_KINDS } from "./common.ts";
import {
  boolean,
  count,
  list,
  nothing,
  number,
  object,
  oneOf,
  orNull,
  pageValue,
  path,
  text,
} from "./schema.ts";

const valueResult = v.pipe(
  object({ key: text, exists: boolean, value: v.exactOptional(pageValue) }),
  v.check(({ exists, value }) => !exists || value !== undefined),
);

/** `names` are those of the items of an object. */
const itemsResult = object({
  exists: boolean,
  start: count,
  length: count,
  items: list(pageValue),
  names: v.exactOptional(list(text)),
});

// history: times are seconds since the epoch on the recorder's clock, like `now` beside them

/** `text` describes the difference from the moment before. */
const sampleBody = object({ number: count, at: number, exists: boolean, text });
export type SampleBody = v.InferOutput<typeof sampleBody>;
/** `samples` begin with the newest. */
const historyResult = object({
  key: text,
  now: number,
  total: count,
  complete: boolean,
  samples: list(sampleBody),
});
export type HistoryResult = v.InferOutput<typeof historyResult>;

export const DIFFERENCE_KINDS = ["added", "removed", "changed"] as const;
const differenceBody = object({
  path: text,
  kind: oneOf(DIFFERENCE_KINDS),
  before: v.exactOptional(pageValue),
  after: v.exactOptional(pageValue),
});
export type DifferenceBody = v.InferOutput<typeof differenceBody>;
const diffResult = object({ key: text, total: count, differences: list(differenceBody) });
export type DiffResult = v.InferOutput<typeof diffResult>;

const numberBody = object({ id: text, text });
export type NumberBody = v.InferOutput<typeof numberBody>;
const seriesBody = v.pipe(
  object({ id: text, text, times: list(number), values: list(orNull(number)) }),
  v.check(({ times, values }) => times.length === values.length),
);
const plotResult = object({
  key: text,
  now: number,
  numbers: list(numberBody),
  more: boolean,
  series: list(seriesBody),
});
export type PlotResult = v.InferOutput<typeof plotResult>;

const recorderStatus = object({
  started_at: number,
  oldest: number,
  now: number,
  items: count,
  bytes: count,
});

const stateAtKeyBody = object({ key: text, value: pageValue, since: number });
/** Changes against the state that the page had when it asked. */
const stateAtResult = object({
  at: number,
  now: number,
  keys: list(stateAtKeyBody),
  absent: list(text),
  unknown: list(text),
  left: count,
});
export type StateAtResult = v.InferOutput<typeof stateAtResult>;

// edits ---------------------------------------------------------------------------

const editLockResult = object({
  held: boolean,
  locks: oneOf(LOCK_KINDS),
  seconds: number,
  note: text,
  holder: text,
  until: orNull(number),
});

export const EDIT_STATES = ["sent", "accepted", "seen", "refused", "failed"] as const;
/** `keys` are the first of `count`; `path` is empty where the full value was written. */
const editBody = object({
  number: count,
  text,
  keys: list(text),
  count,
  path,
  state: oneOf(EDIT_STATES),
  note: text,
  seconds: number,
});
export type EditBody = v.InferOutput<typeof editBody>;
const editsBody = object({ edits: list(editBody), undo: orNull(text) });
export type EditsBody = v.InferOutput<typeof editsBody>;

// export --------------------------------------------------------------------------

const exportResult = object({ id: text, name: text, size: count });
const exportPartResult = object({ text });

// operations ----------------------------------------------------------------------

export const INSPECTOR_RESULTS = {
  value: valueResult,
  items: itemsResult,
  history: historyResult,
  history_value: valueResult,
  diff: diffResult,
  plot: plotResult,
  recorder_status: recorderStatus,
  state_at: stateAtResult,
  acquire_edit_lock: editLockResult,
  release_edit_lock: nothing,
  write: editBody,
  rename: editBody,
  remove: editBody,
  undo: editBody,
  export: exportResult,
  export_part: exportPartResult,
} as const;

export const INSPECTOR_MESSAGES = { edits: editsBody } as const;
