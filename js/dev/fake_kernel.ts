/** A kernel without Python: answers a FakeModel after widgets/sync/messages.py. */

import type { Buffers, PageRecord, PageValue, StatusBody } from "../src/protocol/common.ts";
import { VERSION } from "../src/protocol/common.ts";
import type { EditBody } from "../src/protocol/inspector.ts";
import type { LeaseBody, LockUpdatesBody } from "../src/protocol/locks.ts";
import type { Requests } from "../src/protocol/messages.ts";
import type { ChoiceBody, CommandBody, MemoryBody } from "../src/protocol/palette.ts";
import type { FieldBody, SimulationBody } from "../src/protocol/simulation.ts";
import type { FakeModel } from "./fake_model.ts";
import { FakeRuns } from "./fake_runs.ts";
import { lease, watchedKey } from "./lock_bodies.ts";
import { type PageMessage, readPageMessage } from "./page_message.ts";

type RequestMessage = Extract<PageMessage, { readonly id: number }>;

export const ABILITIES = {
  transport: "grpc",
  locks: "server",
  acknowledged_updates: true,
  integers: false,
  null_values: false,
} as const;

export const STATUS: StatusBody = {
  name: "demo",
  address: "grpc://127.0.0.1:38801",
  state: "connected",
  reason: "",
  attempt: 0,
  since: 0,
  received: null,
  abilities: ABILITIES,
};

const NO_MEMORY: MemoryBody = { pins: [], recent: [], last: {}, integers: {}, result_name: "" };

const SIMULATION: SimulationBody = {
  problem: "",
  name: "nanotube",
  state: "playing",
  time: 12.41,
  age: 0.02,
  rate: 30,
  atoms: 65,
  rows: 0,
  exception: "",
  interactions: 0,
  actions: ["play", "pause", "step", "reset", "load", "list"],
};

const FIELDS: readonly FieldBody[] = [
  {
    key: "particle.positions",
    shape: "65 × 3",
    dtype: "float32",
    unit: "nm",
    minimum: -0.71,
    maximum: 2.31,
    sampled: false,
    preview: "0.12, 0.3, …",
    problem: "",
  },
];

const EDIT: EditBody = {
  number: 1,
  text: "change a",
  keys: ["a"],
  count: 1,
  path: [],
  state: "sent",
  note: "",
  seconds: 0,
};

const encoder = new TextEncoder();

/** Return buffers as Jupyter passes them: views at an odd offset. */
export function makeBuffers(ids: readonly number[], content: unknown): Buffers {
  const numbers = new DataView(new ArrayBuffer(ids.length * 4 + 1), 1);
  for (const [index, id] of ids.entries()) numbers.setUint32(index * 4, id, true);
  const text = encoder.encode(JSON.stringify(content));
  const padded = new Uint8Array(text.length + 3);
  padded.set(text, 3);
  return [numbers, new DataView(padded.buffer, 3)];
}

type Maybe<T> = T | Promise<T>;

export interface FakeKernelOptions {
  /** The full items of every truncated list. */
  readonly fullItems?: readonly PageValue[];
  readonly state?: PageRecord | Iterable<readonly [string, PageValue]>;
  readonly commands?: readonly CommandBody[];
  readonly leases?: readonly LeaseBody[];
  /** Number of held leases that are not listed. */
  readonly moreLeases?: number;
  readonly status?: Partial<StatusBody>;
  readonly keysPerPart?: number;
  /** Returns the result of a command, or throws. */
  readonly run?: (name: string, args: PageRecord) => PageValue | Promise<PageValue>;
  /** Returns the choices of an argument. */
  readonly choices?: (command: string) => Maybe<readonly ChoiceBody[]>;
  readonly memory?: Partial<MemoryBody>;
  readonly avatars?: number;
  readonly lock?: (keys: readonly string[]) => boolean;
  /** Keys whose holders are known. */
  readonly holders?: readonly string[];
  readonly lockUpdates?: Partial<LockUpdatesBody>;
  /** Overrides of results by `op`; may throw. */
  readonly answers?: Readonly<Record<string, (body: PageRecord) => unknown>>;
}

const isIterable = (
  state: NonNullable<FakeKernelOptions["state"]>,
): state is Iterable<readonly [string, PageValue]> => Symbol.iterator in state;

