import { describe, expect, it } from "vitest";
import { STATUS } from "../../dev/fake_kernel.ts";
import { type ConnectionFacts, describeConnection } from "../../src/panel/connection_status.ts";
import type { HeartbeatBody, StatusBody } from "../../src/protocol/common.ts";

const BEAT: HeartbeatBody = {
  epoch: "e",
  rev: 1,
  seq: 1,
  keys: 3,
  age: 0.1,
  rate: 31,
  frames: 0,
  size: 90,
};

const facts = (
  change: Partial<ConnectionFacts> = {},
  status: Partial<StatusBody> = {},
): ConnectionFacts => ({
  kernel: "live",
  status: { body: { ...STATUS, ...status }, at: 100 },
  heartbeat: { body: BEAT, at: 100 },
  lastChange: null,
  now: 100,
  ...change,
});

describe("the connection", () => {
  it("is live", () => {
    expect(describeConnection(facts())).toMatchObject({
      tone: "live",
      label: "",
      freshness: "Updated 0.1 s ago",
      rate: "31 updates/s",
      banner: "",
      blocked: null,
    });
  });

  it("counts up between heartbeats and restarts at a change", () => {
    expect(describeConnection(facts({ now: 100.5 })).freshness).toBe("Updated 0.6 s ago");
    expect(describeConnection(facts({ now: 100.5, lastChange: 100.4 })).freshness).toBe(
      "Updated 0.1 s ago",
    );
  });

  it("is live, not stale, when nothing changes", () => {
    const quiet = { body: { ...BEAT, age: 41, rate: 0 }, at: 100 };
    expect(describeConnection(facts({ heartbeat: quiet }))).toMatchObject({
      tone: "live",
      freshness: "Updated 41 s ago",
      rate: "",
    });
  });

  it("is lost, with time, reason and attempt", () => {
    const lost = facts(
      { now: 102 },
      { state: "lost", reason: "connection refused", attempt: 2, since: 2 },
    );
    expect(describeConnection(lost)).toMatchObject({
      tone: "lost",
      freshness: "Stale for 4.0 s",
      banner:
        "Connection lost 4 s ago: connection refused. Reconnecting (attempt 2). Showing the last known state.",
    });
    expect(describeConnection(lost).blocked).not.toBeNull();
  });

  it("is connecting", () => {
    expect(describeConnection(facts({}, { state: "connecting", since: 2 }))).toMatchObject({
      tone: "waiting",
      label: "Connecting",
    });
  });

  it("loads the state and shows the received size if known", () => {
    const text = (received: number | null) =>
      describeConnection(facts({}, { state: "loading", since: 12, received }));
    expect(text(2_100_000)).toMatchObject({
      tone: "waiting",
      label: "Loading",
      freshness: "Loading for 12 s",
      banner: "Loading the state (2.1 MB received). Showing the last known state.",
      announcement: "Loading the state. Showing the last known state.",
      blocked: "The state is still loading.",
    });
    expect(text(null).banner).toBe("Loading the state. Showing the last known state.");
  });

  it("is closed", () => {
    const text = describeConnection(facts({}, { state: "closed", reason: "closed by the user" }));
    expect(text).toMatchObject({ tone: "gone", label: "Closed" });
    expect(text.banner).toContain("closed by the user");
  });

  it("is loading before the first status", () => {
    expect(describeConnection(facts({ status: null }))).toMatchObject({ label: "Loading" });
    expect(describeConnection(facts({ status: null, kernel: "busy" })).label).toBe("Kernel busy");
  });
});

describe("the kernel", () => {
  it("that is busy but sends heartbeats keeps the view live", () => {
    expect(describeConnection(facts({ kernel: "busy" }))).toMatchObject({
      label: "Kernel busy, updating",
      blocked: null,
    });
  });

  it("that is silent makes the view stale", () => {
    expect(describeConnection(facts({ now: 105 }))).toMatchObject({
      tone: "stale",
      label: "No updates",
    });
    expect(describeConnection(facts({ now: 105 })).banner).toBe(
      "No updates from the kernel for 5 s. The view may be out of date.",
    );
  });

  it("that is gone differs from a lost server and a busy kernel", () => {
    const gone = describeConnection(facts({ kernel: "gone" }));
    expect(gone.banner).toContain("Run the cell again");
    const busy = describeConnection(facts({ kernel: "busy" }));
    const lost = describeConnection(facts({}, { state: "lost" }));
    expect(new Set([gone.tone, busy.tone, lost.tone]).size).toBe(3);
  });
});

it("announces no running times", () => {
  const at = (now: number) =>
    describeConnection(facts({ now, heartbeat: null }, { state: "lost", reason: "x", attempt: 1 }));
  expect(at(101).banner).not.toBe(at(109).banner);
  expect(at(101).announcement).toBe(at(109).announcement);
});
