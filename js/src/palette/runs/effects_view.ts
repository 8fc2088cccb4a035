/** What changed while a command ran: a summary, with keys and locks on demand. */

import type { EffectsBody, LockEffectBody } from "../../protocol/palette.ts";
import { count } from "../../text/format.ts";
import { visible } from "../../text/visible_text.ts";
import { h } from "../../ui/html.ts";
import { EFFECTS } from "../strings.ts";

function fold(summary: string, rows: readonly HTMLElement[], tone?: string): HTMLElement {
  const pill = h("span", { class: "nvj-pill", "data-tone": tone ?? null }, summary);
  const details = h("details", {}, h("summary", {}, pill), h("ul", {}, ...rows));
  details.title = EFFECTS.title;
  return details;
}

const row = (before: string, key: string, after = ""): HTMLElement =>
  h(
    "li",
    {},
    h("span", { class: "nvj-dim" }, before),
    h("code", {}, visible(key, 120)),
    h("span", { class: "nvj-dim" }, after),
  );

function keysFold({ added, changed, removed, count: all }: EffectsBody): HTMLElement {
  if (all === 0) return h("span", { class: "nvj-dim" }, EFFECTS.noKeys);
  const { kinds } = EFFECTS;
  const rows = [
    ...added.map((key) => row(kinds.added, key)),
    ...changed.map((key) => row(kinds.changed, key)),
    ...removed.map((key) => row(kinds.removed, key)),
  ];
  const unnamed = all - rows.length;
  if (unnamed > 0) rows.push(h("li", { class: "nvj-dim" }, `… ${count(unnamed)} more`));
  return fold(EFFECTS.keys(all), rows);
}

const lockRow = ({ key, note }: LockEffectBody): HTMLElement =>
  row("", key, note === "" ? "" : ` ${visible(note, 200)}`);

function lockFolds(locks: readonly LockEffectBody[]): readonly HTMLElement[] {
  const lost = locks.filter(({ kept }) => !kept);
  const kept = locks.filter((lock) => lock.kept);
  const folds: HTMLElement[] = [];
  if (lost.length > 0) folds.push(fold(EFFECTS.locksLost(lost.length), lost.map(lockRow), "bad"));
  if (kept.length > 0) {
    folds.push(fold(EFFECTS.locksReacquired(kept.length), kept.map(lockRow), "amber"));
  }
  return folds;
}

export function effectParts(effects: EffectsBody): readonly HTMLElement[] {
  const { moving } = effects;
  const parts = [...lockFolds(effects.locks), keysFold(effects)];
  if (moving === 0) return parts;
  return [...parts, h("span", { class: "nvj-dim" }, EFFECTS.moving(moving))];
}
