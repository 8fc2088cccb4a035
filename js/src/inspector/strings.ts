/** All UI strings of the inspector, grouped by view. */

import { count, duration, plural, size } from "../text/format.ts";

export const SUMMARY = {
  loading: (have: number, of: number) => `Loading ${count(have)} of ${plural(of, "key")}`,
  keys: (keys: number) => plural(keys, "key"),
  live: "live",
  notLive: "not live",
} as const;

export const SEARCH = {
  placeholder: "Filter keys and values",
  clear: "Clear filter",
  matches: (matched: number, keys: number) => `${count(matched)} of ${count(keys)}`,
  searching: (matches: string, percent: number) => `${matches} · searching ${percent} %`,
  recent: "Recent searches",
  noRecent: "No recent searches",
  badRegex: (pattern: string, problem: string) =>
    `Invalid regular expression /${pattern}/: ${problem}`,
} as const;

export const HELP = {
  title: "Search syntax and keyboard shortcuts",
  syntaxTitle: "Search",
  shortcutsTitle: "Keyboard shortcuts",
  syntax: [
    ["anna", "Key or value contains the text; also initials of a key"],
    ['"two words"', "Exact phrase"],
    ["avatar.*", "Full key, * matches anything"],
    ["name:an", "Field or key “name” contains the text"],
    ["scale:>5", "Field is greater than a number; also <, <=, >=, ="],
    ["type:number", "number, string, list, object, boolean, null, bytes"],
    ["changed:<5s", "Changed in the last 5 s; also >, ms, min, h"],
    ["rate:>10", "Changes more than 10 times per second"],
    ["/^a.*z$/", "Regular expression"],
    ["-avatar", "Exclude; can precede any of the above"],
  ],
  treeKeys: [
    ["↑ ↓ ← →", "Move through the tree, expand and collapse"],
    ["Enter", "Expand, and show in the detail pane"],
    ["Esc", "Clear the selection, then the filter, then resume"],
  ],
} as const;

/** What the shortcuts do, for the list in the help. */
export const SHORTCUTS = {
  search: "Focus the search box",
  help: "Show keyboard shortcuts",
  copy: "Copy value as Python",
  pin: "Pin or unpin",
  pause: "Pause or resume",
  toggleEditing: "Turn editing on or off",
  edit: "Edit value",
  addKey: "Add key",
  renameKey: "Rename key",
  removeKey: "Remove key or branch",
} as const;

export const TOOLBAR = {
  more: "More actions",
  sort: "Sort",
  sortNames: { name: "Name", changed: "Last changed", rate: "Rate" },
  mute: "Mute frequently changing branches",
  muteOff: "Off",
  muteAbove: (rate: number) => `Above ${rate}/s`,
  pin: "Pin",
  unpin: "Unpin",
  pinned: "Pinned",
  unpinned: "Unpinned",
  export: "Export",
  exportState: "State",
  exportHistory: "State with history",
  exported: (name: string) => `Exported ${name}`,
  exportFailed: (reason: string) => `Could not export: ${reason}`,
  exportIncomplete: "the kernel sent an incomplete file; export again",
} as const;

export const TREE = {
  label: "Shared state",
  noMatch: (keys: number) => `No matches in ${plural(keys, "key")}`,
  searching: "Searching…",
  loading: "Loading the shared state…",
  noKeys: "No keys yet",
  noKeysHint: "Keys appear when a client sets them, for example:",
  noKeysExample: 'client.attempt_update_state(DictionaryChange({"hello": 1}))',
  muted: "muted",
  more: (hidden: number) => `… ${count(hidden)} more`,
  moreInDetail: (hidden: number) => `… ${count(hidden)} more (see the detail pane)`,
  moreInHistory: (hidden: number) => `… ${count(hidden)} more (see History)`,
  matchedKeys: (matched: number, keys: number) => `${count(matched)} of ${count(keys)}`,
  pinnedKeys: (keys: string, pinned: number) => `${keys} · ${count(pinned)} pinned`,
  stale: (age: string) => `stale ${age}`,
  valueNotLoaded: "…",
} as const;

export const LOCK_BADGE = {
  requesting: "Requesting",
  unconfirmed: "Unconfirmed",
  held: "Held",
  heldFor: (seconds: number) => `Held ${duration(seconds)}`,
  expired: "Expired",
  locked: "Locked",
  lost: "Lost",
  disconnected: "Cannot check the lock while disconnected",
} as const;

