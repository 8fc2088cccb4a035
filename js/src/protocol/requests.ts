/**
 * What the page sends: requests, which the kernel answers, and notices. The page needs only
 * the types; tests and the fake kernel check them at run time.
 */

import * as v from "valibot";
import { point } from "./molecule.ts";
import { pinBody } from "./palette.ts";
import { boolean, count, list, number, object, orNull, pageRecord, path, text } from "./schema.ts";

const emptyBody = object({});
const keyBody = object({ key: text });
const someKeys = v.pipe(v.array(text), v.nonEmpty(), v.readonly());
const keysBody = object({ keys: someKeys });
const runBody = object({ run: text });
const duration = v.pipe(number, v.gtValue(0));

const INSPECTOR = {
  value: keyBody,
  // some items of a list or object that was cut; `path` leads to it from the key's value
  items: object({ key: text, path, start: count, count }),
  // the moments before the one with this number; null for the newest
  history: object({ key: text, before: orNull(count), limit: count }),
  history_value: object({ key: text, number: count }),
  diff: object({ key: text, before: count, after: count }),
  plot: object({ key: text, paths: list(text), points: count }),
  recorder_status: emptyBody,
  state_at: object({ at: number }),
  acquire_edit_lock: keyBody,
  release_edit_lock: keyBody,
  // `text` is JSON, which may also contain NaN and Infinity
  write: object({ key: text, path, text, add: boolean }),
  rename: object({ key: text, name: text }),
  remove: object({ key: text, branch: boolean, count }),
  undo: object({ force: boolean }),
  export: object({ history: boolean }),
  export_part: object({ id: text, start: count }),
} as const;

const PALETTE = {
  refresh_commands: emptyBody,
  // `run` is the page's name for the run: the same name again starts nothing
  run: object({ run: text, name: text, arguments: pageRecord }),
  cancel_run: runBody,
  full_result: runBody,
  // null for all that have ended
  forget_run: object({ run: orNull(text) }),
  choices: object({ command: text, argument: text }),
  pin: pinBody,
  unpin: object({ id: text }),
  integers: object({ command: text, names: list(text) }),
  name_result: object({ name: text }),
} as const;

const LOCKS = {
  lock: object({
    keys: someKeys,
    seconds: duration,
    auto_renew: boolean,
    max_hold: orNull(duration),
    // null until all keys are free
    wait: orNull(v.pipe(number, v.minValue(0))),
    note: text,
  }),
  renew: keyBody,
  auto_renew: object({ key: text, auto_renew: boolean }),
  max_hold: object({ key: text, seconds: orNull(duration) }),
  release: keysBody,
  release_all: emptyBody,
  dismiss_lease: keyBody,
  blocking_keys: keysBody,
  watch: keysBody,
  unwatch: keysBody,
  set_name: object({ name: v.pipe(text, v.nonEmpty()) }),
  hand_over: object({ key: text, client: text }),
  request_release: object({ keys: someKeys, message: text }),
  dismiss: object({ client: text }),
} as const;

const SIMULATION = {
  watch_frames: object({ epoch: orNull(text), row: count }),
  unwatch_frames: emptyBody,
  playback: object({ action: text, index: orNull(count) }),
  simulations: emptyBody,
  remove_interactions: emptyBody,
  frame_fields: emptyBody,
} as const;

const atoms = list(count);

const MOLECULE = {
  watch_molecule: object({ epoch: orNull(text), revision: orNull(count) }),
  unwatch_molecule: emptyBody,
  describe_atoms: object({ atoms }),
  expand_atoms: object({ atoms, by: text }),
  selection_atoms: keyBody,
  make_selection: object({ name: text, renderer: text, atoms }),
  pull_start: object({ pull: text, atoms, position: point, kind: text, scale: number }),
} as const;

/** Requests. `ping` is answered at once: it checks that the kernel responds. */
export const REQUESTS = {
  hello: object({ epoch: orNull(text), rev: orNull(count) }),
  ping: emptyBody,
  // a part of the frontend that is loaded on demand, see lazy_module.ts
  module: object({ name: text }),
  ...INSPECTOR,
  ...PALETTE,
  ...LOCKS,
  ...SIMULATION,
  ...MOLECULE,
} as const;

/** Messages that have no answer. `ack` with zeros only reports that the view is in use. */
export const NOTICES = {
  ack: object({ seq: count, rev: count, rows: v.optional(count) }),
  hide: emptyBody,
  bye: emptyBody,
  ack_molecule: object({ seq: count }),
  pull_move: object({ pull: text, position: point }),
  pull_end: object({ pull: text }),
  // with a picture in a buffer
  capture_result: object({ capture: text, error: text }),
  still: object({ mime: text, width: count, height: count }),
} as const;
