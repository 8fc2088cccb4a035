/** The badge that shows the state of a key's lock, and for how long it is held. */

import type { Session, Timed } from "../../kernel/session.ts";
import type { LeaseBody, LeasesBody } from "../../protocol/locks.ts";
import { heldByLabel } from "../../text/holder.ts";
import { visible } from "../../text/visible_text.ts";
import { h, setText } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import type { InspectorContext, RowPartView } from "../context.ts";
import * as strings from "../strings.ts";

export interface Badge {
  readonly text: string;
  readonly tone: "good" | "amber" | "bad" | "neutral";
}

/** Seconds for which a refusal is shown; the lock may be free after that. */
const REFUSAL_SHOWN_FOR = 10;

/**
 * Return the badge of a lease `age` seconds after it was received; null for none. Pure.
 *
 * @param isConnected Whether the server can confirm the lease.
 */
export function badgeOf(lease: LeaseBody, age: number, isConnected = true): Badge | null {
  switch (lease.state) {
    case "pending":
      return { text: strings.lockBadgeRequesting, tone: "neutral" };
    case "held":
    case "expiring": {
      if (!isConnected) return { text: strings.lockBadgeUnconfirmed, tone: "amber" };
      if (lease.endless || lease.left === null)
        return { text: strings.lockBadgeHeld, tone: "good" };
      const left = lease.left - age;
      if (left <= 0) return { text: strings.lockBadgeExpired, tone: "amber" };
      const tone = lease.state === "held" ? "good" : "amber";
      return { text: strings.lockBadgeHeldFor(Math.ceil(left)), tone };
    }
    case "refused":
      return age < REFUSAL_SHOWN_FOR ? { text: strings.lockBadgeLocked, tone: "bad" } : null;
    case "lost":
      return { text: strings.lockBadgeLost, tone: "bad" };
    case "released":
      return null;
  }
}

const titleOf = ({ holder, until, note }: LeaseBody): string =>
  holder === "" ? visible(note, 300) : heldByLabel(holder, until);

/** Return the newest lease of each key. */
function byKey(leases: Timed<LeasesBody> | null): ReadonlyMap<string, LeaseBody> {
  return new Map((leases?.body.leases ?? []).map((lease) => [lease.key, lease]));
}

export function addLockBadges(
  context: InspectorContext,
  leases: Session["leases"],
  clock: () => number,
): void {
  let leaseOf = byKey(leases.get());
  leases.observe((next) => {
    leaseOf = byKey(next);
    context.redraw();
  }, context.signal);
  context.connection.observe(context.redraw, context.signal);
  context.addRowPart({
    at: "end",
    make: (): RowPartView => {
      const text = h("span");
      const element = h("span", { class: "nvj-lock-badge", hidden: true }, icon("lock"), text);
      return {
        element,
        draw: (row) => {
          const lease =
            row.kind === "node" && row.node.hasKey ? leaseOf.get(row.node.path) : undefined;
          const receivedAt = leases.get()?.at ?? 0;
          const isConnected = context.connection.get().blocked === null;
          const badge =
            lease === undefined ? null : badgeOf(lease, clock() - receivedAt, isConnected);
          element.hidden = badge === null;
          if (badge === null || lease === undefined) return;
          setText(text, badge.text);
          element.dataset.tone = badge.tone;
          element.title = isConnected ? titleOf(lease) : strings.lockBadgeDisconnected;
        },
      };
    },
  });
}
