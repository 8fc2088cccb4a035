/** The badge beside a key that shows who holds its lock, and for how long. */

import type { Session, Timed } from "../../kernel/session.ts";
import type { LeaseBody, LeasesBody } from "../../protocol/locks.ts";
import { duration } from "../../text/format.ts";
import { visible } from "../../text/visible_text.ts";
import { h, setText } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import type { InspectorContext, RowPartView } from "../context.ts";

export interface Badge {
  readonly text: string;
  readonly tone: "good" | "amber" | "bad" | "neutral";
}

/** Seconds for which a refusal says anything about now. */
const REFUSAL_HOLDS = 10;

/**
 * What to say of a key's lease, `age` seconds after it was told; null for nothing. Pure.
 *
 * @param sure Whether the server, which alone knows, can be asked.
 */
export function badgeOf(lease: LeaseBody, age: number, sure = true): Badge | null {
  switch (lease.state) {
    case "pending":
      return { text: "asking", tone: "neutral" };
    case "held":
    case "expiring": {
      if (!sure) return { text: "mine?", tone: "amber" };
      if (lease.endless || lease.left === null) return { text: "mine", tone: "good" };
      const left = lease.left - age;
      if (left <= 0) return { text: "ran out", tone: "amber" };
      const tone = lease.state === "held" ? "good" : "amber";
      return { text: `mine ${duration(Math.ceil(left))}`, tone };
    }
    case "refused":
      return age < REFUSAL_HOLDS ? { text: "someone else", tone: "bad" } : null;
    case "lost":
      return { text: "lost", tone: "bad" };
    case "released":
      return null;
  }
}

/** The newest lease of each key. */
function byKey(leases: Timed<LeasesBody> | null): ReadonlyMap<string, LeaseBody> {
  return new Map((leases?.body.leases ?? []).map((lease) => [lease.key, lease]));
}

export function addLockBadges(
  context: InspectorContext,
  leases: Session["leases"],
  clock: () => number,
): void {
  let known = byKey(leases.get());
  leases.observe((next) => {
    known = byKey(next);
    context.redraw();
  }, context.signal);
  context.connection.observe(context.redraw, context.signal);
  context.addRowPart({
    at: "end",
    make: (): RowPartView => {
      const word = h("span");
      const element = h("span", { class: "nvj-lock-badge", hidden: true }, icon("lock"), word);
      return {
        element,
        draw: (row) => {
          const lease =
            row.kind === "node" && row.node.hasKey ? known.get(row.node.path) : undefined;
          const receivedAt = leases.get()?.at ?? 0;
          const sure = context.connection.get().blocked === null;
          const badge = lease === undefined ? null : badgeOf(lease, clock() - receivedAt, sure);
          element.hidden = badge === null;
          if (badge === null) return;
          setText(word, badge.text);
          element.dataset.tone = badge.tone;
          element.title = sure ? visible(lease?.note ?? "", 300) : "The server cannot be asked";
        },
      };
    },
  });
}