export class FakeKernel {
  readonly epoch = "epoch-1";
  rev = 1;
  seq = 0;
  readonly state = new Map<string, PageValue>();
  /** Malformed messages from the page; tests expect none. */
  readonly refused: unknown[] = [];
  readonly received: PageMessage[] = [];
  /** While busy, requests wait. */
  busy = false;
  leases: LeaseBody[];
  lockUpdates: LockUpdatesBody = { watched: [], history: [], requests: [], name: "Anna" };
  status: StatusBody;
  commands: readonly CommandBody[];
  commandsError: string | null = null;
  memory: MemoryBody;
  simulation: SimulationBody = SIMULATION;
  /** Rows of frames that were sent. */
  frameRows = 0;
  readonly runs: FakeRuns;
  readonly #ids = new Map<string, number>();
  readonly #waiting: PageMessage[] = [];
  /** Requests for locks that wait until they are free. */
  #waits: {
    readonly keys: readonly string[];
    readonly end: (granted: boolean) => void;
  }[] = [];
  readonly #changed = new Set<string>();
  readonly #removed = new Set<string>();
  readonly #new = new Set<string>();
  #sentRev: number;

  constructor(
    readonly model: FakeModel,
    readonly options: FakeKernelOptions = {},
  ) {
    const { state = {} } = options;
    for (const [key, value] of isIterable(state) ? state : Object.entries(state)) {
      this.state.set(key, value);
    }
    this.#sentRev = this.rev;
    this.leases = [...(options.leases ?? [])];
    this.lockUpdates = { ...this.lockUpdates, ...options.lockUpdates };
    this.commands = options.commands ?? [];
    this.status = { ...STATUS, ...options.status };
    this.memory = { ...NO_MEMORY, ...options.memory };
    this.runs = new FakeRuns(
      (op, body) => this.#send(op, body),
      async (name, args) => (await options.run?.(name, args)) ?? {},
    );
    model.onSend = (envelope) => this.#take(envelope);
  }

  #idOf(key: string): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#ids.size;
    this.#ids.set(key, id);
    return id;
  }

  #send(op: string, body: unknown, more: object = {}, buffers: Buffers = []): void {
    this.model.receive({ v: VERSION, op, body: structuredClone(body), ...more }, buffers);
  }

  #take(envelope: unknown): void {
    const message = readPageMessage(envelope);
    if (message === null) {
      this.refused.push(envelope);
      return;
    }
    this.received.push(message);
    if (this.busy) this.#waiting.push(message);
    // Not synchronously: a real kernel replies later.
    else queueMicrotask(() => void this.#handle(message));
  }

  wake(): void {
    this.busy = false;
    for (const message of this.#waiting.splice(0)) void this.#handle(message);
  }

  async #handle(message: PageMessage): Promise<void> {
    if (!("id" in message) || message.id === undefined) return;
    const { client, id } = message;
    try {
      const result = await this.#answer(message);
      this.#send("reply", { ok: true, result }, { client, id });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const kind = error instanceof Error ? error.name : "Error";
      this.#send("reply", { ok: false, error: { kind, message } }, { client, id });
    }
  }

  async #answer(message: RequestMessage): Promise<unknown> {
    const scripted = this.options.answers?.[message.op];
    if (scripted !== undefined) return scripted(message.body as PageRecord);
    switch (message.op) {
      case "hello":
        this.sendStatus({}, message.client);
        this.sendMemory({}, message.client);
        this.sendCommands(message.client);
        this.#send("runs", { runs: this.runs.list }, { client: message.client });
        this.#send("people", { avatars: this.options.avatars ?? 0 }, { client: message.client });
        this.sendLeases(message.client);
        this.sendLockUpdates({}, message.client);
        if (message.body.epoch !== this.epoch || message.body.rev !== this.#sentRev) {
          this.sendSnapshot(message.client);
        }
        return { epoch: this.epoch };
      case "ping":
        return null;
      case "value": {
        const value = this.state.get(message.body.key);
        const exists = value !== undefined;
        return { key: message.body.key, exists, ...(exists ? { value } : {}) };
      }
      case "items": {
        const { start, count } = message.body;
        const { fullItems = [] } = this.options;
        return {
          exists: true,
          start,
          length: fullItems.length,
          items: fullItems.slice(start, start + count),
        };
      }
      case "refresh_commands":
        this.sendCommands();
        return this.commands.length;
      case "run":
        void this.runs.start(message.body);
        return null;
      case "cancel_run":
        this.runs.cancel(message.body.run);
        return null;
      case "full_result":
        return this.runs.fullResult(message.body.run);
      case "forget_run":
        this.runs.forget(message.body.run);
        return null;
      case "choices":
        return { choices: (await this.options.choices?.(message.body.command)) ?? [] };
      case "pin": {
        const pin = message.body;
        const others = this.memory.pins.filter(({ id }) => id !== pin.id);
        this.sendMemory({ pins: [...others, pin] });
        return null;
      }
      case "unpin": {
        const removed = message.body.id;
        this.sendMemory({ pins: this.memory.pins.filter(({ id }) => id !== removed) });
        return null;
      }
      case "integers": {
        const { command, names } = message.body;
        this.sendMemory({ integers: { ...this.memory.integers, [command]: names } });
        return null;
      }
      case "name_result":
        if (message.body.name === "1x") throw new Error("'1x' cannot be the name of a variable");
        this.sendMemory({ result_name: message.body.name });
        return null;
      case "lock": {
        const granted = await this.#lock(message.body);
        return { granted, holder: "", until: null };
      }
      case "renew":
        this.#change([message.body.key], ({ seconds }) => ({ left: seconds, state: "held" }));
        return null;
      case "auto_renew":
        this.#change([message.body.key], () => ({ auto_renew: message.body.auto_renew }));
        return null;
      case "max_hold":
        this.#change([message.body.key], () => ({ max_hold: message.body.seconds }));
        return null;
      case "release":
        this.#endWaits(false, message.body.keys);
        this.#change(message.body.keys, () => ({
          state: "released",
          left: null,
          note: "given back",
          waiting: [],
        }));
        return null;
      case "hand_over": {
        const { key } = message.body;
        this.#change([key], () => ({ state: "released", left: null, note: "", waiting: [] }));
        this.sendLockUpdates({
          requests: this.lockUpdates.requests.filter(({ keys }) => !keys.includes(key)),
        });
        return null;
      }
      case "release_all":
        this.#change(
          this.leases.map(({ key }) => key),
          ({ state }) =>
            state === "held" || state === "expiring" ? { state: "released", left: null } : {},
        );
        return null;
      case "blocking_keys":
        return { keys: message.body.keys.filter((key) => !(this.options.lock?.([key]) ?? true)) };
      case "watch": {
        const watched = message.body.keys.map((key) => watchedKey(key));
        this.sendLockUpdates({ watched: [...this.lockUpdates.watched, ...watched] });
        return null;
      }
      case "unwatch": {
        const { keys } = message.body;
        const watched = this.lockUpdates.watched.filter(({ key }) => !keys.includes(key));
        this.sendLockUpdates({ watched });
        return null;
      }
      case "set_name":
        this.sendLockUpdates({ name: message.body.name });
        return null;
      case "request_release":
        return { keys: this.options.holders ?? [] };
      case "dismiss": {
        const { client } = message.body;
        const requests = this.lockUpdates.requests.filter((each) => each.client !== client);
        this.sendLockUpdates({ requests });
        return null;
      }
      case "watch_frames":
        this.sendSimulation({}, message.client);
        return { epoch: this.epoch };
      case "unwatch_frames":
      case "playback":
        return null;
      case "simulations":
        return { names: ["nanotube", "17-ala"] };
      case "remove_interactions":
        return { count: this.simulation.interactions };
      case "frame_fields":
        return { fields: FIELDS, more: 0 };
      case "dismiss_lease":
        this.leases = this.leases.filter(({ key }) => key !== message.body.key);
        this.sendLeases();
        return null;
    }
  }

  async #lock(body: Requests["lock"]["body"]): Promise<boolean> {
    const { keys, seconds, auto_renew, max_hold, wait } = body;
    const show = (change: Partial<LeaseBody>) => {
      const others = this.leases.filter(({ key }) => !keys.includes(key));
      const rows = keys.map((key) => lease(key, { seconds, auto_renew, max_hold, ...change }));
      this.leases = [...others, ...rows];
      this.sendLeases();
    };
    let granted = this.options.lock?.(keys) ?? true;
    if (!granted && wait !== 0) {
      show({ state: "pending", note: "held by another client; retrying" });
      granted = await new Promise<boolean>((end) => {
        this.#waits = [...this.#waits, { keys, end }];
      });
      if (!granted) throw new Error("it was released while waiting");
    }
    if (granted) show({ left: seconds });
    else show({ state: "refused", note: "held by another client" });
    return granted;
  }

  #endWaits(granted: boolean, keys: readonly string[]): void {
    const ends = this.#waits.filter((wait) => wait.keys.some((key) => keys.includes(key)));
    this.#waits = this.#waits.filter((wait) => !ends.includes(wait));
    for (const { end } of ends) end(granted);
  }

  /** Grant the locks on keys that a view waits for. */
  grant(keys: readonly string[]): void {
    this.#endWaits(true, keys);
  }

  #change(keys: readonly string[], update: (lease: LeaseBody) => Partial<LeaseBody>): void {
    this.leases = this.leases.map((lease) =>
      keys.includes(lease.key) ? { ...lease, ...update(lease) } : lease,
    );
    this.sendLeases();
  }

  sendStatus(change: Partial<StatusBody> = {}, client?: string): void {
    this.status = { ...this.status, ...change };
    this.#send("status", this.status, client === undefined ? {} : { client });
  }

  sendCommands(client?: string): void {
    const body = { commands: this.commands, error: this.commandsError };
    this.#send("commands", body, client === undefined ? {} : { client });
  }

  sendMemory(change: Partial<MemoryBody>, client?: string): void {
    this.memory = { ...this.memory, ...change };
    this.#send("memory", this.memory, client === undefined ? {} : { client });
  }

  sendLeases(client?: string): void {
    const more = this.options.moreLeases ?? 0;
    const held = this.leases.filter(({ state }) => state === "held" || state === "expiring");
    const body = { leases: this.leases, more, held: held.length + more };
    this.#send("leases", body, client === undefined ? {} : { client });
  }

  sendLockUpdates(change: Partial<LockUpdatesBody> = {}, client?: string): void {
    this.lockUpdates = { ...this.lockUpdates, ...change };
    this.#send("lock_updates", this.lockUpdates, client === undefined ? {} : { client });
  }

  sendSimulation(change: Partial<SimulationBody> = {}, client?: string): void {
    this.simulation = { ...this.simulation, ...change, rows: this.frameRows };
    this.#send("simulation", this.simulation, client === undefined ? {} : { client });
  }

  /** Send rows of frames: a time and the value of each column for each of them. */
  sendRows(
    seconds: readonly number[],
    columns: Readonly<Record<string, readonly number[]>>,
    change: { readonly from?: number; readonly resets?: readonly number[] } = {},
  ): void {
    const first = this.frameRows;
    this.frameRows += seconds.length;
    const keys = Object.keys(columns);
    const body = { epoch: this.epoch, from: first, first, stop: this.frameRows, keys };
    this.#send("frame_rows", { ...body, resets: [], ...change }, {}, [
      new Float64Array(seconds).buffer,
      new Float64Array(keys.flatMap((key) => columns[key] ?? [])).buffer,
    ]);
  }

  sendHeartbeat(
    change: { readonly age?: number | null; readonly rate?: number; readonly frames?: number } = {},
  ): void {
    const { epoch, rev, seq } = this;
    this.#send("heartbeat", {
      epoch,
      rev,
      seq,
      keys: this.state.size,
      age: 0,
      rate: 0,
      frames: 0,
      size: 412_000,
      ...change,
    });
  }

  sendSnapshot(client: string): void {
    const keys = [...this.state.keys()];
    const size = this.options.keysPerPart ?? 5000;
    const parts = Math.max(1, Math.ceil(keys.length / size));
    for (let part = 0; part < parts; part += 1) {
      const some = keys.slice(part * size, (part + 1) * size);
      this.seq += 1;
      this.#send(
        "snapshot",
        {
          epoch: this.epoch,
          rev: this.#sentRev,
          seq: this.seq,
          part,
          last: part === parts - 1,
          keys: keys.length,
        },
        { client },
        makeBuffers(
          some.map((key) => this.#idOf(key)),
          { keys: some, values: some.map((key) => this.state.get(key) ?? null) },
        ),
      );
    }
  }

  set(key: string, value: PageValue): void {
    if (!this.state.has(key) && !this.#ids.has(key)) this.#new.add(key);
    this.state.set(key, value);
    this.#removed.delete(key);
    this.#changed.add(key);
    this.rev += 1;
  }

  remove(key: string): void {
    if (!this.state.delete(key)) return;
    this.#changed.delete(key);
    this.#removed.add(key);
    this.rev += 1;
  }

  sendEdits(edits: readonly Partial<EditBody>[], undo: string | null = null): void {
    const bodies = edits.map((edit, index) => ({ ...EDIT, number: index + 1, ...edit }));
    this.#send("edits", { edits: bodies, undo });
  }

  /** Send the changes since the last delta; a `lost` message does not arrive. */
  sendDelta({ lost = false }: { readonly lost?: boolean } = {}): void {
    if (this.rev === this.#sentRev) return;
    const keys = [...this.#changed];
    this.seq += 1;
    const body = { epoch: this.epoch, from: this.#sentRev, to: this.rev, seq: this.seq };
    const added = [...this.#new].map((key) => [this.#idOf(key), key]);
    const buffers = makeBuffers(
      keys.map((key) => this.#idOf(key)),
      {
        values: keys.map((key) => this.state.get(key) ?? null),
        new: added,
        removed: [...this.#removed],
      },
    );
    this.#sentRev = this.rev;
    this.#changed.clear();
    this.#removed.clear();
    this.#new.clear();
    if (!lost) this.#send("delta", body, {}, buffers);
  }
}