export const DETAIL = {
  label: "Details",
  noSelection: "Select a key to see its value",
  tabs: "Key details",
  value: "Value",
  history: "History",
  plot: "Plot",
  loadFull: "Load full value",
  loadingFull: "Loading the full value…",
  loadFailed: (reason: string) => `Could not load the full value: ${reason}.`,
  truncated: (type: string) => `Truncated: ${type}`,
  tooLarge: (type: string) => `Too large to show in full: ${type}`,
  full: "Full value",
  fullOutdated: (age: string) => `Full value from ${age} ago; changed since`,
  removed: "Key was removed",
  removedFromState: "This key was removed from the shared state",
  didNotExist: "This key did not exist at that time",
  showAllDigits: "Rounded",
  showAllDigitsHint: "Show all digits. Copied values always have all digits.",
  roundNumbers: "All digits",
  roundNumbersHint: "Round numbers",
  copyExpression: "Copy Python expression",
  copied: "Copied as Python",
  copyDenied: "Could not copy: the browser denied access to the clipboard",
  tooLargeToCopy: "Value is too large to copy",
  earlierTruncated: "Cannot copy a truncated value of an earlier state. Copy it from History.",
} as const;

export const HISTORY = {
  listLabel: "History, newest first",
  empty: "No history yet",
  entries: (total: number, complete: boolean) =>
    `${plural(total, "entry", "entries")}${complete ? "" : " (older entries discarded)"}`,
  showOlder: "Show older entries",
  loadFailed: (reason: string) => `Could not load the history: ${reason}.`,
  comparePrevious: "Compare with previous",
  comparedWith: (time: string) => `Compared with ${time}`,
  selectForCompare: "Select for compare",
  selectOther: (time: string) => `Selected ${time}. Select another entry to compare.`,
  versusPrevious: (time: string) => `${time} compared with previous`,
  versus: (time: string, base: string) => `${time} compared with ${base}`,
  noPrevious: "No earlier entry to compare with",
  noSelection: "Select an entry",
  didNotExist: "Key did not exist at that time",
  copyJson: "Copy this entry as JSON",
  copyPython: "Copy this entry as Python",
  noDifferences: "No differences",
  moreDifferences: (left: number) => `… ${count(left)} more differences`,
  entireValue: "(entire value)",
  changedTo: "changed to",
} as const;

export const PLOT = {
  label: "Numbers over time",
  labelWith: (series: string) => `Numbers over time. ${series}`,
  noValue: "none",
  choicesLabel: "Numbers to plot",
  noNumbers: "No numbers in this value",
  moreNumbers: "Only the first numbers of this value are listed",
  tooMany: (most: number) => `Plot at most ${plural(most, "number")} at once`,
  loadFailed: (reason: string) => `Could not load the plot: ${reason}.`,
  dataFailed: (reason: string) => `Could not load the data: ${reason}.`,
} as const;

export const PAUSE = {
  label: "Paused",
  pause: "Pause",
  pauseHint: "Pause (p)",
  resume: "Resume",
  slider: "Displayed time",
  range: (since: string, seconds: number) => `History since ${since} (${duration(seconds)})`,
  pausedAgo: (age: string) => `Paused ${age} ago`,
  pausedAt: (time: string, age: string) => `Paused at ${time}, ${age} ago`,
  showing: (time: string, age: string) => `${time}, ${age} ago`,
  noChanges: "No changes since",
  changes: (changes: number, keys: number) =>
    `${plural(changes, "change")} in ${plural(keys, "key")} since`,
  paused: "Paused. Changes are still recorded.",
  live: "Live",
  incomplete: (parts: string) => `Incomplete: ${parts}`,
  discarded: (keys: string, more: number) =>
    `no longer in the history: ${keys}${more > 0 ? ` and ${count(more)} more` : ""}`,
  notRewound: (keys: number) => `${plural(keys, "key")} shown with the current value`,
  loadFailed: (reason: string) => `Could not load the state of that time: ${reason}.`,
} as const;

export const EDITING = {
  label: "Edit",
  hint: "Edit values and keys (e)",
  on: "Editing is on",
  off: "Editing is off",
  isOff: "Editing is off. Press e to turn it on.",
  isEarlier: "This is an earlier state. Resume to edit.",
  unsaved: "Save or cancel the current edit first",
  unsavedAt: (place: string) => `Save or cancel the edit of ${place} first`,
  loadFailed: (reason: string) => `Could not load the editor: ${reason}`,
  editJson: "Edit value as JSON",
  json: "JSON",
  rename: "Rename",
  renameHint: "Rename (r)",
  addKey: "Add key",
  addKeyHint: "Add key (n)",
  remove: "Remove key or branch (Delete)",
} as const;

