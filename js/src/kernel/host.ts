/** A view's interface to the kernel, and its implementation on anywidget's model. */

import * as v from "valibot";
import { isEnvelope, readKernelMessage, readResult } from "../protocol/check_message.ts";
import { type Buffers, type Envelope, type ReplyBody, VERSION } from "../protocol/common.ts";
import type {
  KernelMessage,
  KernelOp,
  MessageOf,
  Notices,
  PageNoticeOp,
  PageRequestOp,
  Requests,
} from "../protocol/messages.ts";
import { point } from "../protocol/molecule.ts";
import { count, list, number, object, orNull, text } from "../protocol/schema.ts";
import { randomName } from "../text/random_name.ts";
import { now } from "../ui/clock.ts";
import { debounced, type Emitter, every, onAbort, onModel } from "../ui/lifetime.ts";
import { type Readable, Signal } from "../ui/signal.ts";
import { hasCells, insertCell } from "./notebook_cells.ts";
import { RequestFailed, requestFailed } from "./request_failed.ts";

/** `busy`: a request that the kernel answers at once has been pending for a second. */
export type KernelStatus = "live" | "busy" | "gone";

/** Where a molecular view looks from; a field that is missing is chosen by the view. */
const cameraTrait = object({
  target: v.optional(point),
  rotation: v.optional(v.pipe(v.strictTuple([number, number, number, number]), v.readonly())),
  height: v.optional(v.pipe(number, v.gtValue(0))),
});
export type CameraTrait = v.InferOutput<typeof cameraTrait>;

/** The traits that views read; widgets/inspector/widget.py documents those of the inspector. */
const TRAITS = {
  tool: text,
  query: text,
  height: v.pipe(number, v.gtValue(0)),
  pins: list(text),
  sort: text,
  mute: number,
  recent_queries: list(text),
  selected: orNull(text),
  command_query: text,
  selected_command: orNull(text),
  plots: list(text),
  plot_window: number,
  representation: text,
  color_by: text,
  selected_atoms: list(count),
  camera: cameraTrait,
  layers: list(text),
  quality: v.picklist(["automatic", "full", "reduced", "low"]),
} as const;

export type Traits = {
  readonly [Name in keyof typeof TRAITS]: v.InferOutput<(typeof TRAITS)[Name]>;
};

export interface Host {
  /** This view's random name. */
  readonly client: string;
  readonly kernel: Readable<KernelStatus>;
  request<Op extends PageRequestOp>(
    op: Op,
    body: Requests[Op]["body"],
  ): Promise<Requests[Op]["result"]>;
  notify<Op extends PageNoticeOp>(
    op: Op,
    body: Notices[Op],
    buffers?: readonly ArrayBuffer[],
  ): void;
  /** `forMe` is false for messages to another view of the same widget. */
  on<Op extends KernelOp>(
    op: Op,
    handler: (message: MessageOf<Op>, forMe: boolean) => void,
    signal: AbortSignal,
  ): void;
  get<Name extends keyof Traits>(name: Name): Traits[Name] | null;
  /** Set a trait. It is sent to the kernel after a short delay, or by `flush`. */
  set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void;
  /** Send changed traits to the kernel now. */
  flush(): void;
  observe<Name extends keyof Traits>(name: Name, fn: () => void, signal: AbortSignal): void;
  /** Whether the page is a notebook in which a cell can be inserted. */
  readonly hasCells: boolean;
  /** Insert code as a new cell below the one that contains `near`; false if it is impossible. */
  insertCell(source: string, near: HTMLElement): boolean;
}

/** The part of anywidget's model that views use. */
export interface Model extends Emitter {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  /** Depends on the frontend; see notebook_cells.ts. */
  readonly widget_manager?: unknown;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[] | ArrayBufferView[]): void;
}

interface Pending {
  readonly op: PageRequestOp;
  readonly sentAt: number;
  /** Whether the kernel answers without the server. */
  readonly local: boolean;
  readonly settle: (body: ReplyBody) => void;
  readonly fail: (error: RequestFailed) => void;
}

const LOCAL_OPS: ReadonlySet<PageRequestOp> = new Set([
  ...([
    "hello",
    "ping",
    "module",
    "value",
    "items",
    "dismiss_lease",
    "run",
    "cancel_run",
    "forget_run",
    "watch_frames",
    "unwatch_frames",
    "frame_fields",
    "watch_molecule",
    "unwatch_molecule",
    "describe_atoms",
    "expand_atoms",
    "selection_atoms",
  ] as const),
  ...(["history", "history_value", "diff", "plot", "recorder_status", "state_at"] as const),
]);
const SLOW_AFTER = 1;
/** Seconds until a reply may be lost; doubled each time, because a busy kernel reads nothing. */
const LOST_AFTER = 5;
/** Seconds after which a reply is lost if a later request was answered. */
const GIVE_UP_AFTER = 30;

/** What a widget calls a trait, where that is not its usual name. */
export type TraitNames = { readonly [Name in keyof Traits]?: string };

