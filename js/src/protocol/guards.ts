/**
 * Check at run time that the kernel's messages have the types of common.ts. A guard returns null
 * for a malformed message, which the caller drops with a warning.
 */

import {
  type Buffers,
  CONNECTION_STATES,
  type DeltaContent,
  type SnapshotContent,
  VERSION,
} from "./common.ts";
import { INSPECTOR_BODIES, INSPECTOR_RESULTS } from "./inspector_guards.ts";
import { LOCK_BODIES, LOCK_RESULTS } from "./locks_guards.ts";
import type { KernelMessage, KernelOp, PageRequestOp, Requests } from "./messages.ts";
import { PALETTE_BODIES, PALETTE_RESULTS } from "./palette_guards.ts";
import {
  type Fields,
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
  orNull,
} from "./shapes.ts";

type BodyOf<Op extends KernelOp> = Extract<KernelMessage, { readonly op: Op }>["body"];

const isError = isShape({ kind: isText, message: isText });

const BODIES: { readonly [Op in KernelOp]: (body: unknown) => body is BodyOf<Op> } = {
  reply: (body): body is BodyOf<"reply"> =>
    isRecord(body) && (body.ok === true || (body.ok === false && isError(body.error))),
  status: isShape<BodyOf<"status">>({
    name: isText,
    address: isText,
    state: isOneOf(CONNECTION_STATES),
    reason: isText,
    attempt: isCount,
    since: isNumber,
    received: orNull(isCount),
    abilities: isShape<BodyOf<"status">["abilities"]>({
      transport: isText,
      locks: isBoolean,
      acknowledged_updates: isBoolean,
      integers: isBoolean,
      null_values: isBoolean,
    }),
  }),
  snapshot: isShape<BodyOf<"snapshot">>({
    epoch: isText,
    rev: isCount,
    seq: isCount,
    part: isCount,
    last: isBoolean,
    keys: isCount,
  }),
  delta: isShape<BodyOf<"delta">>({ epoch: isText, from: isCount, to: isCount, seq: isCount }),
  ...INSPECTOR_BODIES,
  ...PALETTE_BODIES,
  ...LOCK_BODIES,
  heartbeat: isShape<BodyOf<"heartbeat">>({
    epoch: isText,
    rev: isCount,
    seq: isCount,
    keys: isCount,
    age: isNumberOrNull,
    rate: isNumber,
    size: isCount,
  }),
};

/** Every `op` that the kernel sends. */
export const KERNEL_OPS = Object.keys(BODIES) as readonly KernelOp[];

const isKernelOp = (op: unknown): op is KernelOp => isText(op) && Object.hasOwn(BODIES, op);

/** Whether this is one of our envelopes at all: other software may use the same comm. */
export const isEnvelope = (content: unknown): content is Fields =>
  isRecord(content) && "v" in content && "op" in content;

/** The message, or null if any part of it is not as declared. */
export function readKernelMessage(content: unknown, buffers: Buffers): KernelMessage | null {
  if (!isEnvelope(content) || content.v !== VERSION || !isKernelOp(content.op)) return null;
  const { op, body, client, id } = content;
  if (client !== undefined && !isText(client)) return null;
  if (id !== undefined && !isCount(id)) return null;
  // A reply that names neither asker nor question can be handed to nobody.
  if (op === "reply" && (client === undefined || id === undefined)) return null;
  if (!BODIES[op](body)) return null;
  return { op, body, client: client ?? null, id: id ?? null, buffers } as KernelMessage;
}

const RESULTS: {
  readonly [Op in PageRequestOp]: (result: unknown) => result is Requests[Op]["result"];
} = {
  hello: isShape<Requests["hello"]["result"]>({ epoch: isText }),
  ping: isNull,
  module: isShape<Requests["module"]["result"]>({ name: isText, source: isText }),
  ...INSPECTOR_RESULTS,
  ...PALETTE_RESULTS,
  ...LOCK_RESULTS,
};

/** The result of a request, or undefined if it is not of the declared shape. */
export function readResult<Op extends PageRequestOp>(
  op: Op,
  result: unknown,
): Requests[Op]["result"] | undefined {
  // `result` may be left out of a reply whose result is null.
  const value = result === undefined ? null : result;
  return RESULTS[op](value) ? value : undefined;
}

/** Numbers in aligned memory: the view that Jupyter hands over may start at any byte. */
function readIds(buffer: Buffers[number] | undefined): Uint32Array | null {
  if (buffer === undefined || buffer.byteLength % 4 !== 0) return null;
  const bytes = bytesOf(buffer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ids = new Uint32Array(bytes.byteLength / 4);
  for (let i = 0; i < ids.length; i += 1) ids[i] = view.getUint32(i * 4, true);
  return ids;
}

const bytesOf = (buffer: Buffers[number]): Uint8Array =>
  buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer)
    : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);

function readJson(buffer: Buffers[number] | undefined): Fields | null {
  if (buffer === undefined) return null;
  try {
    const content: unknown = JSON.parse(new TextDecoder().decode(bytesOf(buffer)));
    return isRecord(content) ? content : null;
  } catch {
    return null;
  }
}

export function readSnapshot(buffers: Buffers): SnapshotContent | null {
  const ids = readIds(buffers[0]);
  const content = readJson(buffers[1]);
  if (ids === null || content === null) return null;
  const { keys, values } = content;
  if (!isListOf(isText)(keys) || !isListOf(isPageValue)(values)) return null;
  if (keys.length !== ids.length || values.length !== ids.length) return null;
  return { ids, keys, values };
}

const isNewKey = (value: unknown): value is readonly [number, string] =>
  Array.isArray(value) && value.length === 2 && isCount(value[0]) && isText(value[1]);

export function readDelta(buffers: Buffers): DeltaContent | null {
  const ids = readIds(buffers[0]);
  const content = readJson(buffers[1]);
  if (ids === null || content === null) return null;
  const { values, new: added, removed } = content;
  if (!isListOf(isPageValue)(values) || values.length !== ids.length) return null;
  if (!isListOf(isNewKey)(added) || !isListOf(isText)(removed)) return null;
  return { ids, values, added, removed };
}
