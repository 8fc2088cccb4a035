/** Validate messages from a page as strictly as the real kernel. */

import * as v from "valibot";
import { VERSION } from "../src/protocol/common.ts";
import type { Notices, PageNoticeOp, PageRequestOp, Requests } from "../src/protocol/messages.ts";
import { NOTICES, REQUESTS } from "../src/protocol/requests.ts";
import { count, isRecord } from "../src/protocol/schema.ts";

/** Every `op` that a page can send. */
export const PAGE_OPS: readonly string[] = [...Object.keys(REQUESTS), ...Object.keys(NOTICES)];

export type PageMessage =
  | {
      readonly [Op in PageRequestOp]: {
        readonly op: Op;
        readonly client: string;
        readonly id: number;
        readonly body: Requests[Op]["body"];
      };
    }[PageRequestOp]
  | {
      readonly [Op in PageNoticeOp]: {
        readonly op: Op;
        readonly client: string;
        readonly body: Notices[Op];
      };
    }[PageNoticeOp];

export function readPageMessage(envelope: unknown): PageMessage | null {
  if (!isRecord(envelope) || envelope.v !== VERSION) return null;
  const { op, client, id, body } = envelope;
  if (typeof op !== "string" || typeof client !== "string" || !isRecord(body)) return null;
  if (Object.hasOwn(REQUESTS, op)) {
    if (!v.is(count, id) || !v.is(REQUESTS[op as PageRequestOp], body)) return null;
  } else if (!Object.hasOwn(NOTICES, op) || !v.is(NOTICES[op as PageNoticeOp], body)) return null;
  return { op, client, id, body } as unknown as PageMessage;
}
