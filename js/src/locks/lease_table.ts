/** The table of leases, with countdowns that need no messages. */

import type { LeaseBody } from "../protocol/locks.ts";
import { h } from "../ui/html.ts";
import { createVisibilityTracker } from "../ui/lifetime.ts";
import { createLeaseRow, type LeaseRow } from "./lease_row.ts";
import { isEnded, leaseStatus } from "./lease_status.ts";
import { LEASE_TABLE as TEXT } from "./strings.ts";

export interface LeaseTable {
  readonly element: HTMLElement;
  /** `passed` is the seconds since the message with the leases. */
  show(leases: readonly LeaseBody[], passed: number): void;
  /** Updates the countdowns that are in view. */
  tick(passed: number): void;
  setBlocked(reason: string | null): void;
  /** Opens the field for a message to the holder of a key. */
  openMessage(key: string): void;
  /** Closes it and returns the message; null if it is not open. */
  takeMessage(key: string): string | null;
}

/** `onFocusLost` is called when no row can take the focus. */
export function createLeaseTable(onFocusLost: () => void, signal: AbortSignal): LeaseTable {
  const body = h("tbody");
  const heads = TEXT.columns.map((text) => h("th", { scope: "col" }, text));
  const element = h(
    "table",
    { class: "nvj-table", role: "table" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ...heads,
        h("th", { scope: "col" }, h("span", { class: "nvj-sr" }, TEXT.actions)),
      ),
    ),
    body,
  );
  const rows = new Map<string, LeaseRow>();
  let shown: readonly LeaseBody[] = [];
  let lastPassed = 0;
  let blocked: string | null = null;

  const draw = (lease: LeaseBody) =>
    rows.get(lease.key)?.draw(leaseStatus(lease, lastPassed, blocked === null), blocked);
  const visibility = createVisibilityTracker((element) => {
    const lease = element instanceof HTMLElement ? shown[Number(element.dataset.index)] : undefined;
    if (lease !== undefined) draw(lease);
  }, signal);

  /** Moves the focus from a removed or hidden control to one beside it. */
  const keepFocus = (focused: Element | null, row: HTMLElement, index: number) => {
    const isThere =
      focused instanceof HTMLElement && focused.isConnected && focused.closest("[hidden]") === null;
    if (isThere && focused.style.visibility !== "hidden") return;
    const next = row.isConnected ? row : body.children[Math.min(index, body.children.length - 1)];
    const button = [...(next?.querySelectorAll<HTMLElement>("button:not(:disabled)") ?? [])].find(
      (each) => each.closest("[hidden]") === null,
    );
    if (button === undefined) onFocusLost();
    else button.focus();
  };

  return {
    element,
    show(leases, passed) {
      const focused = document.activeElement;
      const at = [...rows.values()].find((row) => row.element.contains(focused))?.element;
      const index = Number(at?.dataset.index ?? -1);
      const present = new Set(leases.map(({ key }) => key));
      for (const [key, row] of rows) {
        if (present.has(key)) continue;
        visibility.unwatch(row.element);
        row.element.remove();
        rows.delete(key);
      }
      shown = leases;
      lastPassed = passed;
      for (const [index, lease] of leases.entries()) {
        let row = rows.get(lease.key);
        if (row === undefined) {
          row = createLeaseRow(lease.key);
          rows.set(lease.key, row);
          visibility.watch(row.element);
        }
        row.element.dataset.index = String(index);
        if (body.children[index] !== row.element) {
          body.insertBefore(row.element, body.children[index] ?? null);
        }
        draw(lease);
      }
      if (at !== undefined) keepFocus(focused, at, index);
    },
    tick(passed) {
      lastPassed = passed;
      for (const lease of shown) {
        const row = rows.get(lease.key);
        if (row !== undefined && !isEnded(lease.state) && visibility.isVisible(row.element))
          draw(lease);
      }
    },
    setBlocked: (reason) => {
      blocked = reason;
    },
    openMessage: (key) => rows.get(key)?.openMessage(),
    takeMessage: (key) => rows.get(key)?.takeMessage() ?? null,
  };
}
