/** The status of the last write, in its row and in the detail pane. */

import type { Timed } from "../../kernel/session.ts";
import type { EditBody, EditsBody } from "../../protocol/inspector.ts";
import { now } from "../../ui/clock.ts";
import { setText } from "../../ui/html.ts";
import type { Readable } from "../../ui/signal.ts";
import type { Place } from "../state/place.ts";
import { samePlace } from "../state/place.ts";
import type { Row } from "../tree/rows.ts";

export interface WriteStatus {
  readonly text: string;
  readonly tone: "neutral" | "amber" | "good" | "bad";
}

/** Seconds for which an edit that is over is still told of. */
const SEEN_FOR = 6;
const REFUSED_FOR = 30;
/** A server that tells nothing back is not waited for. */
const WAITED_FOR = 60;

/** What a row says of an edit that was begun `age` seconds ago; null for nothing. Pure. */
export function writeStatusOf({ state }: Pick<EditBody, "state">, age: number): WriteStatus | null {
  switch (state) {
    case "sent":
      return age < WAITED_FOR ? { text: "→ sent", tone: "neutral" } : null;
    case "accepted":
      return age < WAITED_FOR ? { text: "✓ accepted", tone: "amber" } : null;
    case "seen":
      return age < SEEN_FOR ? { text: "✓✓ seen back", tone: "good" } : null;
    case "refused":
      return age < REFUSED_FOR ? { text: "✗ refused", tone: "bad" } : null;
    case "failed":
      return age < REFUSED_FOR ? { text: "? unknown", tone: "bad" } : null;
  }
}

interface TrackedEdit {
  readonly edit: EditBody;
  readonly at: number;
}

export interface WriteStatusView {
  /** A part of a value tells of itself only, a key of itself and of all of its parts. */
  drawRow(slot: HTMLElement, row: Row): void;
  drawKey(slot: HTMLElement, key: string | null): void;
}

export function createWriteStatusView(
  edits: Readable<Timed<EditsBody> | null>,
  onChange: () => void,
  signal: AbortSignal,
): WriteStatusView {
  /** The newest first. */
  let byKey: ReadonlyMap<string, readonly TrackedEdit[]> = new Map();
  const receive = (received: Timed<EditsBody> | null) => {
    const next = new Map<string, TrackedEdit[]>();
    for (const edit of received?.body.edits ?? []) {
      const at = (received?.at ?? 0) - edit.seconds;
      for (const key of edit.keys) next.set(key, [{ edit, at }, ...(next.get(key) ?? [])]);
    }
    byKey = next;
    onChange();
  };
  receive(edits.get());
  edits.observe(receive, signal);

  const draw = (slot: HTMLElement, tracked: TrackedEdit | undefined) => {
    const status = tracked === undefined ? null : writeStatusOf(tracked.edit, now() - tracked.at);
    slot.hidden = status === null;
    if (status === null) return;
    setText(slot, status.text);
    slot.dataset.tone = status.tone;
    slot.title = tracked?.edit.note ?? "";
  };
  const lastOf = (key: string) => byKey.get(key)?.[0];
  const lastAt = (place: Place) =>
    byKey.get(place.key)?.find(({ edit }) => samePlace({ ...place, path: edit.path }, place));

  return {
    drawRow: (slot, row) => {
      if (row.kind === "value") draw(slot, lastAt(row));
      else draw(slot, row.kind === "node" && row.node.hasKey ? lastOf(row.node.path) : undefined);
    },
    drawKey: (slot, key) => draw(slot, key === null ? undefined : lastOf(key)),
  };
}
