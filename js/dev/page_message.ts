/** Checks what a page sends, as the kernel does: so that the fake kernel is a strict one. */

import { VERSION } from "../src/protocol/common.ts";
import type { Notices, PageNoticeOp, PageRequestOp, Requests } from "../src/protocol/messages.ts";
import {
  type Fields,
  isBoolean,
  isCount,
  isListOf,
  isNumber,
  isRecord,
  isText,
} from "../src/protocol/shapes.ts";

const isKeys = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(isText);

const isStep = (value: unknown): value is string | number => isText(value) || isCount(value);
const isDuration = (value: unknown): boolean =>
  typeof value === "number" && Number.isFinite(value) && value > 0;
const isFlag = (value: unknown): boolean => typeof value === "boolean";

const REQUESTS: { readonly [Op in PageRequestOp]: (body: Fields) => boolean } = {
  hello: ({ epoch, rev }) => (epoch === null || isText(epoch)) && (rev === null || isCount(rev)),
  ping: () => true,
  module: ({ name }) => isText(name),
  value: ({ key }) => isText(key),
  history: ({ key, before, limit }) =>
    isText(key) && (before === null || isCount(before)) && isCount(limit),
  moment: ({ key, number }) => isText(key) && isCount(number),
  diff: ({ key, before, after }) => isText(key) && isCount(before) && isCount(after),
  plot: ({ key, paths, points }) => isText(key) && isListOf(isText)(paths) && isCount(points),
  recorded: () => true,
  past: ({ at }) => isNumber(at),
  hold: ({ key }) => isText(key),
  let_go: ({ key }) => isText(key),
  write: ({ key, path, text, add }) =>
    isText(key) && isListOf(isStep)(path) && isText(text) && isBoolean(add),
  rename: ({ key, name }) => isText(key) && isText(name),
  remove: ({ key, branch, count }) => isText(key) && isBoolean(branch) && isCount(count),
  undo: ({ force }) => isBoolean(force),
  export: ({ history }) => isBoolean(history),
  export_part: ({ id, start }) => isText(id) && isCount(start),
  items: ({ key, path, start, count }) =>
    isText(key) && isListOf(isStep)(path) && isCount(start) && isCount(count),
  refresh_commands: () => true,
  run: ({ run, name, arguments: values }) => isText(run) && isText(name) && isRecord(values),
  cancel_run: ({ run }) => isText(run),
  whole_result: ({ run }) => isText(run),
  forget_run: ({ run }) => run === null || isText(run),
  choices: ({ command, argument }) => isText(command) && isText(argument),
  pin: ({ id, command, arguments: values, label, icon, tooltip }) =>
    [id, command, label, icon, tooltip].every(isText) && isRecord(values),
  unpin: ({ id }) => isText(id),
  integers: ({ command, names }) => isText(command) && isListOf(isText)(names),
  name_result: ({ name }) => isText(name),
  lock: ({ keys, seconds, keep, cap, wait }) =>
    isKeys(keys) &&
    isDuration(seconds) &&
    isFlag(keep) &&
    (cap === null || isDuration(cap)) &&
    (wait === 0 || isDuration(wait)),
  renew: ({ key }) => isText(key),
  keep: ({ key, keep }) => isText(key) && isFlag(keep),
  cap: ({ key, seconds }) => isText(key) && (seconds === null || isDuration(seconds)),
  release: ({ keys }) => isKeys(keys),
  release_all: () => true,
  blockers: ({ keys }) => isKeys(keys),
  watch: ({ keys }) => isKeys(keys),
  unwatch: ({ keys }) => isKeys(keys),
  announce: ({ by }) => isText(by),
  ask: ({ keys, says }) => isKeys(keys) && isText(says),
  dismiss: ({ asker }) => isText(asker),
  forget: ({ key }) => isText(key),
};

const NOTICES: { readonly [Op in PageNoticeOp]: (body: Fields) => boolean } = {
  ack: ({ seq, rev }) => isCount(seq) && isCount(rev),
  hide: () => true,
  bye: () => true,
};

/** Every `op` that a page sends. */
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
  if (!isText(op) || !isText(client) || !isRecord(body)) return null;
  if (Object.hasOwn(REQUESTS, op)) {
    if (!isCount(id) || !REQUESTS[op as PageRequestOp](body)) return null;
  } else if (!Object.hasOwn(NOTICES, op) || !NOTICES[op as PageNoticeOp](body)) return null;
  return { op, client, id, body } as unknown as PageMessage;
}
