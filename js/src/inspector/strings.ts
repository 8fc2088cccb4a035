/** All UI strings of the inspector, grouped by view. Separate constants keep bundles small. */

import { count, duration, plural, size } from "../text/format.ts";
import { heldByLabel } from "../text/holder.ts";

// Footer
export const summaryLoading = (have: number, of: number) =>
  `Loading ${count(have)} of ${plural(of, "key")}`;
export const summaryKeys = (keys: number) => plural(keys, "key");
export const summaryLive = "live";
export const summaryNotLive = "not live";

// Search box
export const searchPlaceholder = "Filter keys and values";
export const searchClear = "Clear filter";
export const searchMatches = (matched: number, keys: number) =>
  `${count(matched)} of ${count(keys)}`;
export const searchSearching = (matches: string, percent: number) =>
  `${matches} · searching ${percent} %`;
export const searchRecent = "Recent searches";
export const searchNoRecent = "No recent searches";
export const searchBadRegex = (pattern: string, problem: string) =>
  `Invalid regex /${pattern}/: ${problem}`;

// Help
export const helpTitle = "Help";
export const helpSyntaxTitle = "Search";
export const helpShortcutsTitle = "Keyboard shortcuts";
export const helpSyntax = [
  ["anna", "In a key, its initials or a value"],
  ['"two words"', "Exact phrase"],
  ["avatar.*", "Full key, * matches anything"],
  ["name:an", "In a field or key “name”"],
  ["scale:>5", "Number in a field; also <, <=, >=, ="],
  ["type:number", "number, string, list, object, boolean, null, bytes"],
  ["changed:<5s", "Changed in the last 5 s; also >, ms, min, h"],
  ["rate:>10", "More than 10 changes per second"],
  ["/^a.*z$/", "Regular expression"],
  ["-avatar", "Exclude; before any of the above"],
] as const;
export const helpTreeKeys = [
  ["↑ ↓ ← →", "Move, expand and collapse"],
  ["Enter", "Expand, show details"],
  ["Esc", "Clear selection or filter, resume"],
] as const;

// Descriptions of the shortcuts, for the help
export const shortcutSearch = "Focus the search box";
export const shortcutHelp = "Show help";
export const shortcutCopy = "Copy value as Python";
export const shortcutPin = "Pin or unpin";
export const shortcutPause = "Pause or resume";
export const shortcutToggleEditing = "Turn editing on or off";
export const shortcutEdit = "Edit value";
export const shortcutAddKey = "Add key";
export const shortcutRenameKey = "Rename key";
export const shortcutRemoveKey = "Remove key or branch";

// Toolbar
export const toolbarMore = "More";
export const toolbarSort = "Sort";
export const toolbarSortNames = { name: "Name", changed: "Last changed", rate: "Rate" } as const;
export const toolbarMute = "Mute fast-changing branches";
export const toolbarMuteOff = "Off";
export const toolbarMuteAbove = (rate: number) => `Above ${rate}/s`;
export const toolbarPin = "Pin";
export const toolbarUnpin = "Unpin";
export const toolbarPinned = "Pinned";
export const toolbarUnpinned = "Unpinned";
export const toolbarExport = "Export";
export const toolbarExportState = "State";
export const toolbarExportHistory = "State with history";
export const toolbarExported = (name: string) => `Exported ${name}`;
export const toolbarExportFailed = (reason: string) => `Could not export: ${reason}`;
export const toolbarExportIncomplete = "incomplete file; retry";

// Tree
export const treeLabel = "Shared state";
export const treeNoMatch = (keys: number) => `No matches in ${plural(keys, "key")}`;
export const treeSearching = "Searching…";
export const treeLoading = "Loading shared state…";
export const treeNoKeys = "No keys yet";
export const treeNoKeysHint = "Keys appear when a client sets them:";
export const treeNoKeysExample = 'client.attempt_update_state(DictionaryChange({"hello": 1}))';
export const treeMuted = "muted";
export const treeMore = (hidden: number, hint = "") => `… ${count(hidden)} more${hint}`;
export const treeSeeDetails = " (see the detail pane)";
export const treeSeeHistory = " (see History)";
export const treePinnedKeys = (keys: string, pinned: number) => `${keys} · ${count(pinned)} pinned`;
export const treeStale = (age: string) => `stale ${age}`;
export const treeValueNotLoaded = "…";

