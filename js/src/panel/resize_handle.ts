/** The lower edge of a card, which resizes it. The height is stored in a trait. */

import type { Host } from "../kernel/host.ts";
import { h } from "../ui/html.ts";
import { listen } from "../ui/lifetime.ts";
import { PANEL } from "./strings.ts";

const DEFAULT = 420;
const MIN = 160;
// The limit of the trait in Python.
const MAX = 4000;
const STEP = 24;

export function addResizeHandle(
  card: HTMLElement,
  body: HTMLElement,
  host: Host,
  signal: AbortSignal,
): void {
  const handle = h("div", {
    class: "nvj-resize-handle",
    role: "separator",
    tabindex: 0,
    "aria-orientation": "horizontal",
    "aria-label": PANEL.height,
    "aria-valuemin": MIN,
    "aria-valuemax": MAX,
  });
  card.append(handle);
  let height = DEFAULT;
  let drag: { readonly y: number; readonly height: number } | null = null;

  const apply = (next: number) => {
    height = Math.round(Math.min(MAX, Math.max(MIN, next)));
    body.style.setProperty("--nvj-height", `${height}px`);
    handle.setAttribute("aria-valuenow", String(height));
  };
  const read = () => apply(host.get("height") ?? DEFAULT);
  read();
  host.observe("height", read, signal);

  listen(
    handle,
    "pointerdown",
    (event) => {
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      drag = { y: event.clientY, height };
    },
    signal,
  );
  listen(
    handle,
    "pointermove",
    (event) => {
      if (drag !== null) apply(drag.height + event.clientY - drag.y);
    },
    signal,
  );
  const drop = () => {
    if (drag === null) return;
    drag = null;
    host.set("height", height);
  };
  listen(handle, "pointerup", drop, signal);
  listen(handle, "pointercancel", drop, signal);
  listen(
    handle,
    "keydown",
    (event) => {
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      apply(height + (event.key === "ArrowDown" ? STEP : -STEP));
      host.set("height", height);
    },
    signal,
  );
}
