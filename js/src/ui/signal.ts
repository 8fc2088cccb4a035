/** A value with observers. */

import { onAbort } from "./lifetime.ts";

export interface Readable<T> {
  get(): T;
  /** Calls `fn` after each change, until the signal aborts. */
  observe(fn: (value: T) => void, signal: AbortSignal): void;
}

export class Signal<T> implements Readable<T> {
  #value: T;
  readonly #observers = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const fn of [...this.#observers]) fn(value);
  }

  observe(fn: (value: T) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    const observer = (value: T) => fn(value);
    this.#observers.add(observer);
    onAbort(signal, () => this.#observers.delete(observer));
  }
}