// Lock badges
export const lockBadgeRequesting = "Requesting";
export const lockBadgeUnconfirmed = "Unconfirmed";
export const lockBadgeHeld = "Held";
export const lockBadgeHeldFor = (seconds: number) => `Held ${duration(seconds)}`;
export const lockBadgeExpired = "Expired";
export const lockBadgeLocked = "Locked";
export const lockBadgeLost = "Lost";
export const lockBadgeDisconnected = "Disconnected";

// Detail pane
export const detailLabel = "Details";
export const detailNoSelection = "Select a key to see its value";
export const detailTabs = "Key details";
export const detailValue = "Value";
export const detailHistory = "History";
export const detailPlot = "Plot";
export const detailLoadFull = "Load full value";
export const detailLoadingFull = "Loading full value…";
export const detailLoadFailed = (reason: string) => `Could not load value: ${reason}.`;
export const detailTruncated = (type: string) => `Truncated: ${type}`;
export const detailTooLarge = (type: string) => `Too large to show: ${type}`;
export const detailFull = "Full value";
export const detailFullOutdated = (age: string) => `Full value from ${age} ago`;
export const detailRemoved = "Key was removed";
export const detailDidNotExist = "Key did not exist at that time";
export const detailShowAllDigits = "Rounded";
export const detailShowAllDigitsHint = "Show all digits";
export const detailRoundNumbers = "All digits";
export const detailRoundNumbersHint = "Round numbers";
export const detailCopyExpression = "Copy Python expression";
export const detailCopied = "Copied as Python";
export const detailCopyDenied = "Could not access the clipboard";
export const detailTooLargeToCopy = "Too large to copy";
export const detailEarlierTruncated = "Value is truncated; copy it from History";

// History
export const historyListLabel = "History, newest first";
export const historyEmpty = "No history yet";
export const historyEntries = (total: number, complete: boolean) =>
  `${plural(total, "entry", "entries")}${complete ? "" : " (older entries discarded)"}`;
export const historyShowOlder = "Show older entries";
export const historyLoadFailed = (reason: string) => `Could not load the history: ${reason}.`;
export const historyComparePrevious = "Compare with previous";
export const historyComparedWith = (time: string) => `Compared with ${time}`;
export const historySelectForCompare = "Select for compare";
export const historySelectOther = (time: string) =>
  `Selected ${time}. Select another entry to compare.`;
export const historyVersusPrevious = (time: string) => `${time} compared with previous`;
export const historyVersus = (time: string, base: string) => `${time} compared with ${base}`;
export const historyNoPrevious = "No earlier entry to compare with";
export const historyNoSelection = "Select an entry";
export const historyCopyJson = "Copy this entry as JSON";
export const historyCopyPython = "Copy this entry as Python";
export const historyNoDifferences = "No differences";
export const historyMoreDifferences = (left: number) => `… ${count(left)} more differences`;
export const historyEntireValue = "(entire value)";
export const historyChangedTo = "changed to";

// Plot
export const plotLabel = "Numbers over time";
export const plotLabelWith = (series: string) => `Numbers over time. ${series}`;
export const plotNoValue = "none";
export const plotChoicesLabel = "Numbers to plot";
export const plotNoNumbers = "No numbers in this value";
export const plotMoreNumbers = "Only the first numbers of this value are listed";
export const plotTooMany = (most: number) => `Plot at most ${plural(most, "number")} at once`;
export const plotLoadFailed = (reason: string) => `Could not load the plot: ${reason}.`;
export const plotDataFailed = (reason: string) => `Could not load the data: ${reason}.`;

