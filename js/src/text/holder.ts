/** Describe who holds a lock, and until when. */

import { visible } from "./visible_text.ts";

const twoDigits = (number: number): string => String(number).padStart(2, "0");

/** Format a time in seconds since 1970 as local time: "12:54", with the date if it is another day. */
export function clockTime(seconds: number, now: number = Date.now()): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return "";
  const time = `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;
  if (date.toDateString() === new Date(now).toDateString()) return time;
  const day = `${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
  return `${date.getFullYear()}-${day} ${time}`;
}

/**
 * Return "held by Ben until 12:54".
 *
 * @param holder The name of the holder; empty if it is unknown.
 * @param until When the holder expects to release it, in seconds since 1970; left out if it has
 *   passed, as the holder has extended the lock since.
 */
export function heldBy(holder: string, until: number | null, now: number = Date.now()): string {
  const who = `held by ${holder === "" ? "another client" : visible(holder, 80)}`;
  const time = until === null || until * 1000 <= now ? "" : clockTime(until, now);
  return time === "" ? who : `${who} until ${time}`;
}

/** Return `heldBy` as the beginning of a sentence. */
export function heldByLabel(holder: string, until: number | null, now?: number): string {
  return `H${heldBy(holder, until, now).slice(1)}`;
}
