/** Whether a part of a tool is visible: the view is, and none of the elements is hidden. */

import type { Session } from "../kernel/session.ts";
import { onAbort } from "../ui/lifetime.ts";
import { type Readable, Signal } from "../ui/signal.ts";

export function trackVisibility(
  session: Session,
  elements: readonly HTMLElement[],
  signal: AbortSignal,
): Readable<boolean> {
  const isVisible = () => session.visible.get() && elements.every((element) => !element.hidden);
  const visible = new Signal(isVisible());
  const update = () => visible.set(isVisible());
  session.visible.observe(update, signal);
  const observer = new MutationObserver(update);
  for (const element of elements) observer.observe(element, { attributeFilter: ["hidden"] });
  onAbort(signal, () => observer.disconnect());
  return visible;
}
