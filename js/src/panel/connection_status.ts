/** The connection status in the header, computed from status messages and heartbeats. Pure. */

import type { KernelStatus } from "../kernel/host.ts";
import type { Timed } from "../kernel/session.ts";
import type { HeartbeatBody, StatusBody } from "../protocol/common.ts";
import { age, duration, ordinal, rate, size } from "../text/format.ts";

export type Tone = "live" | "waiting" | "stale" | "lost" | "gone";

export interface ConnectionStatus {
  /** Colour and shape of the dot. */
  readonly tone: Tone;
  /** One or two words beside the dot; empty when all is well. */
  readonly word: string;
  /** The freshness on the right of the header. */
  readonly fresh: string;
  readonly rate: string;
  /** A sentence over the content, where something is wrong. Ticks. */
  readonly banner: string;
  /** The same without what ticks, to be read out once. */
  readonly announcement: string;
  /** Why nothing can be sent to the server now, or null. */
  readonly blocked: string | null;
}

export interface ConnectionFacts {
  readonly kernel: KernelStatus;
  readonly status: Timed<StatusBody> | null;
  readonly heartbeat: Timed<HeartbeatBody> | null;
  readonly lastChange: number | null;
  /** Since when anybody looks: nothing is sent to a view that is out of sight. */
  readonly seenSince?: number;
  readonly now: number;
}

/** Heartbeats come once a second; three missing ones are silence. */
const SILENCE = 3.5;

const text = (
  part: Partial<ConnectionStatus> & Pick<ConnectionStatus, "tone">,
): ConnectionStatus => ({
  word: "",
  fresh: "",
  rate: "",
  banner: "",
  announcement: part.banner ?? "",
  blocked: null,
  ...part,
});

/** Seconds since the server's last change, as far as kernel and page know. */
function quietFor({ heartbeat, lastChange, now }: ConnectionFacts): number | null {
  const reported =
    heartbeat === null || heartbeat.body.age === null
      ? null
      : heartbeat.body.age + now - heartbeat.at;
  const seen = lastChange === null ? null : now - lastChange;
  if (reported === null) return heartbeat === null ? seen : null;
  return seen === null ? reported : Math.min(reported, seen);
}

function lost(facts: ConnectionFacts, status: StatusBody, since: number): ConnectionStatus {
  const tries = status.attempt > 0 ? ` (${ordinal(status.attempt)} try)` : "";
  const reason = status.reason === "" ? "" : `: ${status.reason}`;
  const quiet = quietFor(facts);
  return text({
    tone: "lost",
    word: "lost",
    fresh: `stale for ${age(quiet === null ? since : Math.max(quiet, since))}`,
    banner: `Lost the server ${duration(since)} ago${reason}. Trying again${tries}. What you see is from before.`,
    announcement: `Lost the server${reason}. Trying again.`,
    blocked: "The server is lost; this waits until it is back.",
  });
}

function loading(status: StatusBody, since: number): ConnectionStatus {
  const received = status.received === null ? "" : ` (${size(status.received)} so far)`;
  return text({
    tone: "waiting",
    word: "loading",
    fresh: `loading for ${age(since)}`,
    banner: `Loading the state${received}. Showing the last known state.`,
    announcement: "Loading the state. Showing the last known state.",
    blocked: "The state is still loading.",
  });
}

export function describeConnection(facts: ConnectionFacts): ConnectionStatus {
  const { kernel, status: timed, heartbeat, now } = facts;
  if (kernel === "gone") {
    return text({
      tone: "gone",
      word: "kernel gone",
      banner: "The kernel has gone: run the cell again. What you see is from before.",
      blocked: "The kernel has gone: run the cell again.",
    });
  }
  if (timed === null) {
    const busy = kernel === "busy";
    return text({
      tone: "waiting",
      word: busy ? "kernel busy" : "loading",
      banner: busy ? "The kernel is busy with a cell; this view loads when it has time." : "",
      blocked: "Still loading.",
    });
  }
  const status = timed.body;
  const since = status.since + now - timed.at;
  switch (status.state) {
    case "connecting":
      return text({
        tone: "waiting",
        word: "connecting",
        fresh: `connecting for ${age(since)}`,
        banner: status.reason === "" ? "" : `Not connected yet: ${status.reason}.`,
        blocked: "Not connected yet.",
      });
    case "loading":
      return loading(status, since);
    case "lost":
      return lost(facts, status, since);
    case "closed":
      return text({
        tone: "gone",
        word: "closed",
        banner: `This connection is closed${status.reason === "" ? "" : `: ${status.reason}`}. What you see is from before; go on with %nanover reconnect, or with a new panel.`,
        blocked: "The connection is closed.",
      });
    case "connected":
      break;
  }
  const silence = heartbeat === null ? 0 : now - Math.max(heartbeat.at, facts.seenSince ?? 0);
  if (silence > SILENCE) {
    return text({
      tone: "stale",
      word: kernel === "busy" ? "kernel busy" : "silent",
      fresh: `stale for ${age(silence)}`,
      banner: `No word from the kernel for ${duration(silence)}. What you see may be old.`,
      announcement: "No word from the kernel. What you see may be old.",
    });
  }
  const quiet = quietFor(facts);
  const perSecond = heartbeat?.body.rate ?? 0;
  return text({
    tone: kernel === "busy" ? "stale" : "live",
    word: kernel === "busy" ? "kernel busy, still live" : "",
    fresh: quiet === null ? "" : `updated ${age(quiet)} ago`,
    rate: perSecond < 0.1 ? "" : rate(perSecond).replace("/s", " updates/s"),
    announcement: kernel === "busy" ? "The kernel is busy; the view is still live." : "",
  });
}
