/** Every text that the command palette shows. */

import type { RunState } from "../protocol/palette.ts";
import { elapsed, plural } from "../text/format.ts";
import { visible } from "../text/visible_text.ts";

export const LIST = {
  tab: "Commands",
  search: "Find a command",
  hint: "↑↓ select · Enter edit · Ctrl+Enter run",
  commands: "Commands",
  count: (commands: number) => plural(commands, "command"),
  otherGroup: "other",
  running: (seconds: number) => (seconds < 1 ? "Running" : `Running ${elapsed(seconds)}`),
  loading: "Loading commands…",
  noMatch: (commands: number) => `No match in ${plural(commands, "command")}.`,
  clear: "Clear filter",
  empty: "This server has no commands.",
  emptyHint: "Commands that the server registers, such as playback/play, are listed here.",
  noneSelected: "Select a command to run.",
  unavailable: (name: string) =>
    `${visible(name, 80)} is no longer available. Select another command.`,
  refresh: "Refresh commands",
  refreshed: "Commands refreshed.",
  listFailed: (reason: string) => `Could not list commands: ${visible(reason, 300)}`,
} as const;

export const PINS = {
  bar: "Pinned commands",
  edit: "Edit",
  editTitle: "Edit or unpin buttons",
  unpin: (label: string) => `Unpin ${visible(label, 40)}`,
} as const;

export const PIN_EDITOR = {
  form: "Pinned button",
  label: "Label",
  icon: "Icon",
  tooltip: "Tooltip",
  save: "Save",
  cancel: "Cancel",
} as const;

export const CELL = {
  insert: "Insert cell",
  insertTitle: "Insert the Python code as a new cell below",
  inserted: "Inserted",
  failed: "Could not insert",
} as const;

export const FORM = {
  what: "the form",
  view: "View",
  form: "Form",
  json: "JSON",
  jsonLabel: "Arguments as JSON",
  noArguments: "No default arguments.",
  addArgument: "Add argument",
  reset: "Reset to defaults",
  run: "Run",
  pin: "Pin as button",
  copy: "Copy",
  copyTitle: "Copy as Python",
  invalid: "Fix the errors in the form.",
  people: (avatars: number) => `${plural(avatars, "person", "people")} in this simulation`,
  confirm: (danger: string, name: string) => `${danger} Run ${visible(name, 80)}?`,
} as const;

export const FIELD = {
  kinds: {
    number: "number",
    text: "string",
    json: "JSON",
    boolean: "boolean",
    choice: "",
    any: "",
  },
  integer: "integer",
  integerTitle: "Send an integer: 1 instead of 1.0",
  secret: "secret, not saved",
  required: "required",
  name: "name",
  nameLabel: "Argument name",
  value: "value, as JSON or text",
  valueLabel: "Argument value",
  remove: "Remove argument",
  loadingChoices: "Loading choices…",
  noChoice: "Select a value",
  choicesFailed: (reason: string) => `Could not load choices: ${visible(reason, 300)}`,
  omitted: "Using the server default.",
  setValue: "Set value",
} as const;

export const FIELD_PROBLEMS = {
  required: "Required.",
  duplicate: "Duplicate argument name.",
  unnamed: "Enter an argument name.",
  noNumber: "Enter a number.",
  notANumber: (text: string) => `“${text.slice(0, 40)}” is not a number.`,
  noInteger: "Enter an integer.",
  noJson: "Enter a JSON value, such as null.",
  noChoice: "Select a value.",
  tooSmall: (limit: string) => `Must be at least ${limit}.`,
  tooLarge: (limit: string) => `Must be at most ${limit}.`,
  notAnObject: 'Object expected, such as {"index": 2}',
} as const;

export const RUN_STATES: Readonly<Record<RunState, string>> = {
  running: "Running",
  done: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
};

export const RUN = {
  result: "Show result",
  progress: "Progress",
  cancel: "Stop waiting",
  cancelTitle: "Stop waiting for the result; the command may continue on the server",
  cancelled: "Stopped waiting. The command may still be running on the server.",
  again: "Run again",
  againTitle: "Run again with the same arguments",
  edit: "Edit",
  editTitle: "Load the arguments into the form",
  copyPython: "Python",
  copyPythonTitle: "Copy as Python",
  copyJson: "JSON",
  copyJsonTitle: "Copy the result as JSON",
  remove: "Delete from history",
  unknownError: "Failed for an unknown reason.",
  noReason: "The server gave no reason.",
  addArgument: (name: string) => `Add ${visible(name, 80)}`,
} as const;

export const RESULT = {
  none: "No return value.",
  dropped: "Result discarded to free memory.",
  fetchFull: "Show full result",
  unavailable: "The full result is no longer available.",
} as const;

export const EFFECTS = {
  title: "From the start of the run until 1 s after its end; other clients may have caused some",
  noKeys: "No keys changed.",
  keys: (count: number) => `${plural(count, "key")} changed`,
  kinds: { added: "added ", changed: "changed ", removed: "removed " },
  locksLost: (count: number) => `${plural(count, "lock")} lost`,
  locksReacquired: (count: number) => `${plural(count, "lock")} cleared and reacquired`,
  moving: (count: number) => `not counting ${plural(count, "key")} that change continuously`,
} as const;

export const HISTORY = {
  label: "Runs",
  count: (runs: number) => plural(runs, "run"),
  clear: "Clear",
  ended: (name: string, state: RunState) => `${name.slice(0, 80)}: ${RUN_STATES[state]}`,
} as const;

export const RESULT_NAME = { label: "Save result as", placeholder: "variable" } as const;

/** What to do after an error, by the kind of the error or by the server's message. */
export const ADVICE = {
  connectionLost: "The command may have run on the server. Check before you run it again.",
  timedOut: "The command may still be running on the server. Check before you run it again.",
  connectError: "Nothing was sent. Run it again when the server is connected.",
  invalid: "Nothing was sent. Correct the argument and run it again.",
  notSent: "The command did not run. Run it again.",
  closed: "Connect again and open a new panel.",
  kernelGone: "Run the cell again. The command may have run on the server.",
  missing: (name: string) => `Missing argument: ${name}.`,
  unexpected: (name: string) => `Unexpected argument: ${name}. Remove it and run again.`,
  unavailable: "The server no longer has this command. Refresh the list.",
  notSerializable: "The command ran, but the server cannot send its return value.",
} as const;
