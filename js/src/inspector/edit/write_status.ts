/** The status of the last write, in its row and in the detail pane. */

import type { Timed } from "../../kernel/session.ts";
import type { EditBody, EditsBody } from "../../protocol/inspector.ts";
import { now } from "../../ui/clock.ts";
import { setText } from "../../ui/html.ts";
import type { Readable } from "../../ui/signal.ts";
import type { Place } from "../state/place.ts";
import { samePlace } from "../state/place.ts";
import * as strings from "../strings.ts";
import type { Row } from "../tree/rows.ts";

export interface WriteStatus {
  readonly text: string;
  readonly tone: "neutral" | "amber" | "good" | "bad";
}

/** How many seconds each status is shown. */
const SAVED_FOR = 6;
const FAILED_FOR = 30;
const PENDING_FOR = 60;

/** Return the status of an edit that began `age` seconds ago; null for none. Pure. */
export function writeStatusOf({ state }: Pick<EditBody, "state">, age: number): WriteStatus | null {
  switch (state) {
    case "sent":
      return age < PENDING_FOR ? { text: strings.writeStatusSent, tone: "neutral" } : null;
    case "accepted":
      return age < PENDING_FOR ? { text: strings.writeStatusAccepted, tone: "amber" } : null;
    case "seen":
      return age < SAVED_FOR ? { text: strings.writeStatusSeen, tone: "good" } : null;
    case "refused":
      return age < FAILED_FOR ? { text: strings.writeStatusRefused, tone: "bad" } : null;
    case "failed":
      return age < FAILED_FOR ? { text: strings.writeStatusFailed, tone: "bad" } : null;
  }
}

interface TrackedEdit {
  readonly edit: EditBody;
  readonly at: number;
}

export interface WriteStatusView {
  /** Shows the last edit of a part in its row, and of a key or any of its parts in the key's. */
  drawRow(slot: HTMLElement, row: Row): void;
  drawKey(slot: HTMLElement, key: string | null): void;
}

export function createWriteStatusView(
  edits: Readable<Timed<EditsBody> | null>,
  onChange: () => void,
  signal: AbortSignal,
): WriteStatusView {
  /** Newest first. */
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
