/** The lock manager: acquire, renew and release locks. Does not depend on Jupyter. */

import type { Timed } from "../kernel/session.ts";
import type { ToolContext } from "../panel/tool.ts";
import type { LeaseBody, LockUpdatesBody } from "../protocol/locks.ts";
import { visible } from "../text/visible_text.ts";
import { now } from "../ui/clock.ts";
import { h, setBlocked, setText } from "../ui/html.ts";
import { every, listen } from "../ui/lifetime.ts";
import type { Readable } from "../ui/signal.ts";
import { createAcquireForm } from "./acquire_form.ts";
import { createActions } from "./actions.ts";
import type { LeaseAction } from "./lease_row.ts";
import { isHeld } from "./lease_status.ts";
import { createLeaseTable } from "./lease_table.ts";
import { createLockDetails } from "./lock_details.ts";
import { createRequestsBar, requestText } from "./requests_bar.ts";
import { VIEW as TEXT } from "./strings.ts";

export interface LocksPlaces {
  readonly element: HTMLElement;
  readonly footer: HTMLElement;
  readonly updates: Readable<Timed<LockUpdatesBody> | null>;
}

export interface LocksView {
  draw(): void;
}

export function createLocksView(
  { host, session, signal, connection, announce }: ToolContext,
  { element, footer, updates }: LocksPlaces,
): LocksView {
  const table = createLeaseTable(() => form.focus(), signal);
  const notice = h("div", { class: "nvj-notice", role: "status", hidden: true });
  const releaseAll = h("button", { type: "button", class: "nvj-button" }, TEXT.releaseAll);
  const summary = h("span");
  const cooperative = h(
    "span",
    { class: "nvj-cooperative", hidden: true },
    h("span", { class: "nvj-chip", "data-tone": "amber" }, TEXT.cooperative),
    " ",
    TEXT.cooperativeHint,
  );
  const more = h("p", { class: "nvj-dim nvj-more-leases", hidden: true });
  const emptyHint = h("p", { class: "nvj-dim" });
  const empty = h("div", { class: "nvj-empty" }, h("p", {}, TEXT.empty), emptyHint);
  const unable = h(
    "div",
    { class: "nvj-empty", hidden: true },
    h("p", {}, TEXT.unsupported),
    h("p", { class: "nvj-dim" }, TEXT.unsupportedHint),
  );
  let announcedLost = "";
  let announcedRequests = "";
  let tried: readonly string[] = [];

  const leases = (): readonly LeaseBody[] => session.leases.get()?.body.leases ?? [];
  const passed = (): number => {
    const received = session.leases.get();
    return received === null ? 0 : now() - received.at;
  };

  const notify = (text: string, isProblem = false) => {
    setText(notice, visible(text, 600));
    notice.dataset.tone = isProblem ? "bad" : "neutral";
    notice.hidden = text === "";
  };
  /** Hides the result of an earlier action; a problem stays. */
  const clearResult = () => {
    if (notice.dataset.tone === "neutral") notify("");
  };
  const actions = createActions(host, {
    announce,
    say: notify,
    setProblem: (text, which) => form.setProblem(text, which),
    onAcquired: (keys) => {
      form.remove(keys);
      form.setProblem("");
    },
  });
  const act = (action: LeaseAction, lease: LeaseBody): unknown => {
    const { key } = lease;
    clearResult();
    switch (action) {
      case "renew":
        return actions.renew(key);
      case "extend":
        return actions.extend(lease, passed());
      case "release":
        return actions.release([key]);
      case "cancel":
        return actions.cancel(key);
      case "acquireWhenFree":
        // The refusal that it answers is no longer news.
        form.setProblem("");
        return actions.reacquire(lease, null);
      case "retry":
        form.setProblem("");
        return actions.reacquire(lease, 0);
      case "ask":
        return table.openMessage(key);
      case "watch":
        return actions.watch([key]);
      case "dismiss":
        return actions.dismiss(key);
    }
  };

  const suggest = (typed: string, limit: number): readonly string[] => {
    const wanted = typed.toLowerCase();
    const found: string[] = [];
    for (const key of session.store.entries.keys()) {
      if (key.length > 200 || !key.toLowerCase().includes(wanted)) continue;
      found.push(key);
      if (found.length === limit) break;
    }
    return found.sort();
  };
  const form = createAcquireForm({
    suggest,
    isKnown: (key) => !session.store.loaded || session.store.entries.has(key),
    signal,
    onAcquire: (request) => {
      clearResult();
      tried = request.keys;
      void actions.acquire(request);
    },
    onWatch: (keys) => void actions.watch(keys).then((watched) => watched && form.remove(keys)),
    onWhich: () => void actions.which(tried),
  });
  const details = createLockDetails({
    signal,
    onLeft: () => form.focus(),
    onUnwatch: (key) => void actions.unwatch(key),
    onName: (name) => void actions.setName(name),
  });
  const requests = createRequestsBar({
    signal,
    onHandOver: ({ keys, client, name }) => {
      const ours = leases().filter(({ key, state }) => isHeld(state) && keys.includes(key));
      void actions.handOver(
        ours.map(({ key }) => key),
        client,
        name,
      );
    },
    onLeft: () => form.focus(),
    onDismiss: (request) => void actions.dismissRequest(request),
  });

  const leaseAt = (target: EventTarget | null): LeaseBody | undefined => {
    const row = target instanceof Element ? target.closest<HTMLElement>("tr") : null;
    return leases()[Number(row?.dataset.index ?? -1)];
  };
  listen(
    table.element,
    "click",
    ({ target }) => {
      const button = target instanceof Element ? target.closest<HTMLElement>("button") : null;
      const lease = leaseAt(button);
      if (button === null || lease === undefined) return;
      const { action, handOver } = button.dataset;
      if (action !== undefined) void act(action as LeaseAction, lease);
      if (handOver !== undefined) {
        const name = lease.waiting.find(({ client }) => client === handOver)?.name ?? "";
        void actions.handOver([lease.key], handOver, name);
      }
    },
    signal,
  );
  listen(
    table.element,
    "submit",
    (event) => {
      event.preventDefault();
      const lease = leaseAt(event.target);
      const message = lease === undefined ? null : table.takeMessage(lease.key);
      if (lease !== undefined && message !== null) void actions.ask([lease.key], message);
    },
    signal,
  );
  listen(
    table.element,
    "change",
    ({ target }) => {
      const lease = leaseAt(target);
      if (lease === undefined || !(target instanceof HTMLInputElement)) return;
      if (target.dataset.autoRenew === undefined) return;
      const wanted = target.checked;
      void actions.setAutoRenew(lease.key, wanted).then((done) => {
        if (!done) target.checked = !wanted;
      });
    },
    signal,
  );
  listen(releaseAll, "click", () => void actions.releaseAll(), signal);

  const scroller = h("div", { class: "nvj-scroll" }, table.element, more, empty, details.element);
  const able = h(
    "div",
    { class: "nvj-locks-support" },
    form.element,
    requests.element,
    notice,
    scroller,
  );
  element.append(able, unable);
  footer.append(
    summary,
    cooperative,
    h("span", { class: "nvj-locks-buttons" }, details.historyButton, releaseAll),
  );

  const drawSupport = () => {
    const kind = session.status.get()?.body.abilities.locks ?? "server";
    able.hidden = kind === "none";
    unable.hidden = kind !== "none";
    footer.classList.toggle("nvj-off", kind === "none");
    // The tab has the number, too, and the hint is long.
    summary.hidden = kind === "cooperative";
    cooperative.hidden = kind !== "cooperative";
    setText(emptyHint, kind === "cooperative" ? TEXT.emptyHintCooperative : TEXT.emptyHint);
  };

  const announceLost = () => {
    const lost = leases().filter(({ state }) => state === "lost");
    const text = lost.map(({ key, note }) => TEXT.lost(key, note)).join(" · ");
    if (text === announcedLost) return;
    // A loss is shown once and never replaces another notice by an empty one.
    if (text !== "" || notice.textContent === announcedLost) notify(text, true);
    // Announced too, in case another tab is open.
    if (text !== "" && element.hidden) announce(text);
    announcedLost = text;
  };

  const drawUpdates = () => {
    const latest = updates.get();
    if (latest === null) return;
    details.show(latest.body, now() - latest.at);
    requests.show(latest.body.requests);
    const text = latest.body.requests.map(requestText).join(" · ");
    if (text !== announcedRequests && element.hidden && text !== "") announce(text);
    announcedRequests = text;
  };
  const draw = () => {
    const { blocked } = connection.get();
    form.setBlocked(blocked);
    table.setBlocked(blocked);
    requests.setBlocked(blocked);
    details.setBlocked(blocked);
    table.show(leases(), passed());
    const held = session.leases.get()?.body.held ?? 0;
    releaseAll.hidden = held === 0;
    setBlocked(releaseAll, blocked);
    setText(summary, TEXT.held(held));
    const none = leases().length === 0;
    table.element.hidden = none;
    empty.hidden = !none;
    const hidden = session.leases.get()?.body.more ?? 0;
    more.hidden = hidden === 0;
    setText(more, TEXT.more(hidden));
    announceLost();
  };

  session.status.observe(drawSupport, signal);
  listen(details.historyButton, "click", drawUpdates, signal);
  session.leases.observe(draw, signal);
  updates.observe(drawUpdates, signal);
  connection.observe(draw, signal);
  every(
    1000,
    () => {
      if (!element.hidden) drawUpdates();
    },
    signal,
  );
  every(
    100,
    () => {
      if (!element.hidden) table.tick(passed());
    },
    signal,
  );
  drawSupport();
  drawUpdates();
  draw();

  return { draw };
}
