/** The table of leases, with countdowns that need no messages. */

import type { LeaseBody } from "../protocol/locks.ts";
import { keyText, visible } from "../text/visible_text.ts";
import { h, setBlocked, setText, svg } from "../ui/html.ts";
import { createVisibilityTracker } from "../ui/lifetime.ts";
import { isEnded, type LeaseStatus, leaseStatus } from "./lease_status.ts";
import { LEASE_TABLE as TEXT } from "./strings.ts";

export type LeaseAction =
  | "renew"
  | "extend"
  | "release"
  | "cancel"
  | "retry"
  | "ask"
  | "watch"
  | "dismiss";

export interface LeaseTable {
  readonly element: HTMLElement;
  /** `passed` is the seconds since the message with the leases. */
  show(leases: readonly LeaseBody[], passed: number): void;
  /** Updates the countdowns that are in view. */
  tick(passed: number): void;
  setBlocked(reason: string | null): void;
}

interface RowView {
  readonly element: HTMLTableRowElement;
  draw(lease: LeaseStatus, blocked: string | null): void;
}

const RADIUS = 6;
const ROUND = 2 * Math.PI * RADIUS;

function createRing(): { element: SVGElement; set(share: number): void } {
  const common = { cx: 8, cy: 8, r: RADIUS, fill: "none", "stroke-width": 2.5 };
  const arc = svg("circle", {
    ...common,
    class: "nvj-ring-arc",
    transform: "rotate(-90 8 8)",
    "stroke-dasharray": ROUND.toFixed(2),
  });
  const element = svg(
    "svg",
    { class: "nvj-ring", viewBox: "0 0 16 16", "aria-hidden": "true" },
    svg("circle", { ...common, class: "nvj-ring-back" }),
    arc,
  );
  return {
    element,
    set: (share) => arc.setAttribute("stroke-dashoffset", (ROUND * (1 - share)).toFixed(2)),
  };
}

const ACTIONS: readonly (readonly [LeaseAction, string, keyof LeaseStatus])[] = [
  ["renew", TEXT.renew, "canRenew"],
  ["extend", TEXT.extend, "canExtend"],
  ["release", TEXT.release, "canRelease"],
  ["cancel", TEXT.cancelWait, "canCancel"],
  ["retry", TEXT.retry, "canRetry"],
  ["ask", TEXT.ask, "canAsk"],
  ["watch", TEXT.watch, "canWatch"],
  ["dismiss", TEXT.dismiss, "canDismiss"],
];

const QUIET: ReadonlySet<LeaseAction> = new Set(["extend", "ask", "watch", "dismiss"]);
/** Accessible names, followed by the key. Each contains the text of its button (WCAG 2.5.3). */
const SPOKEN: Readonly<Partial<Record<LeaseAction, string>>> = {
  extend: TEXT.extendLabel,
  cancel: TEXT.cancelWaitLabel,
  ask: TEXT.askLabel,
};

function createRow(key: string): RowView {
  const chip = h("span", { class: "nvj-chip" });
  const note = h("span", { class: "nvj-dim nvj-lease-note" });
  const ring = createRing();
  const left = h("span", { class: "nvj-tabular" });
  const heldText = h("span", { class: "nvj-tabular" });
  const capText = h("span", { class: "nvj-dim" });
  const name = keyText(key, 200);
  const autoRenew = h("input", {
    type: "checkbox",
    class: "nvj-switch",
    role: "switch",
    "data-auto-renew": "",
    "aria-label": TEXT.autoRenew(name),
  });
  const buttons = ACTIONS.map(([action, label]) =>
    h(
      "button",
      {
        type: "button",
        class: QUIET.has(action) ? "nvj-quiet" : "nvj-button",
        "data-action": action,
        "aria-label": `${SPOKEN[action] ?? label} ${name}`,
      },
      label,
    ),
  );
  let received: boolean | null = null;
  const element = h(
    "tr",
    // A narrow card lays rows out as grids, so that browsers drop the implicit roles.
    { role: "row" },
    h("td", { role: "cell" }, h("code", {}, name)),
    h("td", { role: "cell" }, chip, " ", note),
    h("td", { class: "nvj-time-left", role: "cell" }, ring.element, left),
    h("td", { class: "nvj-auto-renew", role: "cell" }, autoRenew),
    h("td", { class: "nvj-held", role: "cell" }, heldText, " ", capText),
    h("td", { class: "nvj-lease-actions", role: "cell" }, ...buttons),
  );
  return {
    element,
    draw(lease, blocked) {
      setText(chip, lease.word);
      chip.dataset.tone = lease.tone;
      setText(note, visible(lease.note, 300));
      element.dataset.tone = lease.tone;
      if (lease.canDismiss) element.dataset.over = "";
      else delete element.dataset.over;
      ring.element.style.display = lease.left === null ? "none" : "";
      ring.set(lease.share);
      setText(left, lease.leftText);
      setText(heldText, lease.heldText);
      setText(capText, lease.capText);
      autoRenew.style.visibility = lease.canAutoRenew ? "" : "hidden";
      autoRenew.disabled = blocked !== null;
      // The switch keeps its new position until the kernel answers.
      if (lease.autoRenew !== received) autoRenew.checked = lease.autoRenew;
      received = lease.autoRenew;
      for (const [index, [action, , can]] of ACTIONS.entries()) {
        const button = buttons[index];
        if (button === undefined) continue;
        button.hidden = lease[can] !== true;
        // Dismissing a row needs no server.
        setBlocked(button, action === "dismiss" ? null : blocked);
      }
    },
  };
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
  const rows = new Map<string, RowView>();
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
    const isThere = focused instanceof HTMLElement && focused.isConnected && !focused.hidden;
    if (isThere && focused.style.visibility !== "hidden") return;
    const next = row.isConnected ? row : body.children[Math.min(index, body.children.length - 1)];
    const button = next?.querySelector<HTMLElement>("button:not([hidden], :disabled)");
    if (button instanceof HTMLElement) button.focus();
    else onFocusLost();
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
          row = createRow(lease.key);
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
  };
}