export const EDIT_BOX = {
  title: "Edit",
  label: (place: string) => `Edit ${place}`,
  jsonLabel: (place: string) => `${place} (JSON)`,
  save: "Save",
  saving: "Saving…",
  retry: "Retry",
  cancel: "Cancel",
  keysLine: "Enter · Esc",
  keysText: "Ctrl+Enter · Esc",
  useCurrent: "Use current value",
  keepMine: "Keep my edit",
  retryLock: "Retry lock",
  blocked: (why: string) => `${why} Your edit is kept.`,
  needsNumber: "Enter a number such as 1.5, -2e3, NaN or Infinity",
  needsBoolean: "Enter true or false",
  needsScalar: 'Enter a number, true, false, null or a quoted string such as "abc"',
  keyRemoved: "Key was removed. Saving adds it again.",
  partRemoved: "This part of the value was removed and cannot be saved.",
  unknownValue: "another value",
  changed: (value: string) => `Value changed to ${value}.`,
  changedKept: (value: string) => `Value changed to ${value}. Your edit is kept.`,
  overwrite: (value: string) => `Current value is ${value}. Saving will overwrite it.`,
  announceRemoved: "Value was removed by another client",
  announceChanged: "Value was changed by another client",
  saved: (what: string) => `Saved: ${what}`,
  saveFailed: (reason: string) => `Could not save: ${reason}.`,
  refused: (reason: string) => `Refused: ${reason}. Nothing was changed.`,
  unconfirmed: (reason: string) => `Could not confirm the save: ${reason}.`,
  loadFailed: (reason: string) => `Could not load the current value: ${reason}.`,
  cannotEdit: (place: string, reason: string) => `Cannot edit ${place}: ${reason}.`,
  containsBytes: "it contains bytes, which JSON cannot represent",
  removed: "it was removed",
  tooLarge: "it is too large to edit here; use client.edit in Python",
  large: (bytes: number) => `This value is ${size(bytes)} of JSON. Editing it may be slow.`,
  editAnyway: "Edit anyway",
} as const;

export const EDIT_LOCK = {
  none: "Not locked",
  requesting: "Requesting lock",
  held: "Locked by you",
  other: "Locked by another client",
  otherHint: (note: string) => `You can keep typing and save when the lock is free (${note}).`,
  otherAnnouncement: "Locked by another client. You can keep typing.",
  unsupported: "No locks",
  unsupportedHint: "This server has no locks. Other clients can change the value while you edit.",
  unknown: "Lock unknown",
  unknownHint: (note: string) => `Could not acquire the lock: ${note}.`,
  lost: (note: string) => `the lock was lost: ${note}`,
} as const;

export const WRITE_STATUS = {
  sent: "→ Sent",
  accepted: "✓ Accepted",
  seen: "✓✓ Saved",
  refused: "✗ Refused",
  failed: "? Unconfirmed",
} as const;

export const KEYS = {
  addTitle: "Add key",
  add: "Add",
  renameTitle: "Rename",
  rename: "Rename",
  cancel: "Cancel",
  name: "Name",
  value: "Value (JSON)",
  valueExample: '1.5, "text", [1, 2] or {"a": true}',
  emptyName: "The name is empty.",
  invisible: (name: string) => `Invisible characters: ${name}`,
  sameName: "Enter a different name.",
  exists: "Key already exists.",
  badValue: (problem: string) => `Invalid value: ${problem}.`,
  problem: (key: string, problem: string) => `${key}: ${problem}`,
  removeKey: (name: HTMLElement) => ["Remove key ", name, " for all clients?"],
  removeBranch: (name: HTMLElement, keys: number, hidden: number) => [
    "Remove branch ",
    name,
    ` with ${plural(keys, "key")} for all clients?`,
    hidden === 0 ? "" : ` The filter hides ${plural(hidden, "key")} of it.`,
  ],
  remove: "Remove",
  removeOnlyKey: "Remove this key only",
  removeAll: (keys: number) => `Remove ${plural(keys, "key")}`,
  removeFailed: (reason: string) => `Could not remove: ${reason}`,
  retry: "Retry",
  onlyKeys: "Only keys can be removed. To remove a part of a value, edit the value (F2).",
  gone: (key: string) => `${key} no longer exists`,
  done: (what: string) => `Done: ${what}`,
} as const;

export const UNDO = {
  undo: "Undo",
  undoing: "Undoing…",
  nothing: "Nothing to undo",
  hint: (what: string) => `Undo: ${what} (Ctrl+Z)`,
  failed: (reason: string) => `Could not undo: ${reason}.`,
  anyway: "Undo anyway",
  outdated: "The last edit is a different one now. Review it before you undo.",
} as const;
