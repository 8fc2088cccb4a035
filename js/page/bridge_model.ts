/** anywidget's model of a widget whose Python side is connected by a WebSocket. */

import { ModelEvents } from "../dev/model_events.ts";
import type { Model } from "../src/kernel/host.ts";

/** A message from a model to its Python side. */
export type ModelMessage =
  | { readonly method: "update"; readonly state: Readonly<Record<string, unknown>> }
  | {
      readonly method: "custom";
      readonly content: unknown;
      /** In base64. */
      readonly buffers: readonly string[];
    };

export class BridgeModel extends ModelEvents implements Model {
  readonly #traits: Map<string, unknown>;
  readonly #send: (message: ModelMessage) => void;
  /** Traits set since the last `save_changes`. */
  readonly #dirty = new Set<string>();
  /** Pending saves by trait; until their echo arrives, other echoes of the trait are outdated. */
  readonly #unconfirmed = new Map<string, number>();
  #isAlive = true;

  constructor(state: Readonly<Record<string, unknown>>, send: (message: ModelMessage) => void) {
    super();
    this.#traits = new Map(Object.entries(state));
    this.#send = send;
  }

  get(name: string): unknown {
    return this.#traits.get(name);
  }

  set(name: string, value: unknown): void {
    this.#dirty.add(name);
    this.#change(name, value);
  }

  save_changes(): void {
    const state = Object.fromEntries([...this.#dirty].map((name) => [name, this.get(name)]));
    this.#dirty.clear();
    if (!this.#isAlive || Object.keys(state).length === 0) return;
    for (const name of Object.keys(state)) {
      this.#unconfirmed.set(name, (this.#unconfirmed.get(name) ?? 0) + 1);
    }
    this.#send({ method: "update", state });
  }

  send(
    content: unknown,
    _callbacks?: unknown,
    buffers: readonly (ArrayBuffer | ArrayBufferView)[] = [],
  ): void {
    // The error message of ipywidgets without a kernel.
    if (!this.#isAlive) throw new Error("Cannot send");
    this.#send({ method: "custom", content, buffers: buffers.map(toBase64) });
  }

  /** Apply traits set by Python. */
  update(state: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(state)) this.#change(name, value);
  }

  /** Apply traits set by this page or another page with the same widget. */
  echo(state: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(state)) {
      const unconfirmed = this.#unconfirmed.get(name) ?? 0;
      if (unconfirmed > 0) this.#unconfirmed.set(name, unconfirmed - 1);
      else this.#change(name, value);
    }
  }

  receive(content: unknown, buffers: readonly DataView[]): void {
    this.emit("msg:custom", content, buffers);
  }

  /** Disconnect the Python side, as after a kernel restart: sending throws. */
  lose(): void {
    this.#isAlive = false;
    this.emit("comm_live_update");
  }

  #change(name: string, value: unknown): void {
    if (Object.is(this.#traits.get(name), value)) return;
    this.#traits.set(name, value);
    this.emit(`change:${name}`, this, value);
  }
}

function toBase64(buffer: ArrayBuffer | ArrayBufferView): string {
  const bytes =
    buffer instanceof ArrayBuffer
      ? new Uint8Array(buffer)
      : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
