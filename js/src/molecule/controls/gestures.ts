/** Pointer, wheel and keyboard input of the view. */

import { h } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";

export type Mode = "orbit" | "select" | "pull";

/** A position in CSS pixels of the view. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface GestureTarget {
  mode(): Mode;
  orbit(dx: number, dy: number): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number): void;
  reset(): void;
  /** The pointer is at a place without pressing; null outside. */
  hover(place: Place | null): void;
  click(place: Place, isAdding: boolean): void;
  doubleClick(place: Place): void;
  /** Select what is in a rectangle. */
  selectArea(from: Place, to: Place, isAdding: boolean): void;
  /** Begin to pull what is there; false if there is nothing to pull. */
  startPull(place: Place): boolean;
  movePull(place: Place): void;
  endPull(): void;
  /** Select the next or previous atom. */
  step(by: number): void;
  escape(): void;
}

/** Movement in pixels up to which a press is a click. */
const CLICK_REACH = 4;
const WHEEL_SPEED = 0.0012;
const KEY_PIXELS = 24;
const KEY_ZOOM = 1.15;

type Drag = "none" | "orbit" | "pan" | "area" | "pull" | "pinch";

export function addGestures(stage: HTMLElement, target: GestureTarget, signal: AbortSignal): void {
  const pointers = new Map<number, Place>();
  const frame = h("div", { class: "nvj-molecule-area", hidden: true });
  stage.append(frame);
  let drag: Drag = "none";
  let start: Place = { x: 0, y: 0 };
  let hasMoved = false;

  const placeOf = (event: MouseEvent): Place => {
    const { left, top } = stage.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const end = () => {
    if (drag === "pull") target.endPull();
    drag = "none";
    frame.hidden = true;
    pointers.clear();
  };
  const showArea = (to: Place) => {
    frame.hidden = false;
    frame.style.left = `${Math.min(start.x, to.x)}px`;
    frame.style.top = `${Math.min(start.y, to.y)}px`;
    frame.style.width = `${Math.abs(to.x - start.x)}px`;
    frame.style.height = `${Math.abs(to.y - start.y)}px`;
  };
  const chooseDrag = (event: PointerEvent, place: Place): Drag => {
    if (pointers.size > 1) return "pinch";
    const mode = target.mode();
    if (event.button > 0) return "pan";
    if (mode === "pull" && target.startPull(place)) return "pull";
    if (mode === "select") return "area";
    return event.shiftKey ? "pan" : "orbit";
  };
  const pinch = (id: number, to: Place) => {
    const before = [...pointers.values()];
    pointers.set(id, to);
    const after = [...pointers.values()];
    const [a, b] = before;
    const [c, d] = after;
    if (a === undefined || b === undefined || c === undefined || d === undefined) return;
    const apart = (p: Place, q: Place) => Math.max(1, Math.hypot(p.x - q.x, p.y - q.y));
    target.zoom(apart(a, b) / apart(c, d));
    target.pan((c.x + d.x - a.x - b.x) / 2, (c.y + d.y - a.y - b.y) / 2);
  };

  listen(
    stage,
    "pointerdown",
    (event) => {
      if (event.target instanceof Element && event.target.closest("button, input, select, a"))
        return;
      stage.focus({ preventScroll: true });
      const place = placeOf(event);
      if (drag === "pull") end();
      pointers.set(event.pointerId, place);
      stage.setPointerCapture(event.pointerId);
      if (pointers.size === 1) {
        start = place;
        hasMoved = false;
      }
      target.hover(null);
      drag = chooseDrag(event, place);
    },
    signal,
  );
  listen(
    stage,
    "pointermove",
    (event) => {
      const place = placeOf(event);
      const before = pointers.get(event.pointerId);
      if (before === undefined) {
        const isOnStage = event.target instanceof Element && !event.target.closest("button, input");
        target.hover(isOnStage ? place : null);
        return;
      }
      hasMoved ||= Math.hypot(place.x - start.x, place.y - start.y) > CLICK_REACH;
      if (drag === "pinch") {
        pinch(event.pointerId, place);
        return;
      }
      pointers.set(event.pointerId, place);
      if (drag === "pull") target.movePull(place);
      else if (!hasMoved) return;
      else if (drag === "orbit") target.orbit(place.x - before.x, place.y - before.y);
      else if (drag === "pan") target.pan(place.x - before.x, place.y - before.y);
      else if (drag === "area") showArea(place);
    },
    signal,
  );
  listen(
    stage,
    "pointerup",
    (event) => {
      if (!pointers.has(event.pointerId)) return;
      const place = placeOf(event);
      const wasDrag = drag;
      const isLast = pointers.size === 1;
      pointers.delete(event.pointerId);
      if (!isLast) return;
      end();
      const isAdding = event.shiftKey || event.ctrlKey || event.metaKey;
      if (wasDrag === "area" && hasMoved) target.selectArea(start, place, isAdding);
      else if (!hasMoved && wasDrag !== "pinch" && event.button === 0)
        target.click(place, isAdding);
    },
    signal,
  );
  for (const type of ["pointercancel", "lostpointercapture"] as const) {
    listen(stage, type, (event) => pointers.has(event.pointerId) && end(), signal);
  }
  listen(stage, "blur", end, signal);
  listen(stage, "pointerleave", () => target.hover(null), signal);
  listen(stage, "dblclick", (event) => target.doubleClick(placeOf(event)), signal);
  listen(stage, "contextmenu", (event) => event.preventDefault(), signal);
  listen(
    stage,
    "wheel",
    (event) => {
      // Without the focus the notebook scrolls.
      if (document.activeElement !== stage) return;
      event.preventDefault();
      const pixels = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
      target.zoom(Math.exp(Math.max(-300, Math.min(300, pixels)) * WHEEL_SPEED));
    },
    signal,
    { passive: false },
  );

  const arrow = (event: KeyboardEvent, dx: number, dy: number) =>
    event.shiftKey ? target.pan(dx, dy) : target.orbit(dx, dy);
  const KEYS: Readonly<Record<string, (event: KeyboardEvent) => void>> = {
    ArrowLeft: (event) => arrow(event, -KEY_PIXELS, 0),
    ArrowRight: (event) => arrow(event, KEY_PIXELS, 0),
    ArrowUp: (event) => arrow(event, 0, -KEY_PIXELS),
    ArrowDown: (event) => arrow(event, 0, KEY_PIXELS),
    "+": () => target.zoom(1 / KEY_ZOOM),
    "=": () => target.zoom(1 / KEY_ZOOM),
    "-": () => target.zoom(KEY_ZOOM),
    "0": () => target.reset(),
    "[": () => target.step(-1),
    "]": () => target.step(1),
    Escape: () => (drag === "pull" ? end() : target.escape()),
  };
  listen(
    stage,
    "keydown",
    (event) => {
      if (event.target !== stage || event.ctrlKey || event.metaKey || event.altKey) return;
      const act = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : undefined;
      if (act === undefined) return;
      event.preventDefault();
      act(event);
    },
    signal,
  );
}
