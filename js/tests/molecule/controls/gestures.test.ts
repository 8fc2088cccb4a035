// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  addGestures,
  type GestureTarget,
  type Mode,
} from "../../../src/molecule/controls/gestures.ts";

let mode: Mode = "orbit";
let stage: HTMLElement;
let controller: AbortController;
const target = {
  mode: () => mode,
  orbit: vi.fn(),
  pan: vi.fn(),
  zoom: vi.fn(),
  reset: vi.fn(),
  hover: vi.fn(),
  click: vi.fn(),
  doubleClick: vi.fn(),
  selectArea: vi.fn(),
  startPull: vi.fn(() => true),
  movePull: vi.fn(),
  endPull: vi.fn(),
  step: vi.fn(),
  escape: vi.fn(),
} satisfies GestureTarget;

const pointer = (type: string, x: number, y: number, more: PointerEventInit = {}) => {
  const options = { clientX: x, clientY: y, pointerId: 1, button: 0, bubbles: true, ...more };
  stage.dispatchEvent(new PointerEvent(type, options));
};
const drag = (more: PointerEventInit = {}) => {
  pointer("pointerdown", 10, 10, more);
  pointer("pointermove", 30, 25, more);
  pointer("pointerup", 30, 25, more);
};
const press = (key: string, more: KeyboardEventInit = {}) => {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  stage.dispatchEvent(event);
  return event.defaultPrevented;
};
const wheel = (deltaY: number) => {
  const event = new WheelEvent("wheel", { deltaY, bubbles: true, cancelable: true });
  stage.dispatchEvent(event);
  return event.defaultPrevented;
};

beforeEach(() => {
  mode = "orbit";
  stage = document.createElement("div");
  stage.tabIndex = 0;
  stage.setPointerCapture = () => {};
  document.body.append(stage);
  controller = new AbortController();
  addGestures(stage, target, controller.signal);
});
afterEach(() => {
  controller.abort();
  stage.remove();
  vi.clearAllMocks();
});

describe("a drag", () => {
  it("turns", () => {
    drag();
    expect(target.orbit).toHaveBeenCalledWith(20, 15);
    expect(target.click).not.toHaveBeenCalled();
  });

  it.each([{ shiftKey: true }, { button: 1 }, { button: 2 }])("moves with %o", (more) => {
    drag(more);
    expect(target.pan).toHaveBeenCalledWith(20, 15);
    expect(target.orbit).not.toHaveBeenCalled();
  });

  it("selects what is in a rectangle", () => {
    mode = "select";
    drag({ shiftKey: true });
    expect(target.selectArea).toHaveBeenCalledWith({ x: 10, y: 10 }, { x: 30, y: 25 }, true);
  });

  it("pulls, until it ends", () => {
    mode = "pull";
    drag();
    expect(target.startPull).toHaveBeenCalledWith({ x: 10, y: 10 });
    expect(target.movePull).toHaveBeenCalledWith({ x: 30, y: 25 });
    expect(target.endPull).toHaveBeenCalledTimes(1);
  });

  it("turns in the Pull mode where there is nothing to pull", () => {
    mode = "pull";
    target.startPull.mockReturnValueOnce(false);
    drag();
    expect(target.orbit).toHaveBeenCalled();
    expect(target.endPull).not.toHaveBeenCalled();
  });

  it.each(["pointercancel", "lostpointercapture"])("ends a pull by %s", (type) => {
    mode = "pull";
    pointer("pointerdown", 10, 10);
    pointer(type, 10, 10);
    expect(target.endPull).toHaveBeenCalledTimes(1);
  });

  it("ends a pull when the focus is lost, and by Escape", () => {
    mode = "pull";
    pointer("pointerdown", 10, 10);
    stage.dispatchEvent(new FocusEvent("blur"));
    expect(target.endPull).toHaveBeenCalledTimes(1);
    pointer("pointerdown", 10, 10);
    press("Escape");
    expect(target.endPull).toHaveBeenCalledTimes(2);
    expect(target.escape).not.toHaveBeenCalled();
  });

  it("of two fingers zooms and moves", () => {
    pointer("pointerdown", 0, 0);
    pointer("pointerdown", 100, 0, { pointerId: 2 });
    pointer("pointermove", 200, 0, { pointerId: 2 });
    expect(target.zoom).toHaveBeenCalledWith(0.5);
    expect(target.pan).toHaveBeenCalledWith(50, 0);
    pointer("pointerup", 200, 0, { pointerId: 2 });
    pointer("pointerup", 0, 0);
    expect(target.click).not.toHaveBeenCalled();
  });
});

describe("a click", () => {
  it("is a press that does not move far", () => {
    pointer("pointerdown", 10, 10);
    pointer("pointermove", 12, 11);
    pointer("pointerup", 12, 11, { shiftKey: true });
    expect(target.click).toHaveBeenCalledWith({ x: 12, y: 11 }, true);
    expect(target.orbit).not.toHaveBeenCalled();
  });

  it("on a button is not one on the view", () => {
    const button = document.createElement("button");
    stage.append(button);
    button.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, pointerId: 1 }));
    expect(document.activeElement).not.toBe(stage);
  });

  it("twice is a double click", () => {
    stage.dispatchEvent(new MouseEvent("dblclick", { clientX: 5, clientY: 6 }));
    expect(target.doubleClick).toHaveBeenCalledWith({ x: 5, y: 6 });
  });
});

describe("the wheel", () => {
  it("scrolls the page before the view has the focus", () => {
    expect(wheel(100)).toBe(false);
    expect(target.zoom).not.toHaveBeenCalled();
  });

  it("zooms after that, by a limited factor", () => {
    stage.focus();
    expect(wheel(1e9)).toBe(true);
    expect(target.zoom.mock.calls[0]?.[0]).toBeLessThan(2);
    wheel(-10);
    expect(target.zoom.mock.calls[1]?.[0]).toBeLessThan(1);
  });
});

describe("keys", () => {
  it.each([
    ["ArrowLeft", "orbit", [-24, 0]],
    ["+", "zoom", [1 / 1.15]],
    ["-", "zoom", [1.15]],
    ["0", "reset", []],
    ["]", "step", [1]],
    ["[", "step", [-1]],
    ["Escape", "escape", []],
  ] as const)("%s", (key, method, values) => {
    expect(press(key)).toBe(true);
    expect(target[method]).toHaveBeenCalledWith(...values);
  });

  it("move with Shift", () => {
    press("ArrowDown", { shiftKey: true });
    expect(target.pan).toHaveBeenCalledWith(0, 24);
  });

  it("of Jupyter are left alone", () => {
    expect(press("0", { ctrlKey: true })).toBe(false);
    expect(press("a")).toBe(false);
    expect(press("constructor")).toBe(false);
  });
});

it("hovering is reported outside of drags only", () => {
  pointer("pointermove", 3, 4);
  expect(target.hover).toHaveBeenLastCalledWith({ x: 3, y: 4 });
  pointer("pointerdown", 3, 4);
  expect(target.hover).toHaveBeenLastCalledWith(null);
  const calls = target.hover.mock.calls.length;
  pointer("pointermove", 5, 6);
  expect(target.hover.mock.calls.length).toBe(calls);
});
