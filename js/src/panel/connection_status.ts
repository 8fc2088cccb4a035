/** The connection status in the header, derived from status messages and heartbeats. Pure. */

import type { KernelStatus } from "../kernel/host.ts";
import type { Timed } from "../kernel/session.ts";
import type { HeartbeatBody, StatusBody } from "../protocol/common.ts";
import { BANNER, BLOCKED, FRESHNESS, STATE } from "./strings.ts";

export type Tone = "live" | "waiting" | "stale" | "lost" | "gone";

export interface ConnectionStatus {
  /** Color and shape of the dot. */
  readonly tone: Tone;
  /** The state beside the dot; empty if connected. */
  readonly label: string;
  /** The age of the state, on the right of the header. */
  readonly freshness: string;
  readonly rate: string;
  /** A message above the content if something is wrong; contains a running time. */
  readonly banner: string;
  /** The same without the running time, for screen readers. */
  readonly announcement: string;
  /** Why nothing can be sent to the server, or null. */
  readonly blocked: string | null;
}

export interface ConnectionFacts {
  readonly kernel: KernelStatus;
  readonly status: Timed<StatusBody> | null;
  readonly heartbeat: Timed<HeartbeatBody> | null;
  readonly lastChange: number | null;
  /** When the view became visible: a hidden view receives nothing. */
  readonly visibleSince?: number;
  readonly now: number;
}

/** Seconds without a heartbeat that count as silence; one is sent each second. */
const SILENCE = 3.5;

const status = (
  part: Partial<ConnectionStatus> & Pick<ConnectionStatus, "tone">,
): ConnectionStatus => ({
  label: "",
  freshness: "",
  rate: "",
  banner: "",
  announcement: part.banner ?? "",
  blocked: null,
  ...part,
});

/** Return the seconds since the last change, as reported by the kernel or seen by the page. */
function secondsSinceChange({ heartbeat, lastChange, now }: ConnectionFacts): number | null {
  const reported =
    heartbeat === null || heartbeat.body.age === null
      ? null
      : heartbeat.body.age + now - heartbeat.at;
  const seen = lastChange === null ? null : now - lastChange;
  if (reported === null) return heartbeat === null ? seen : null;
  return seen === null ? reported : Math.min(reported, seen);
}

export function describeConnection(facts: ConnectionFacts): ConnectionStatus {
  const { kernel, status: timed, now } = facts;
  const busy = kernel === "busy";
  if (kernel === "gone") {
    return status({
      tone: "gone",
      label: STATE.noKernel,
      banner: BANNER.noKernel,
      blocked: BLOCKED.noKernel,
    });
  }
  if (timed === null) {
    return status({
      tone: "waiting",
      label: busy ? STATE.kernelBusy : STATE.loading,
      banner: busy ? BANNER.kernelBusy : "",
      blocked: BLOCKED.viewLoading,
    });
  }
  const { state, reason, attempt, received } = timed.body;
  const since = timed.body.since + now - timed.at;
  switch (state) {
    case "connecting":
      return status({
        tone: "waiting",
        label: STATE.connecting,
        freshness: FRESHNESS.connecting(since),
        banner: BANNER.connecting(reason),
        blocked: BLOCKED.connecting,
      });
    case "loading":
      return status({
        tone: "waiting",
        label: STATE.loading,
        freshness: FRESHNESS.loading(since),
        banner: BANNER.loading(received),
        announcement: BANNER.loadingAnnouncement,
        blocked: BLOCKED.loading,
      });
    case "lost":
      return status({
        tone: "lost",
        label: STATE.disconnected,
        freshness: FRESHNESS.stale(Math.max(secondsSinceChange(facts) ?? since, since)),
        banner: BANNER.lost(since, reason, attempt),
        announcement: BANNER.lostAnnouncement(reason),
        blocked: BLOCKED.lost,
      });
    case "closed":
      return status({
        tone: "gone",
        label: STATE.closed,
        banner: BANNER.closed(reason),
        blocked: BLOCKED.closed,
      });
    case "connected":
      return describeUpdates(facts, busy);
  }
}

/** Describe how current the view is while the server is connected. */
function describeUpdates(facts: ConnectionFacts, busy: boolean): ConnectionStatus {
  const { heartbeat, now, visibleSince = 0 } = facts;
  const silence = heartbeat === null ? 0 : now - Math.max(heartbeat.at, visibleSince);
  if (silence > SILENCE) {
    return status({
      tone: "stale",
      label: busy ? STATE.kernelBusy : STATE.noUpdates,
      freshness: FRESHNESS.stale(silence),
      banner: BANNER.noUpdates(silence),
      announcement: BANNER.noUpdatesAnnouncement,
    });
  }
  const seconds = secondsSinceChange(facts);
  const { rate = 0, frames = 0 } = heartbeat?.body ?? {};
  return status({
    tone: busy ? "stale" : "live",
    label: busy ? STATE.busyButLive : "",
    freshness: seconds === null ? "" : FRESHNESS.updated(seconds),
    rate: FRESHNESS.rate(rate, frames),
    announcement: busy ? BANNER.busyButLive : "",
  });
}