// Pause bar
export const pauseLabel = "Paused";
export const pausePause = "Pause";
export const pausePauseHint = "Pause (p)";
export const pauseResume = "Resume";
export const pauseSlider = "Displayed time";
export const pauseRange = (since: string, seconds: number) =>
  `History since ${since} (${duration(seconds)})`;
export const pausePausedAgo = (age: string) => `Paused ${age} ago`;
export const pausePausedAt = (time: string, age: string) => `Paused at ${time}, ${age} ago`;
export const pauseShowing = (time: string, age: string) => `${time}, ${age} ago`;
export const pauseNoChanges = "No changes since";
export const pauseChanges = (changes: number, keys: number) =>
  `${plural(changes, "change")} in ${plural(keys, "key")} since`;
export const pausePaused = "Paused. Changes are still recorded.";
export const pauseLive = "Live";
export const pauseIncomplete = (parts: string) => `Incomplete: ${parts}`;
export const pauseDiscarded = (keys: string, more: number) =>
  `no longer in the history: ${keys}${more > 0 ? ` and ${count(more)} more` : ""}`;
export const pauseNotRewound = (keys: number) => `${plural(keys, "key")} shown with current value`;
export const pauseLoadFailed = (reason: string) => `Could not load that time: ${reason}.`;

// Edit switch and buttons
export const editingLabel = "Edit";
export const editingHint = "Edit values and keys (e)";
export const editingOn = "Editing is on";
export const editingOff = "Editing is off";
export const editingIsOff = "Editing is off. Press e to turn it on.";
export const editingIsEarlier = "This is an earlier state. Resume to edit.";
export const editingUnsaved = "Save or cancel the current edit first";
export const editingUnsavedAt = (place: string) => `Save or cancel the edit of ${place} first`;
export const editingLoadFailed = (reason: string) => `Could not load editor: ${reason}`;
export const editingEditJson = "Edit value as JSON";
export const editingJson = "JSON";
export const editingRename = "Rename";
export const editingRenameHint = "Rename (r)";
export const editingAddKey = "Add key";
export const editingAddKeyHint = "Add key (n)";
export const editingRemove = "Remove key or branch (Delete)";

// Edit box
export const editBoxTitle = "Edit";
export const editBoxLabel = (place: string) => `Edit ${place}`;
export const editBoxJsonLabel = (place: string) => `${place} (JSON)`;
export const editBoxSave = "Save";
export const editBoxSaving = "Saving…";
export const editBoxRetry = "Retry";
export const editBoxCancel = "Cancel";
export const editBoxKeysLine = "Enter · Esc";
export const editBoxKeysText = "Ctrl+Enter · Esc";
export const editBoxUseCurrent = "Use current value";
export const editBoxKeepMine = "Keep my edit";
export const editBoxRetryLock = "Retry lock";
export const editBoxBlocked = (why: string) => `${why} Your edit is kept.`;
export const editBoxNeedsNumber = "Enter a number such as 1.5, -2e3, NaN or Infinity";
export const editBoxNeedsBoolean = "Enter true or false";
export const editBoxNeedsScalar =
  'Enter a number, true, false, null or a quoted string such as "abc"';
export const editBoxKeyRemoved = "Key was removed. Saving adds it again.";
export const editBoxPartRemoved = "This part of the value was removed and cannot be saved.";
export const editBoxUnknownValue = "another value";
export const editBoxChanged = (value: string) => `Value changed to ${value}.`;
export const editBoxChangedKept = (value: string) =>
  `Value changed to ${value}. Your edit is kept.`;
export const editBoxOverwrite = (value: string) =>
  `Current value is ${value}. Saving will overwrite it.`;
export const editBoxAnnounceRemoved = "Value was removed by another client";
export const editBoxAnnounceChanged = "Value was changed by another client";
export const editBoxSaved = (what: string) => `Saved: ${what}`;
export const editBoxSaveFailed = (reason: string) => `Could not save: ${reason}.`;
export const editBoxRefused = (reason: string) => `Refused: ${reason}. Nothing was changed.`;
export const editBoxUnconfirmed = (reason: string) => `Could not confirm the save: ${reason}.`;
export const editBoxLoadFailed = (reason: string) => `Could not load the current value: ${reason}.`;
export const editBoxCannotEdit = (place: string, reason: string) =>
  `Cannot edit ${place}: ${reason}.`;
