/** One row of the lease table. Its elements are kept, so that a click is never lost. */

import { clockTime } from "../text/holder.ts";
import { keyText, visible } from "../text/visible_text.ts";
import { fill, h, setBlocked, setText, svg } from "../ui/html.ts";
import { keepingFocus } from "../ui/keep_focus.ts";
import type { LeaseStatus } from "./lease_status.ts";
import { LEASE_TABLE as TEXT } from "./strings.ts";

export type LeaseAction =
  | "renew"
  | "extend"
  | "release"
  | "cancel"
  | "acquireWhenFree"
  | "retry"
  | "ask"
  | "watch"
  | "dismiss";

export interface LeaseRow {
  readonly element: HTMLTableRowElement;
  draw(lease: LeaseStatus, blocked: string | null): void;
  /** Opens the field for a message to the holder. */
  openMessage(): void;
  /** Closes it and returns the message; null if it is not open. */
  takeMessage(): string | null;
}

const RADIUS = 6;
const ROUND = 2 * Math.PI * RADIUS;
/** Waiting clients that are listed; more are counted. */
const MAX_WAITING = 3;

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
  ["acquireWhenFree", TEXT.acquireWhenFree, "canAcquireWhenFree"],
  ["retry", TEXT.retry, "canRetry"],
  ["watch", TEXT.watch, "canWatch"],
  ["ask", TEXT.ask, "canAsk"],
  ["dismiss", TEXT.dismiss, "canDismiss"],
];

const QUIET: ReadonlySet<LeaseAction> = new Set(["extend", "ask", "watch", "dismiss"]);
/** Accessible names, followed by the key. Each contains the text of its button (WCAG 2.5.3). */
const SPOKEN: Readonly<Partial<Record<LeaseAction, string>>> = {
  extend: TEXT.extendLabel,
  cancel: TEXT.cancelWaitLabel,
  acquireWhenFree: TEXT.acquireWhenFreeLabel,
  ask: TEXT.askLabel,
};

/** The clients that wait for the key, each with a button that hands it over. */
function createWaitingList(name: string): {
  readonly element: HTMLElement;
  draw(waiting: LeaseStatus["waiting"], blocked: string | null): void;
} {
  const element = h("ul", { class: "nvj-lease-waiting", hidden: true });
  let shown = "";
  return {
    element,
    draw(waiting, blocked) {
      const next = JSON.stringify([waiting, blocked]);
      if (next === shown) return;
      shown = next;
      const rows = waiting.slice(0, MAX_WAITING).map(({ client, name: who, note, since }) => {
        const button = h(
          "button",
          {
            type: "button",
            class: "nvj-link",
            "data-hand-over": client,
            "data-same": client,
            "aria-label": TEXT.handOverLabel(name, who),
          },
          TEXT.handOver,
        );
        setBlocked(button, blocked);
        const title = TEXT.waitingTitle(who, clockTime(since), note);
        return h("li", {}, h("span", { title }, TEXT.waiting(who)), button);
      });
      const more = waiting.length - rows.length;
      if (more > 0) rows.push(h("li", { class: "nvj-dim" }, TEXT.moreWaiting(more)));
      element.hidden = waiting.length === 0;
      // Without another button, the table moves the focus.
      keepingFocus(
        element,
        () => fill(element, ...rows),
        () => {},
      );
    },
  };
}

/** The field for a message to the holder, in place of the buttons. */
function createMessageForm(name: string): {
  readonly element: HTMLFormElement;
  readonly input: HTMLInputElement;
} {
  const input = h("input", {
    type: "text",
    class: "nvj-input",
    maxlength: 120,
    placeholder: TEXT.askMessage,
    "aria-label": TEXT.askMessageLabel(name),
  });
  const send = h(
    "button",
    { type: "submit", class: "nvj-button", "aria-label": `${TEXT.sendLabel} ${name}` },
    TEXT.send,
  );
  const element = h(
    "form",
    { class: "nvj-lease-message", hidden: true, novalidate: true },
    input,
    send,
  );
  return { element, input };
}

export function createLeaseRow(key: string): LeaseRow {
  const name = keyText(key, 200);
  const chip = h("span", { class: "nvj-chip" });
  const overwritten = h("span", { class: "nvj-pill", "data-tone": "amber" }, TEXT.overwritten);
  const note = h("span", { class: "nvj-dim nvj-lease-note" });
  const owner = h("span", { class: "nvj-lease-note" });
  const since = h("span", { class: "nvj-dim nvj-lease-since" });
  const waiting = createWaitingList(name);
  const ring = createRing();
  const left = h("span", { class: "nvj-tabular" });
  const heldText = h("span");
  const capText = h("span");
  const held = h("div", { class: "nvj-held nvj-dim nvj-tabular" }, heldText, " ", capText);
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
  const actions = h("span", { class: "nvj-lease-buttons" }, ...buttons);
  const message = createMessageForm(name);
  let received: boolean | null = null;

  const closeMessage = () => {
    const hadFocus = message.element.contains(document.activeElement);
    message.element.hidden = true;
    actions.hidden = false;
    message.input.value = "";
    if (hadFocus) buttons.find(({ dataset }) => dataset.action === "ask")?.focus();
  };
  message.element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    closeMessage();
  });

  const element = h(
    "tr",
    // A narrow card lays rows out as grids, so that browsers drop the implicit roles.
    { role: "row" },
    h("td", { role: "cell" }, h("code", { title: name }, name)),
    h("td", { class: "nvj-lease-state", role: "cell" }, chip, " ", overwritten, " ", note),
    h("td", { class: "nvj-lease-owner", role: "cell" }, owner, " ", since, waiting.element),
    h("td", { class: "nvj-time-left", role: "cell" }, ring.element, left, held),
    h("td", { class: "nvj-auto-renew", role: "cell" }, autoRenew),
    h("td", { class: "nvj-lease-actions", role: "cell" }, actions, message.element),
  );
  return {
    element,
    draw(lease, blocked) {
      setText(chip, lease.word);
      chip.dataset.tone = lease.tone;
      overwritten.hidden = lease.overwrites === 0;
      overwritten.title = TEXT.overwrittenTitle(lease.overwrites);
      setText(note, visible(lease.note, 300));
      setText(owner, lease.ownerText);
      owner.title = lease.ownerText;
      setText(since, lease.sinceText);
      waiting.draw(lease.waiting, blocked);
      element.dataset.tone = lease.tone;
      if (lease.canDismiss) element.dataset.over = "";
      else delete element.dataset.over;
      if (lease.waiting.length > 0) element.dataset.waiting = "";
      else delete element.dataset.waiting;
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
      if (!lease.canAsk && !message.element.hidden) closeMessage();
      for (const [index, [action, , can]] of ACTIONS.entries()) {
        const button = buttons[index];
        if (button === undefined) continue;
        button.hidden = lease[can] !== true;
        // Dismissing a row needs no server.
        setBlocked(button, action === "dismiss" ? null : blocked);
        if (action === "acquireWhenFree" && blocked === null) {
          button.title = TEXT.acquireWhenFreeTitle;
        }
      }
    },
    openMessage() {
      message.element.hidden = false;
      actions.hidden = true;
      message.input.focus();
    },
    takeMessage() {
      if (message.element.hidden) return null;
      const text = message.input.value.trim();
      closeMessage();
      return text;
    },
  };
}
