/**
 * Check messages from the kernel and read their buffers. Return null for a malformed message, which the caller drops
 * with a warning.
 */

import * as v from "valibot";
import { type Buffers, type DeltaContent, type SnapshotContent, VERSION } from "./common.ts";
import {
  type KernelMessage,
  type KernelOp,
  MESSAGES,
  type PageRequestOp,
  RESULTS,
  type Requests,
} from "./messages.ts";
import { count, type Fields, isRecord, list, type PageValue, text } from "./schema.ts";

/** Every `op` that the kernel sends. */
export const KERNEL_OPS = Object.keys(MESSAGES) as readonly KernelOp[];

const isKernelOp = (op: unknown): op is KernelOp =>
  typeof op === "string" && Object.hasOwn(MESSAGES, op);

/** Whether this is one of our envelopes at all: other software may use the same comm. */
export const isEnvelope = (content: unknown): content is Fields =>
  isRecord(content) && "v" in content && "op" in content;

const optionalText = v.optional(text);
const optionalCount = v.optional(count);

/** The message, or null if any part of it is not as declared. */
export function readKernelMessage(content: unknown, buffers: Buffers): KernelMessage | null {
  if (!isEnvelope(content) || content.v !== VERSION || !isKernelOp(content.op)) return null;
  const { op, body, client, id } = content;
  if (!v.is(optionalText, client) || !v.is(optionalCount, id)) return null;
  // A reply must name the view and the request that it answers.
  if (op === "reply" && (client === undefined || id === undefined)) return null;
  if (!v.is(MESSAGES[op], body)) return null;
  return { op, body, client: client ?? null, id: id ?? null, buffers } as KernelMessage;
}

/** The result of a request, or undefined if it is not of the declared shape. */
export function readResult<Op extends PageRequestOp>(
  op: Op,
  result: unknown,
): Requests[Op]["result"] | undefined {
  // `result` may be left out of a reply whose result is null.
  const value = result === undefined ? null : result;
  return v.is(RESULTS[op], value) ? (value as Requests[Op]["result"]) : undefined;
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

// Up to 100 000 keys arrive in these lists, which a schema checks about ten times as slowly.
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");
/** Any JSON is a page value. */
const isValues = (value: unknown): value is readonly PageValue[] => Array.isArray(value);

export function readSnapshot(buffers: Buffers): SnapshotContent | null {
  const ids = readIds(buffers[0]);
  const content = readJson(buffers[1]);
  if (ids === null || content === null) return null;
  const { keys, values } = content;
  if (!isTexts(keys) || !isValues(values)) return null;
  if (keys.length !== ids.length || values.length !== ids.length) return null;
  return { ids, keys, values };
}

const newKeys = list(v.strictTuple([count, text]));

export function readDelta(buffers: Buffers): DeltaContent | null {
  const ids = readIds(buffers[0]);
  const content = readJson(buffers[1]);
  if (ids === null || content === null) return null;
  const { values, new: added, removed } = content;
  if (!isValues(values) || values.length !== ids.length) return null;
  if (!v.is(newKeys, added) || !isTexts(removed)) return null;
  return { ids, values, added, removed };
}
