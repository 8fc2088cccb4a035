/** Checks the messages to the inspector; see guards.ts. */

import {
  DIFFERENCE_KINDS,
  type DifferenceBody,
  EDIT_STATES,
  type EditBody,
  type EditsBody,
  type ExportPartResult,
  type ExportResult,
  type HistoryResult,
  type HoldResult,
  type InspectorMessages,
  type InspectorRequests,
  type ItemsResult,
  type MomentBody,
  type NumberBody,
  type PastKeyBody,
  type PastResult,
  type PlotResult,
  type RecordedResult,
  type SeriesBody,
  type ValueResult,
} from "./inspector.ts";
import {
  type BodyGuards,
  isBoolean,
  isCount,
  isListOf,
  isNull,
  isNumber,
  isNumberOrNull,
  isOneOf,
  isPageValue,
  isRecord,
  isShape,
  isText,
  isTextOrNull,
  type ResultGuards,
} from "./shapes.ts";

const isValue = (result: unknown): result is ValueResult =>
  isRecord(result) &&
  isText(result.key) &&
  isBoolean(result.exists) &&
  (!result.exists || isPageValue(result.value));

const isMoment = isShape<MomentBody>({
  number: isCount,
  at: isNumber,
  exists: isBoolean,
  text: isText,
});

const isKind = isOneOf(DIFFERENCE_KINDS);
const isDifference = (body: unknown): body is DifferenceBody =>
  isRecord(body) && isText(body.path) && isKind(body.kind);

const isSeries = (body: unknown): body is SeriesBody =>
  isRecord(body) &&
  isText(body.id) &&
  isText(body.text) &&
  isListOf(isNumber)(body.times) &&
  isListOf(isNumberOrNull)(body.values) &&
  body.times.length === body.values.length;

const isPath = isListOf((step: unknown): step is string | number => isText(step) || isCount(step));
const isEdit = isShape<EditBody>({
  number: isCount,
  text: isText,
  keys: isListOf(isText),
  count: isCount,
  path: isPath,
  state: isOneOf(EDIT_STATES),
  note: isText,
  seconds: isNumber,
});

export const INSPECTOR_BODIES: BodyGuards<InspectorMessages> = {
  edits: isShape<EditsBody>({ edits: isListOf(isEdit), undo: isTextOrNull }),
};

export const INSPECTOR_RESULTS: ResultGuards<InspectorRequests> = {
  value: isValue,
  items: isShape<ItemsResult>({
    exists: isBoolean,
    start: isCount,
    length: isCount,
    items: isListOf(isPageValue),
    names: (value): value is readonly string[] | undefined =>
      value === undefined || isListOf(isText)(value),
  }),
  history: isShape<HistoryResult>({
    key: isText,
    now: isNumber,
    total: isCount,
    complete: isBoolean,
    moments: isListOf(isMoment),
  }),
  moment: isValue,
  diff: isShape({ key: isText, total: isCount, differences: isListOf(isDifference) }),
  plot: isShape<PlotResult>({
    key: isText,
    now: isNumber,
    numbers: isListOf(isShape<NumberBody>({ id: isText, text: isText })),
    more: isBoolean,
    series: isListOf(isSeries),
  }),
  recorded: isShape<RecordedResult>({
    begun: isNumber,
    oldest: isNumber,
    now: isNumber,
    items: isCount,
    bytes: isCount,
  }),
  past: isShape<PastResult>({
    at: isNumber,
    now: isNumber,
    keys: isListOf(isShape<PastKeyBody>({ key: isText, value: isPageValue, since: isNumber })),
    absent: isListOf(isText),
    unknown: isListOf(isText),
    left: isCount,
  }),
  hold: isShape<HoldResult>({ held: isBoolean, able: isBoolean, seconds: isNumber, note: isText }),
  let_go: isNull,
  write: isEdit,
  rename: isEdit,
  remove: isEdit,
  undo: isEdit,
  export: isShape<ExportResult>({ id: isText, name: isText, size: isCount }),
  export_part: isShape<ExportPartResult>({ text: isText }),
};
