/** Every request, notice and message between the page and the kernel. */

import type {
  AckBody,
  Buffers,
  DeltaBody,
  EmptyBody,
  HeartbeatBody,
  HelloBody,
  HelloResult,
  ModuleBody,
  ModuleResult,
  ReplyBody,
  SnapshotBody,
  StatusBody,
} from "./common.ts";
import type { InspectorMessages, InspectorRequests } from "./inspector.ts";
import type { LockMessages, LockRequests } from "./locks.ts";
import type { PaletteMessages, PaletteRequests } from "./palette.ts";

/** Every request: what it carries and what it is answered with. */
export interface Requests extends InspectorRequests, PaletteRequests, LockRequests {
  readonly hello: { readonly body: HelloBody; readonly result: HelloResult };
  /** Answered at once: it only asks whether anybody is there. */
  readonly ping: { readonly body: EmptyBody; readonly result: null };
  readonly module: { readonly body: ModuleBody; readonly result: ModuleResult };
}
export type PageRequestOp = keyof Requests;

/** Notices, which nobody answers. */
export interface Notices {
  readonly ack: AckBody;
  readonly hide: EmptyBody;
  readonly bye: EmptyBody;
}
export type PageNoticeOp = keyof Notices;

interface KernelBodies extends InspectorMessages, PaletteMessages, LockMessages {
  readonly reply: ReplyBody;
  readonly status: StatusBody;
  readonly snapshot: SnapshotBody;
  readonly delta: DeltaBody;
  readonly heartbeat: HeartbeatBody;
}
export type KernelOp = keyof KernelBodies;

/** A checked message. `buffers` are checked when they are read, see guards.ts. */
export type KernelMessage = {
  readonly [Op in KernelOp]: {
    readonly op: Op;
    readonly body: KernelBodies[Op];
    readonly client: string | null;
    readonly id: number | null;
    readonly buffers: Buffers;
  };
}[KernelOp];

export type MessageOf<Op extends KernelOp> = Extract<KernelMessage, { readonly op: Op }>;
