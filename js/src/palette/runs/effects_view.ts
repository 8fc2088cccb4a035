/** What changed while a command ran: a summary, with keys and locks on demand. Pure. */

import type { EffectsBody, LockEffectBody } from "../../protocol/palette.ts";
import { count, plural } from "../../text/format.ts";
import { visible } from "../../text/visible_text.ts";
import { h } from "../../ui/html.ts";

const SPAN = "From the beginning of the run until a second after its end; others may have done it";

function fold(summary: string, rows: readonly HTMLElement[], tone?: string): HTMLElement {
  const pill = h("span", { class: "nvj-pill", "data-tone": tone ?? null }, summary);
  const details = h("details", {}, h("summary", {}, pill), h("ul", {}, ...rows));
  details.title = SPAN;
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
  if (all === 0) return h("span", { class: "nvj-dim" }, "No key changed.");
  const sorts = [
    ["added ", added],
    ["changed ", changed],
    ["removed ", removed],
  ] as const;
  const rows = sorts.flatMap(([sort, keys]) => keys.map((key) => row(sort, key)));
  const unnamed = all - rows.length;
  if (unnamed > 0) rows.push(h("li", { class: "nvj-dim" }, `… ${count(unnamed)} more`));
  return fold(`${plural(all, "key")} changed`, rows);
}

const lockRow = ({ key, note }: LockEffectBody): HTMLElement =>
  row("", key, note === "" ? "" : ` ${visible(note, 200)}`);

function lockFolds(locks: readonly LockEffectBody[]): readonly HTMLElement[] {
  const lost = locks.filter(({ kept }) => !kept);
  const kept = locks.filter((lock) => lock.kept);
  const folds: HTMLElement[] = [];
  if (lost.length > 0)
    folds.push(fold(`${plural(lost.length, "lock")} lost`, lost.map(lockRow), "bad"));
  if (kept.length > 0) {
    const words = `${plural(kept.length, "lock")} cleared, and taken again`;
    folds.push(fold(words, kept.map(lockRow), "amber"));
  }
  return folds;
}

export function effectParts(effects: EffectsBody): readonly HTMLElement[] {
  const { moving } = effects;
  const parts = [...lockFolds(effects.locks), keysFold(effects)];
  if (moving === 0) return parts;
  const words = `besides ${plural(moving, "key")} that change all the time`;
  return [...parts, h("span", { class: "nvj-dim" }, words)];
}
