/** The lock manager: take keys for a time, renew them, give them back. Knows no Jupyter. */

import type { Timed } from "../kernel/session.ts";
import type { Tool, ToolContext } from "../panel/tool.ts";
import type { LeaseBody, LockNewsBody } from "../protocol/locks.ts";
import { plural } from "../text/format.ts";
import { visible } from "../text/visible_text.ts";
import { now } from "../ui/clock.ts";
import { fill, h, setText } from "../ui/html.ts";
import { every, listen } from "../ui/lifetime.ts";
import { Cell } from "../ui/signal.ts";
import { createTakeForm } from "./acquire_form.ts";
import { createActions, namesOf } from "./actions.ts";
import { isHeld } from "./lease_status.ts";
import { createLeaseTable, type LeaseAction } from "./lease_table.ts";
import { createAside } from "./lock_details.ts";
import { createRequestsBar, wordsOfRequest } from "./requests_bar.ts";

const DEFAULT_SECONDS = 10;
const DEFAULT_CAP = 600;

export function createLocks({ host, session, signal, line, announce }: ToolContext): Tool {
  const heldCount = new Cell<number | null>(null);
  const table = createLeaseTable(() => form.focus(), signal);
  const notice = h("div", { class: "nvj-notice", role: "status", hidden: true });
  const releaseAll = h("button", { type: "button", class: "nvj-button" }, "Release all");
  const summary = h("span");
  const more = h("p", { class: "nvj-dim nvj-more-leases", hidden: true });
  const buttons = h("span", { class: "nvj-locks-buttons" });
  const footer = h("span", { class: "nvj-locks-footer" }, summary, buttons);
  const empty = h("div", { class: "nvj-empty" });
  const unable = h("div", { class: "nvj-empty", hidden: true });
  let toldLost = "";
  let toldRequests = "";
  let tried: readonly string[] = [];
  const news = new Cell<Timed<LockNewsBody> | null>(null);

  const leases = (): readonly LeaseBody[] => session.leases.get()?.body.leases ?? [];
  const passed = (): number => {
    const told = session.leases.get();
    return told === null ? 0 : now() - told.at;
  };

  const say = (text: string) => {
    setText(notice, visible(text, 600));
    notice.hidden = text === "";
  };
  const actions = createActions(host, {
    announce,
    say,
    setProblem: (text, which) => form.setProblem(text, which),
    onTaken: (keys) => {
      form.leaveOut(keys);
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
      case "stop":
        return actions.release([key]);
      case "again":
        return actions.take({
          keys: [key],
          seconds: lease.seconds ?? DEFAULT_SECONDS,
          keep: true,
          cap: lease.cap ?? DEFAULT_CAP,
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

  const suggest = (typed: string, most: number): readonly string[] => {
    const wanted = typed.toLowerCase();
    const found: string[] = [];
    for (const key of session.mirror.entries.keys()) {
      if (key.length > 200 || !key.toLowerCase().includes(wanted)) continue;
      found.push(key);
      if (found.length === most) break;
    }
    return found.sort();
  };
  const form = createTakeForm({
    suggest,
    isKnown: (key) => !session.mirror.loaded || session.mirror.entries.has(key),
    signal,
    onTake: (order) => {
      tried = order.keys;
      void actions.take(order);
    },
    onWatch: (keys) => void actions.watch(keys).then((watched) => watched && form.leaveOut(keys)),
    onWhich: () => void actions.which(tried),
  });
  const aside = createAside({
    signal,
    onLeft: () => form.focus(),
    onUnwatch: (key) => void actions.unwatch(key),
    onAnnounce: (by) => void actions.announce(by),
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
  host.on("lock_news", ({ body }, forMe) => forMe && news.set({ body, at: now() }), signal);

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
        void actions.keep(lease.key, wanted).then((done) => {
          if (!done) target.checked = !wanted;
        });
      }
    },
    signal,
  );
  listen(releaseAll, "click", () => void actions.releaseAll(), signal);

  const scroller = h("div", { class: "nvj-scroll" }, table.element, more, empty, aside.element);
  const able = h(
    "div",
    { class: "nvj-locks-able" },
    form.element,
    requests.element,
    notice,
    scroller,
  );
  const element = h("div", { class: "nvj-tool nvj-locks" }, able, unable);

  const drawAbility = () => {
    const status = session.status.get()?.body;
    const locks = status === undefined || status.abilities.locks;
    able.hidden = !locks;
    unable.hidden = locks;
    footer.classList.toggle("nvj-off", !locks);
    if (locks) return;
    fill(
      unable,
      h("p", {}, "This server has no locks."),
      h(
        "p",
        { class: "nvj-dim" },
        `NanoVer's ${visible(status.abilities.transport, 40)} protocol does not know them: every client may write every key, and the last write stays.`,
      ),
    );
  };

  const tellLost = () => {
    const lost = leases().filter(({ state }) => state === "lost");
    const text = lost
      .map(
        ({ key, note }) =>
          `${namesOf([key])} was lost${note === "" ? "" : `: ${visible(note, 200)}`}`,
      )
      .join(" · ");
    if (text === toldLost) return;
    // What was lost is said once; a notice about something else is left alone.
    if (text !== "" || notice.textContent === toldLost) say(text);
    // Somebody who looks at another tab hears of it all the same.
    if (text !== "" && element.hidden) announce(text);
    toldLost = text;
  };

  const drawNews = () => {
    const told = news.get();
    if (told === null) return;
    aside.show(told.body, now() - told.at);
    requests.show(told.body.requests);
    const text = told.body.requests.map(wordsOfRequest).join(" · ");
    if (text !== toldRequests && element.hidden && text !== "") announce(text);
    toldRequests = text;
  };
  const draw = () => {
    const { blocked } = line.get();
    form.setBlocked(blocked);
    table.setBlocked(blocked);
    aside.setBlocked(blocked);
    table.show(leases(), passed());
    const held = session.leases.get()?.body.held ?? 0;
    heldCount.set(session.leases.get() === null ? null : held);
    releaseAll.hidden = held === 0;
    releaseAll.disabled = blocked !== null;
    releaseAll.title = blocked ?? "";
    setText(summary, held === 0 ? "no locks held" : `${plural(held, "lock")} held`);
    const none = leases().length === 0;
    table.element.hidden = none;
    empty.hidden = !none;
    const hidden = session.leases.get()?.body.more ?? 0;
    more.hidden = hidden === 0;
    setText(more, `… ${hidden} more`);
    tellLost();
  };
  fill(
    empty,
    h("p", {}, "No locks taken."),
    h(
      "p",
      { class: "nvj-dim" },
      "A lock keeps other clients from writing a key for a while. Name a key above and take it.",
    ),
  );

  session.status.observe(drawAbility, signal);
  buttons.append(aside.historyButton, releaseAll);
  listen(aside.historyButton, "click", drawNews, signal);
  session.leases.observe(draw, signal);
  news.observe(drawNews, signal);
  line.observe(draw, signal);
  every(
    1000,
    () => {
      if (!element.hidden) drawNews();
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
  drawAbility();
  draw();

  return { name: "locks", label: "Locks", element, count: heldCount, footer, shown: draw };
}