export function createHost(model: Model, signal: AbortSignal, names: TraitNames = {}): Host {
  const client = randomName();
  const kernel = new Signal<KernelStatus>("live");
  const pending = new Map<number, Pending>();
  const handlers = new Map<KernelOp, Set<(message: KernelMessage, forMe: boolean) => void>>();
  let nextId = 1;
  /** Local requests up to this id are ignored, because a later one was answered. */
  let answeredUpTo = 0;
  let lastProbe = Number.NEGATIVE_INFINITY;
  let lostAfter = LOST_AFTER;

  const lose = () => {
    kernel.set("gone");
    for (const [id, request] of [...pending]) {
      pending.delete(id);
      request.fail(requestFailed("KernelGone"));
    }
  };

  const send = (envelope: Envelope, buffers: readonly ArrayBuffer[] = []): boolean => {
    try {
      model.send(envelope, undefined, [...buffers]);
      return true;
    } catch {
      // ipywidgets throws "Cannot send" once the kernel has been restarted or shut down.
      lose();
      return false;
    }
  };

  const settle = (message: MessageOf<"reply">) => {
    const id = message.id ?? 0;
    const request = pending.get(id);
    if (request === undefined) return;
    pending.delete(id);
    if (request.local) answeredUpTo = Math.max(answeredUpTo, id);
    request.settle(message.body);
  };

  const receive = (content: unknown, buffers: Buffers = []) => {
    if (!isEnvelope(content)) return;
    const message = readKernelMessage(content, buffers);
    if (message === null) {
      console.warn("nanover_jupyter: dropped a malformed message from the kernel", content);
      return;
    }
    const forMe = message.client === null || message.client === client;
    if (kernel.get() === "gone") kernel.set("live");
    if (message.op === "reply") {
      if (forMe) settle(message);
    }
    for (const handler of [...(handlers.get(message.op) ?? [])]) handler(message, forMe);
    watch();
  };

  const request: Host["request"] = (op, body) =>
    new Promise((resolve, reject) => {
      const id = nextId;
      nextId += 1;
      const fail = (error: RequestFailed) => reject(error);
      pending.set(id, {
        op,
        sentAt: now(),
        local: LOCAL_OPS.has(op),
        fail,
        settle: (reply) => {
          if (!reply.ok) {
            fail(new RequestFailed(reply.error.kind, reply.error.message));
            return;
          }
          const result = readResult(op, reply.result);
          if (result === undefined) {
            fail(requestFailed("BadReply"));
          } else resolve(result);
        },
      });
      send({ v: VERSION, op, client, id, body });
    });

  const probe = () => {
    lastProbe = now();
    request("ping", {}).catch(() => undefined);
  };

  /** Distinguish a busy kernel, which answers nothing, from a slow command. */
  const watch = () => {
    if (kernel.get() === "gone") return;
    const time = now();
    let waiting = false;
    let slow = false;
    /** When the newest pending local request was sent. */
    let newestSentAt: number | null = null;
    for (const [id, { local, sentAt, fail }] of pending) {
      const late = time - sentAt > SLOW_AFTER;
      if (local && id <= answeredUpTo && time - sentAt > GIVE_UP_AFTER) {
        pending.delete(id);
        fail(requestFailed("AnswerLost"));
      } else if (local && id > answeredUpTo) {
        waiting ||= late;
        newestSentAt = sentAt;
      } else if (!local) slow ||= late;
    }
    kernel.set(waiting ? "busy" : "live");
    if (newestSentAt === null) {
      lostAfter = LOST_AFTER;
      if (slow && time - lastProbe > 2 * SLOW_AFTER) probe();
    } else if (time - newestSentAt > lostAfter) {
      // A lost reply looks like a busy kernel until another request is answered.
      lostAfter *= 2;
      probe();
    }
  };

  const save = debounced(
    300,
    () => {
      try {
        model.save_changes();
      } catch {
        // The kernel is gone, so there is nothing to save.
      }
    },
    signal,
  );

  onModel(
    model,
    "msg:custom",
    (content: unknown, buffers: Buffers) => receive(content, buffers),
    signal,
  );
  onModel(model, "comm_live_update", lose, signal);
  every(250, watch, signal);
  onAbort(signal, () => {
    for (const { fail } of pending.values()) fail(requestFailed("ViewClosed"));
    pending.clear();
  });

  return {
    client,
    kernel,
    request,
    notify: (op, body, buffers) => {
      if (kernel.get() !== "gone") send({ v: VERSION, op, client, body }, buffers);
    },
    on: (op, handler, until) => {
      const known = handlers.get(op) ?? new Set();
      handlers.set(op, known);
      // A new function per call, so that a handler can be added twice. The key fixes the type.
      const entry = (message: KernelMessage, forMe: boolean) =>
        handler(message as MessageOf<typeof op>, forMe);
      known.add(entry);
      onAbort(until, () => known.delete(entry));
    },
    get: (name) => {
      const value = model.get(names[name] ?? name);
      return v.is(TRAITS[name], value) ? (value as Traits[typeof name]) : null;
    },
    set: (name, value) => {
      const known = names[name] ?? name;
      if (Object.is(model.get(known), value)) return;
      model.set(known, value);
      save();
    },
    flush: save.flush,
    observe: (name, fn, until) => onModel(model, `change:${names[name] ?? name}`, fn, until),
    hasCells: hasCells(model.widget_manager),
    insertCell: (source, near) => insertCell(model.widget_manager, source, near),
  };
}
