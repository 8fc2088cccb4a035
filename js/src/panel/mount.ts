/** Mount a panel from anywidget's `render`. */

import { createHost, type Model, type TraitNames } from "../kernel/host.ts";
import { createSession, type StateUse } from "../kernel/session.ts";
import { debounced, listen, observeInView, onAbort } from "../ui/lifetime.ts";
import { createPanel } from "./panel.ts";
import type { MakeTool } from "./tool.ts";

export interface RenderProps {
  readonly model: Model;
  readonly el: HTMLElement;
  /** Given by anywidget 0.11 or later; older versions only call the returned function. */
  readonly signal?: AbortSignal;
}

/** Milliseconds out of view after which updates stop, so that scrolling does not stop them. */
const HIDE_AFTER = 600;

export function mount(
  { model, el, signal: given }: RenderProps,
  tools: readonly MakeTool[],
  use: StateUse,
  names: TraitNames = {},
): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const end = () => controller.abort();
  if (given?.aborted === true) return end;
  given?.addEventListener("abort", end, { once: true, signal });

  const host = createHost(model, signal, names);
  const session = createSession(host, use, signal);
  const panel = createPanel({ host, session, tools, signal });
  el.append(panel);
  onAbort(signal, () => panel.remove());

  let inView = true;
  const hide = debounced(HIDE_AFTER, () => session.setVisible(false), signal);
  const update = () => {
    if (inView && document.visibilityState !== "hidden") {
      hide.cancel();
      session.setVisible(true);
    } else hide();
  };
  listen(document, "visibilitychange", update, signal);
  observeInView(
    panel,
    (visible) => {
      inView = visible;
      update();
    },
    signal,
  );
  return end;
}
