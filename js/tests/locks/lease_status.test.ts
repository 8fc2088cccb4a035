import { describe, expect, it } from "vitest";
import { lease } from "../../dev/lock_bodies.ts";
import { LEASES } from "../../dev/scenes.ts";
import { leaseStatus, readSeconds, readWaitTime } from "../../src/locks/lease_status.ts";
import type { LeaseBody } from "../../src/protocol/locks.ts";

const HELD = lease("scene", { left: 7.4, held: 72, max_hold: null });

describe("a lease", () => {
  it("runs down by itself, and no further than to nothing", () => {
    expect(leaseStatus(HELD, 0)).toMatchObject({ leftText: "7.4 s", heldText: "held 1 min 12 s" });
    expect(leaseStatus(HELD, 2)).toMatchObject({ leftText: "5.4 s", heldText: "held 1 min 14 s" });
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
      "held 14 s",
    );
  });

  it("that one waits for tells since when", () => {
    const waiting = leaseStatus({ ...HELD, state: "pending", left: null, held: 3 }, 1);
    expect(waiting).toMatchObject({ heldText: "asked 4 s ago", leftText: "" });
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
      [false, false, false, true],
      [false, false, true, true],
    ]);
    expect(can({ ...HELD, state: "pending", left: null })).toEqual([false, false, false, false]);
    expect(can({ ...HELD, state: "released", left: null })).toEqual([false, false, false, true]);
  });
});

describe("the owner", () => {
  const owner = (change: Partial<LeaseBody>) => {
    const { ownerText, note } = leaseStatus({ ...HELD, left: null, ...change }, 0);
    return [ownerText, note];
  };
  const elsewhere = "held by another client";
  it.each([
    [{ left: 5 }, "You", ""],
    [{ state: "released", note: "released" }, "", ""],
    [{ state: "refused", note: elsewhere }, "Held by another client", ""],
    [{ state: "refused", note: "held by Ben", holder: "Ben" }, "Held by Ben", ""],
    [{ state: "refused", note: "this key or one" }, "", "this key or one"],
    // Another key of the same request was held, or it has been released since.
    [{ state: "refused", note: "held by Ben" }, "", "held by Ben"],
    [{ state: "pending" }, "", ""],
    [{ state: "pending", note: `${elsewhere}; retrying` }, "Held by another client", ""],
    [{ state: "pending", holder: "Ben" }, "Held by Ben", ""],
    [{ state: "lost", note: elsewhere }, "", elsewhere],
    [{ state: "lost", note: elsewhere, holder: "Ben" }, "Held by Ben", elsewhere],
  ] as const)("of %j is %j", (change, text, note) => {
    expect(owner(change)).toEqual([text, note]);
  });

  it("has held the key since a time, as far as that is known", () => {
    const since = (change: Partial<LeaseBody>) =>
      leaseStatus({ ...HELD, left: null, state: "refused", ...change }, 0).sinceText;
    const time = new Date(2100, 0, 2, 12, 44).getTime() / 1000;

    expect(since({ holder: "Ben", since: time })).toBe("since 2100-01-02 12:44");
    expect(since({ holder: "Ben" })).toBe("");
    expect(since({ since: time })).toBe("");
    expect(since({ holder: "Ben", since: time, state: "released" })).toBe("");
  });

  it("can be waited for where there is one", () => {
    const can = (change: Partial<LeaseBody>) => {
      const status = leaseStatus({ ...HELD, left: null, ...change }, 0);
      return [status.canAcquireWhenFree, status.canRetry];
    };
    expect(can({ state: "refused" })).toEqual([true, false]);
    expect(can({ state: "lost", holder: "Ben" })).toEqual([true, false]);
    expect(can({ state: "lost" })).toEqual([false, true]);
    expect(can({})).toEqual([false, false]);
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
    ["", null],
    ["0", 0],
    ["0 s", 0],
    ["5", 5],
    ["2 min", 120],
  ])("%j is %s s", (text, seconds) => {
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
