/** The lock manager: acquire, renew and release locks. Does not depend on Jupyter. */

import type { Timed } from "../kernel/session.ts";
import type { Tool, ToolContext } from "../panel/tool.ts";
import type { LeaseBody, LockUpdatesBody } from "../protocol/locks.ts";
import { visible } from "../text/visible_text.ts";
import { now } from "../ui/clock.ts";
import { fill, h, setBlocked, setText } from "../ui/html.ts";
import { every, listen } from "../ui/lifetime.ts";
import { Signal } from "../ui/signal.ts";
import { createAcquireForm } from "./acquire_form.ts";
import { createActions } from "./actions.ts";
import { isHeld } from "./lease_status.ts";
import { createLeaseTable, type LeaseAction } from "./lease_table.ts";
import { createLockDetails } from "./lock_details.ts";
import { createRequestsBar, requestText } from "./requests_bar.ts";
import { VIEW as TEXT } from "./strings.ts";

const DEFAULT_SECONDS = 10;
const DEFAULT_CAP = 600;

export function createLocks({ host, session, signal, connection, announce }: ToolContext): Tool {
  const heldCount = new Signal<number | null>(null);
  const table = createLeaseTable(() => form.focus(), signal);
  const notice = h("div", { class: "nvj-notice", role: "status", hidden: true });
  const releaseAll = h("button", { type: "button", class: "nvj-button" }, TEXT.releaseAll);
  const summary = h("span");
  const more = h("p", { class: "nvj-dim nvj-more-leases", hidden: true });
  const buttons = h("span", { class: "nvj-locks-buttons" });
  const footer = h("span", { class: "nvj-locks-footer" }, summary, buttons);
  const empty = h("div", { class: "nvj-empty" });
  const unable = h("div", { class: "nvj-empty", hidden: true });
  let announcedLost = "";
  let announcedRequests = "";
  let tried: readonly string[] = [];
  const updates = new Signal<Timed<LockUpdatesBody> | null>(null);

  const leases = (): readonly LeaseBody[] => session.leases.get()?.body.leases ?? [];
  const passed = (): number => {
    const received = session.leases.get();
    return received === null ? 0 : now() - received.at;
  };

  const notify = (text: string) => {
    setText(notice, visible(text, 600));
    notice.hidden = text === "";
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
  const act = (action: LeaseAction, lease: LeaseBody): Promise<unknown> => {
    const { key } = lease;
    switch (action) {
      case "renew":
        return actions.renew(key);
      case "extend":
        return actions.extend(lease, passed());
      case "release":
      case "cancel":
        return actions.release([key]);
      case "retry":
        return actions.acquire({
          keys: [key],
          seconds: lease.seconds ?? DEFAULT_SECONDS,
          auto_renew: true,
          max_hold: lease.max_hold ?? DEFAULT_CAP,
          wait: 0,
        });
      case "ask":
        return actions.ask([key]);
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
    onShare: (by) => void actions.share(by),
  });
  const requests = createRequestsBar({
    signal,
    onRelease: ({ keys, asker }) => {
      const ours = leases().filter(({ key, state }) => isHeld(state) && keys.includes(key));
      const released =
        ours.length === 0 ? Promise.resolve(true) : actions.release(ours.map(({ key }) => key));
      void released.then((done) => (done ? actions.answer(asker) : undefined));
    },
    onLeft: () => form.focus(),
    onDismiss: ({ asker }) => void actions.answer(asker),
  });
  host.on("lock_updates", ({ body }, forMe) => forMe && updates.set({ body, at: now() }), signal);

  listen(
    table.element,
    "click",
    ({ target }) => {
      const button =
        target instanceof Element ? target.closest<HTMLElement>("[data-action]") : null;
      const row = button?.closest<HTMLElement>("tr");
      const lease = leases()[Number(row?.dataset.index ?? -1)];
      const action = button?.dataset.action as LeaseAction | undefined;
      if (lease !== undefined && action !== undefined) void act(action, lease);
    },
    signal,
  );
  listen(
    table.element,
    "change",
    ({ target }) => {
      const row = target instanceof Element ? target.closest<HTMLElement>("tr") : null;
      const lease = leases()[Number(row?.dataset.index ?? -1)];
      if (lease !== undefined && target instanceof HTMLInputElement) {
        const wanted = target.checked;
        void actions.setAutoRenew(lease.key, wanted).then((done) => {
          if (!done) target.checked = !wanted;
        });
      }
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
  const element = h("div", { class: "nvj-tool nvj-locks" }, able, unable);

  const drawSupport = () => {
    const status = session.status.get()?.body;
    const locks = status === undefined || status.abilities.locks;
    able.hidden = !locks;
    unable.hidden = locks;
    footer.classList.toggle("nvj-off", !locks);
    if (locks) return;
    fill(
      unable,
      h("p", {}, TEXT.unsupported),
      h("p", { class: "nvj-dim" }, TEXT.unsupportedHint(status.abilities.transport)),
    );
  };

  const announceLost = () => {
    const lost = leases().filter(({ state }) => state === "lost");
    const text = lost.map(({ key, note }) => TEXT.lost(key, note)).join(" · ");
    if (text === announcedLost) return;
    // A loss is shown once and never replaces another notice by an empty one.
    if (text !== "" || notice.textContent === announcedLost) notify(text);
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
    details.setBlocked(blocked);
    table.show(leases(), passed());
    const held = session.leases.get()?.body.held ?? 0;
    heldCount.set(session.leases.get() === null ? null : held);
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
  fill(empty, h("p", {}, TEXT.empty), h("p", { class: "nvj-dim" }, TEXT.emptyHint));

  session.status.observe(drawSupport, signal);
  buttons.append(details.historyButton, releaseAll);
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
  draw();

  return { name: "locks", label: TEXT.tab, element, count: heldCount, footer, shown: draw };
}
