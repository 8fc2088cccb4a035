/**
 * Subscriptions, timers and observers that end with an AbortSignal, so that a disposed view leaves
 * nothing behind.
 */

let live = 0;

/** Number of active subscriptions, for the test of leaks. */
export const liveSubscriptions = (): number => live;

/** Run `undo` once when the signal aborts. */
export function onAbort(signal: AbortSignal, undo: () => void): void {
  if (signal.aborted) {
    undo();
    return;
  }
  live += 1;
  signal.addEventListener(
    "abort",
    () => {
      live -= 1;
      undo();
    },
    { once: true },
  );
}

type EventMap = HTMLElementEventMap & DocumentEventMap & WindowEventMap;

export function listen<K extends keyof EventMap>(
  target: EventTarget,
  type: K,
  fn: (event: EventMap[K]) => void,
  signal: AbortSignal,
  options: { readonly capture?: boolean; readonly passive?: boolean } = {},
): void {
  if (signal.aborted) return;
  const listener = fn as EventListener;
  target.addEventListener(type, listener, options);
  onAbort(signal, () => target.removeEventListener(type, listener, options));
}

/** An event emitter in the style of Backbone, such as anywidget's model. */
export interface Emitter {
  on(name: string, fn: (...args: never[]) => void): void;
  off(name: string, fn: (...args: never[]) => void): void;
}

export function onModel(
  model: Emitter,
  name: string,
  fn: (...args: never[]) => void,
  signal: AbortSignal,
): void {
  if (signal.aborted) return;
  model.on(name, fn);
  onAbort(signal, () => model.off(name, fn));
}

export function every(milliseconds: number, fn: () => void, signal: AbortSignal): void {
  if (signal.aborted) return;
  const timer = setInterval(fn, milliseconds);
  onAbort(signal, () => clearInterval(timer));
}

/** A delayed call: `flush` runs it now if it is pending, `cancel` drops it. */
export interface Debounced {
  (): void;
  cancel(): void;
  flush(): void;
}

/** Return a function that runs `fn` once, `milliseconds` after its last call. */
export function debounced(milliseconds: number, fn: () => void, signal: AbortSignal): Debounced {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const cancel = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  const call = () => {
    if (signal.aborted) return;
    cancel();
    timer = setTimeout(() => {
      timer = null;
      fn();
    }, milliseconds);
  };
  call.cancel = cancel;
  call.flush = () => {
    if (timer === null) return;
    cancel();
    fn();
  };
  onAbort(signal, cancel);
  return call;
}

/** Return a function that runs `fn` once in the next animation frame. */
export function oncePerFrame(fn: () => void, signal: AbortSignal): Debounced {
  let frame: number | null = null;
  const cancel = () => {
    if (frame !== null) cancelAnimationFrame(frame);
    frame = null;
  };
  onAbort(signal, cancel);
  const call = () => {
    if (frame !== null || signal.aborted) return;
    frame = requestAnimationFrame(() => {
      frame = null;
      fn();
    });
  };
  call.cancel = cancel;
  call.flush = () => {
    if (frame === null) return;
    cancel();
    fn();
  };
  return call;
}

/**
 * Return a function that runs `step` while the page is idle, until it returns true. `step` stops when
 * `shouldYield` returns true. Only for optional work: without `requestIdleCallback`, nothing runs.
 */
export function whenIdle(
  step: (shouldYield: () => boolean) => boolean,
  signal: AbortSignal,
): () => void {
  let handle: number | null = null;
  const cancel = () => {
    if (handle !== null) cancelIdleCallback(handle);
    handle = null;
  };
  const run = (deadline: IdleDeadline) => {
    handle = null;
    if (!step(() => deadline.timeRemaining() <= 0)) call();
  };
  const call = () => {
    if (handle !== null || signal.aborted || typeof requestIdleCallback === "undefined") return;
    handle = requestIdleCallback(run);
  };
  onAbort(signal, cancel);
  return call;
}

export function observeSize(element: Element, fn: () => void, signal: AbortSignal): void {
  if (typeof ResizeObserver === "undefined" || signal.aborted) return;
  const observer = new ResizeObserver(() => fn());
  observer.observe(element);
  onAbort(signal, () => observer.disconnect());
}

/** Report whether the element is in the viewport. */
export function observeInView(
  element: Element,
  fn: (inView: boolean) => void,
  signal: AbortSignal,
): void {
  if (typeof IntersectionObserver === "undefined" || signal.aborted) return;
  const observer = new IntersectionObserver((entries) => {
    const last = entries.at(-1);
    if (last !== undefined) fn(last.isIntersecting);
  });
  observer.observe(element);
  onAbort(signal, () => observer.disconnect());
}

export interface VisibilityTracker {
  /** Return whether the element is in the viewport; true until it was observed. */
  isVisible(element: Element): boolean;
  watch(element: Element): void;
  unwatch(element: Element): void;
}

/** Track which elements are in the viewport; `onVisible` is called when one enters it. */
export function createVisibilityTracker(
  onVisible: (element: Element) => void,
  signal: AbortSignal,
): VisibilityTracker {
  const outOfView = new WeakSet<Element>();
  if (typeof IntersectionObserver === "undefined" || signal.aborted) {
    return { isVisible: () => true, watch: () => {}, unwatch: () => {} };
  }
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) outOfView.add(target);
      else if (outOfView.delete(target)) onVisible(target);
    }
  });
  onAbort(signal, () => observer.disconnect());
  return {
    isVisible: (element) => !outOfView.has(element),
    watch: (element) => observer.observe(element),
    unwatch: (element) => observer.unobserve(element),
  };
}
