/** The events of anywidget's model, for models without Jupyter. */

type Handler = (...args: never[]) => void;

export class ModelEvents {
  readonly #handlers = new Map<string, Set<Handler>>();

  on(name: string, fn: Handler): void {
    const known = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, known);
    known.add(fn);
  }

  off(name: string, fn: Handler): void {
    this.#handlers.get(name)?.delete(fn);
  }

  emit(name: string, ...args: unknown[]): void {
    for (const fn of [...(this.#handlers.get(name) ?? [])])
      (fn as (...a: unknown[]) => void)(...args);
  }

  get handlerCount(): number {
    return [...this.#handlers.values()].reduce((sum, known) => sum + known.size, 0);
  }
}
