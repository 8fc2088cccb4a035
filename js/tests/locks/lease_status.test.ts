import { describe, expect, it } from "vitest";
import { LEASES } from "../../dev/scenes.ts";
import { leaseStatus, readSeconds, readWaitTime } from "../../src/locks/lease_status.ts";
import type { LeaseBody } from "../../src/protocol/locks.ts";

const HELD: LeaseBody = {
  key: "scene",
  state: "held",
  seconds: 10,
  left: 7.4,
  endless: false,
  held: 72,
  auto_renew: false,
  max_hold: null,
  continuous: true,
  note: "",
};

describe("a lease", () => {
  it("runs down by itself, and no further than to nothing", () => {
    expect(leaseStatus(HELD, 0)).toMatchObject({ leftText: "7.4 s", heldText: "1 min 12 s" });
    expect(leaseStatus(HELD, 2)).toMatchObject({ leftText: "5.4 s", heldText: "1 min 14 s" });
    expect(leaseStatus(HELD, 2).share).toBeCloseTo(0.54);
    expect(leaseStatus(HELD, 60)).toMatchObject({ leftText: "0.0 s", share: 0 });
  });

  it("without end has no time left to tell", () => {
    const endless = { ...HELD, seconds: null, left: null, endless: true };
    expect(leaseStatus(endless, 5)).toMatchObject({
      left: null,
      leftText: "no limit",
      share: 1,
    });
  });

  it("that is over counts no longer", () => {
    expect(leaseStatus({ ...HELD, state: "lost", left: null, held: 14 }, 100).heldText).toBe(
      "14 s",
    );
  });

  it("that one waits for is not held", () => {
    expect(leaseStatus({ ...HELD, state: "pending", left: null, held: 3 }, 1).heldText).toBe("");
  });

  it("is in doubt while the server cannot be asked", () => {
    expect(leaseStatus(HELD, 0, false)).toMatchObject({ word: "Held?", tone: "amber" });
    expect(leaseStatus(HELD, 0, false).note).not.toBe("");
    expect(leaseStatus({ ...HELD, state: "lost", left: null }, 0, false).word).toBe("Lost");
  });

  it("offers what can be done in its state", () => {
    const can = (lease: LeaseBody) => {
      const now = leaseStatus(lease, 0);
      return [now.canRenew, now.canRelease, now.canRetry, now.canDismiss];
    };
    expect(LEASES.map(can)).toEqual([
      [false, true, false, false],
      [true, true, false, false],
      [false, false, true, true],
      [false, false, true, true],
    ]);
    expect(can({ ...HELD, state: "pending", left: null })).toEqual([false, false, false, false]);
    expect(can({ ...HELD, state: "released", left: null })).toEqual([false, false, false, true]);
  });
});

describe("a lease that is kept", () => {
  it("needs no renewing, and may be held longer", () => {
    expect(leaseStatus({ ...HELD, auto_renew: true, max_hold: 600 }, 0)).toMatchObject({
      autoRenew: true,
      canAutoRenew: true,
      canRenew: false,
      canExtend: true,
      capText: "of 10 min at most",
    });
  });

  it("has no limit to tell of where there is none", () => {
    expect(leaseStatus(HELD, 0)).toMatchObject({ canExtend: false, capText: "" });
  });
});

describe("a lease that is waited for", () => {
  it("can be given up", () => {
    const waiting = leaseStatus({ ...HELD, state: "pending", left: null }, 0);
    expect(waiting).toMatchObject({ canCancel: true, canAutoRenew: false, canRelease: false });
  });
});

describe("patience", () => {
  it.each([
    ["", 0],
    ["0", 0],
    ["0 s", 0],
    ["5", 5],
    ["2 min", 120],
  ])("%j is %d s", (text, seconds) => {
    expect(readWaitTime(text)).toEqual({ ok: true, seconds });
  });

  it("is no word", () => expect(readWaitTime("long").ok).toBe(false));
});

describe("a duration", () => {
  it.each([
    ["10", 10],
    ["10 s", 10],
    ["2.5", 2.5],
    ["2,5s", 2.5],
    ["1 min", 60],
    ["2 h", 7200],
  ])("%j is %d seconds", (text, seconds) => {
    expect(readSeconds(text)).toEqual({ ok: true, seconds });
  });

  it.each(["", "0", "-5", "soon", "1e3", "NaN", "10 d"])("%j is refused", (text) => {
    expect(readSeconds(text).ok).toBe(false);
  });
});
