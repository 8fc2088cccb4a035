/** In a row: how far the last edit of its key has come. */

import type { Readable } from "../../shared/cell.ts";
import { now } from "../../shared/clock.ts";
import { setText } from "../../shared/dom.ts";
import type { EditBody, EditsBody } from "../../shared/protocol_inspector.ts";
import type { Timed } from "../../shared/session.ts";
import type { Row } from "../rows.ts";

export interface Mark {
  readonly text: string;
  readonly tone: "neutral" | "amber" | "good" | "bad";
}

/** Seconds for which an edit that is over is still told of. */
const SEEN_FOR = 6;
const REFUSED_FOR = 30;
/** A server that tells nothing back is not waited for. */
const WAITED_FOR = 60;

/** What a row says of an edit that was begun `age` seconds ago; null for nothing. Pure. */
export function markOf({ state }: Pick<EditBody, "state">, age: number): Mark | null {
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

interface Told {
  readonly edit: EditBody;
  readonly at: number;
}

export interface Marks {
  draw(slot: HTMLElement, row: Row): void;
}

export function createMarks(
  edits: Readable<Timed<EditsBody> | null>,
  onChange: () => void,
  signal: AbortSignal,
): Marks {
  let byKey: ReadonlyMap<string, Told> = new Map();
  const hear = (told: Timed<EditsBody> | null) => {
    const next = new Map<string, Told>();
    for (const edit of told?.body.edits ?? []) {
      for (const key of edit.keys) next.set(key, { edit, at: (told?.at ?? 0) - edit.seconds });
    }
    byKey = next;
    onChange();
  };
  hear(edits.get());
  edits.observe(hear, signal);

  return {
    draw: (slot, row) => {
      const told = row.kind === "node" && row.node.hasKey ? byKey.get(row.node.path) : undefined;
      const mark = told === undefined ? null : markOf(told.edit, now() - told.at);
      slot.hidden = mark === null;
      if (mark === null) return;
      setText(slot, mark.text);
      slot.dataset.tone = mark.tone;
      slot.title = told?.edit.note ?? "";
    },
  };
}
