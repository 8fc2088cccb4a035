/** Checks what the inspector is told, see guards.ts. */

import type { InspectorRequests, ValueResult } from "./protocol_inspector.ts";
import { isBoolean, isPageValue, isRecord, isText, type ResultGuards } from "./shapes.ts";

export const INSPECTOR_RESULTS: ResultGuards<InspectorRequests> = {
  value: (result): result is ValueResult =>
    isRecord(result) &&
    isText(result.key) &&
    isBoolean(result.exists) &&
    (!result.exists || isPageValue(result.value)),
};
