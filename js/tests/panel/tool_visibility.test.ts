// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeModel } from "../../dev/fake_model.ts";
import { createHost } from "../../src/kernel/host.ts";
import { createSession, type Session } from "../../src/kernel/session.ts";
import { trackVisibility } from "../../src/panel/tool_visibility.ts";
import type { Readable } from "../../src/ui/signal.ts";
import { pass } from "../support.ts";

let session: Session;
let outer: HTMLElement;
let inner: HTMLElement;
let visible: Readable<boolean>;
/** Ends the tracking, while the session goes on. */
let tracking: AbortController;
let controller: AbortController;
const onChange = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  controller = new AbortController();
  tracking = new AbortController();
  session = createSession(
    createHost(new FakeModel(), controller.signal),
    "none",
    controller.signal,
  );
  outer = document.createElement("div");
  inner = document.createElement("div");
  outer.append(inner);
  document.body.append(outer);
  visible = trackVisibility(session, [outer, inner], tracking.signal);
  visible.observe(onChange, tracking.signal);
});
afterEach(() => {
  tracking.abort();
  controller.abort();
  outer.remove();
  vi.clearAllMocks();
  vi.useRealTimers();
});

describe("a part of a tool", () => {
  it("is visible while its elements and the view are", async () => {
    expect(visible.get()).toBe(true);
    for (const element of [outer, inner]) {
      element.hidden = true;
      await pass(0.1);
      expect(visible.get()).toBe(false);
      element.hidden = false;
      await pass(0.1);
      expect(visible.get()).toBe(true);
    }
    expect(onChange.mock.calls).toEqual([[false], [true], [false], [true]]);
  });

  it("is hidden at once with the view", () => {
    session.setVisible(false);
    expect(visible.get()).toBe(false);
    session.setVisible(true);

    expect(visible.get()).toBe(true);
  });

  it("stays hidden in a view that becomes visible, if an element is", async () => {
    session.setVisible(false);
    inner.hidden = true;
    session.setVisible(true);
    await pass(0.1);

    expect(visible.get()).toBe(false);
    expect(onChange.mock.calls).toEqual([[false]]);
  });

  it("can be hidden from the beginning", () => {
    inner.hidden = true;

    expect(trackVisibility(session, [inner], tracking.signal).get()).toBe(false);
  });

  it("is visible in a view that is held while it is out of sight", () => {
    const release = session.hold();
    session.setVisible(false);
    expect(visible.get()).toBe(true);
    release();

    expect(visible.get()).toBe(false);
  });

  it("is not tracked after its end", async () => {
    tracking.abort();
    outer.hidden = true;
    session.setVisible(false);
    await pass(0.1);

    expect(visible.get()).toBe(true);
    expect(onChange).not.toHaveBeenCalled();
  });
});