export const editBoxContainsBytes = "it contains bytes, which JSON cannot represent";
export const editBoxTooLarge = "it is too large to edit here; use client.edit in Python";
export const editBoxLarge = (bytes: number) =>
  `This value is ${size(bytes)} of JSON. Editing it may be slow.`;
export const editBoxEditAnyway = "Edit anyway";

// Lock of the edited key
export const editLockNone = "Not locked";
export const editLockRequesting = "Requesting lock";
export const editLockHeld = "Locked by you";
export const editLockCooperative = "Locked by you (cooperative)";
export const editLockCooperativeHint =
  "This server has no locks of its own. Clients that follow the convention respect this lock; headsets can still write.";
export const editLockOther = (holder: string, until: number | null) => heldByLabel(holder, until);
export const editLockOtherHint = (note: string) =>
  `You can keep typing and save when the lock is free${note === "" ? "" : ` (${note})`}.`;
export const editLockOtherAnnouncement = (holder: string, until: number | null) =>
  `${heldByLabel(holder, until)}. You can keep typing.`;
export const editLockUnsupported = "No locks";
export const editLockUnsupportedHint =
  "This server has no locks. Other clients can change the value while you edit.";
export const editLockUnknown = "Lock unknown";
export const editLockUnknownHint = (note: string) => `Could not acquire the lock: ${note}.`;
export const editLockLost = (note: string) => `the lock was lost: ${note}`;

// Status of an edit
export const writeStatusSent = "→ Sent";
export const writeStatusAccepted = "✓ Accepted";
export const writeStatusSeen = "✓✓ Saved";
export const writeStatusRefused = "✗ Refused";
export const writeStatusFailed = "? Unconfirmed";

// Adding, renaming and removing keys
export const keysAddTitle = "Add key";
export const keysAdd = "Add";
export const keysRenameTitle = "Rename";
export const keysRename = "Rename";
export const keysCancel = "Cancel";
export const keysName = "Name";
export const keysValue = "Value (JSON)";
export const keysValueExample = '1.5, "text", [1, 2] or {"a": true}';
export const keysEmptyName = "The name is empty.";
export const keysInvisible = (name: string) => `Invisible characters: ${name}`;
export const keysSameName = "Enter a different name.";
export const keysExists = "Key already exists.";
export const keysBadValue = (problem: string) => `Invalid value: ${problem}.`;
export const keysProblem = (key: string, problem: string) => `${key}: ${problem}`;
export const keysRemoveKey = (name: HTMLElement) => ["Remove key ", name, " for all clients?"];
export const keysRemoveBranch = (name: HTMLElement, keys: number, hidden: number) => [
  "Remove branch ",
  name,
  ` with ${plural(keys, "key")} for all clients?`,
  hidden === 0 ? "" : ` The filter hides ${plural(hidden, "key")} of it.`,
];
export const keysRemove = "Remove";
export const keysRemoveOnlyKey = "Remove this key only";
export const keysRemoveAll = (keys: number) => `Remove ${plural(keys, "key")}`;
export const keysRemoveFailed = (reason: string) => `Could not remove: ${reason}`;
export const keysRetry = "Retry";
export const keysOnlyKeys =
  "Only keys can be removed. To remove a part of a value, edit the value (F2).";
export const keysGone = (key: string) => `${key} no longer exists`;
export const keysDone = (what: string) => `Done: ${what}`;

// Undo
export const undoUndo = "Undo";
export const undoUndoing = "Undoing…";
export const undoNothing = "Nothing to undo";
export const undoHint = (what: string) => `Undo: ${what} (Ctrl+Z)`;
export const undoFailed = (reason: string) => `Could not undo: ${reason}.`;
export const undoAnyway = "Undo anyway";
export const undoOutdated = "The last edit is a different one now. Review it before you undo.";
