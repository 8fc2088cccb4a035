/** What the inspector asks and is told, by the names of widgets/_inspector_messages.py. */

import type { PageValue } from "./protocol.ts";

export interface ValueBody {
  readonly key: string;
}

export interface ValueResult {
  readonly key: string;
  readonly exists: boolean;
  readonly value?: PageValue;
}

export interface InspectorRequests {
  readonly value: { readonly body: ValueBody; readonly result: ValueResult };
}
