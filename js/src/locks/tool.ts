/** The lock manager. Its view is loaded when it is first visible, or has something to announce. */

import { createLazyPart } from "../kernel/lazy_part.ts";
import type { Timed } from "../kernel/session.ts";
import type { Tool, ToolContext } from "../panel/tool.ts";
import type { LockUpdatesBody } from "../protocol/locks.ts";
import { now } from "../ui/clock.ts";
import { h } from "../ui/html.ts";
import { Signal } from "../ui/signal.ts";
import { createViewOf } from "./locks_module.ts";

export function createLocks(context: ToolContext): Tool {
  const { host, session, signal } = context;
  const element = h("div", { class: "nvj-tool nvj-locks" });
  const footer = h("span", { class: "nvj-locks-footer" });
  const heldCount = new Signal<number | null>(null);
  // Received here, because the kernel sends these only when they change.
  const updates = new Signal<Timed<LockUpdatesBody> | null>(null);
  const part = createLazyPart({
    host,
    module: "locks_view",
    what: "the lock manager",
    make: (module) => createViewOf(module)(context, { element, footer, updates }),
    signal,
  });
  element.append(part.note);

  session.leases.observe((received) => {
    heldCount.set(received?.body.held ?? null);
    if (received?.body.leases.some(({ state }) => state === "lost")) part.load();
  }, signal);
  host.on(
    "lock_updates",
    ({ body }, forMe) => {
      if (!forMe) return;
      updates.set({ body, at: now() });
      if (body.requests.length > 0) part.load();
    },
    signal,
  );

  return {
    name: "locks",
    // Not in strings.ts, which belongs to the module that is loaded on demand.
    label: "Locks",
    element,
    count: heldCount,
    footer,
    shown: () => part.use((view) => view.draw()),
  };
}
