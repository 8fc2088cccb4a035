/** anywidget's model of a widget whose Python half is at the other end of a WebSocket. */

import { ModelEvents } from "../dev/model_events.ts";
import type { Model } from "../src/kernel/host.ts";

/** What a model sends to its Python half. */
export type ModelMessage =
  | { readonly method: "update"; readonly state: Readonly<Record<string, unknown>> }
  | { readonly method: "custom"; readonly content: unknown };

export class BridgeModel extends ModelEvents implements Model {
  readonly #traits: Map<string, unknown>;
  readonly #send: (message: ModelMessage) => void;
  /** Names that were set since the last `save_changes`. */
  readonly #dirty = new Set<string>();
  /** Saves whose echo has not come back: until then an echo of that trait is out of date. */
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

  send(content: unknown): void {
    // The message of ipywidgets where the kernel has gone.
    if (!this.#isAlive) throw new Error("Cannot send");
    this.#send({ method: "custom", content });
  }

  /** Takes traits that Python has set. */
  update(state: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(state)) this.#change(name, value);
  }

  /** Takes traits that a page has set: this one, or another one of the same widget. */
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

  /** Python's half is gone, as after a restart of the kernel: sending throws from now on. */
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
