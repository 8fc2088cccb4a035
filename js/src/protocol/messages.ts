/** Messages from the kernel, and the types of everything that page and kernel exchange. */

import type * as v from "valibot";
import {
  type Buffers,
  deltaBody,
  heartbeatBody,
  helloResult,
  moduleResult,
  replyBody,
  snapshotBody,
  statusBody,
} from "./common.ts";
import { INSPECTOR_MESSAGES, INSPECTOR_RESULTS } from "./inspector.ts";
import { LOCK_MESSAGES, LOCK_RESULTS } from "./locks.ts";
import { MOLECULE_MESSAGES, MOLECULE_RESULTS } from "./molecule.ts";
import { PALETTE_MESSAGES, PALETTE_RESULTS } from "./palette.ts";
import type { NOTICES, REQUESTS } from "./requests.ts";
import { nothing } from "./schema.ts";
import { SIMULATION_MESSAGES, SIMULATION_RESULTS } from "./simulation.ts";

/** What the kernel answers. */
export const RESULTS = {
  hello: helloResult,
  ping: nothing,
  module: moduleResult,
  ...INSPECTOR_RESULTS,
  ...PALETTE_RESULTS,
  ...LOCK_RESULTS,
  ...SIMULATION_RESULTS,
  ...MOLECULE_RESULTS,
} as const;

/** Messages from the kernel. */
export const MESSAGES = {
  reply: replyBody,
  status: statusBody,
  snapshot: snapshotBody,
  delta: deltaBody,
  heartbeat: heartbeatBody,
  ...INSPECTOR_MESSAGES,
  ...PALETTE_MESSAGES,
  ...LOCK_MESSAGES,
  ...SIMULATION_MESSAGES,
  ...MOLECULE_MESSAGES,
} as const;

export type PageRequestOp = keyof typeof RESULTS;
export type Requests = {
  readonly [Op in PageRequestOp]: {
    readonly body: v.InferOutput<(typeof REQUESTS)[Op]>;
    readonly result: v.InferOutput<(typeof RESULTS)[Op]>;
  };
};

export type PageNoticeOp = keyof typeof NOTICES;
export type Notices = {
  readonly [Op in PageNoticeOp]: v.InferOutput<(typeof NOTICES)[Op]>;
};

export type KernelOp = keyof typeof MESSAGES;

/** A checked message. `buffers` are checked when they are read, see check_message.ts. */
export type KernelMessage = {
  readonly [Op in KernelOp]: {
    readonly op: Op;
    readonly body: v.InferOutput<(typeof MESSAGES)[Op]>;
    readonly client: string | null;
    readonly id: number | null;
    readonly buffers: Buffers;
  };
}[KernelOp];

export type MessageOf<Op extends KernelOp> = Extract<KernelMessage, { readonly op: Op }>;
