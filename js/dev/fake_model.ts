/** anywidget's model without Jupyter: traits, events, and a callback for sent messages. */

import type { Model } from "../src/kernel/host.ts";
import type { Buffers } from "../src/protocol/common.ts";
import { ModelEvents } from "./model_events.ts";

export class FakeModel extends ModelEvents implements Model {
  readonly #traits = new Map<string, unknown>();
  /** Sent messages, oldest first. */
  readonly sent: unknown[] = [];
  saves = 0;
  /** Makes every send throw, as after a kernel restart. */
  dead = false;
  onSend: (envelope: unknown) => void = () => undefined;

  constructor(traits: Readonly<Record<string, unknown>> = {}) {
    super();
    for (const [name, value] of Object.entries(traits)) this.#traits.set(name, value);
  }

  get(name: string): unknown {
    return this.#traits.get(name);
  }

  set(name: string, value: unknown): void {
    this.#traits.set(name, value);
    this.emit(`change:${name}`);
  }

  save_changes(): void {
    this.saves += 1;
  }

  send(content: unknown): void {
    if (this.dead) throw new Error("Cannot send");
    // A comm carries JSON only.
    const envelope: unknown = JSON.parse(JSON.stringify(content));
    this.sent.push(envelope);
    this.onSend(envelope);
  }

  receive(envelope: unknown, buffers: Buffers = []): void {
    this.emit("msg:custom", envelope, buffers);
  }
}
