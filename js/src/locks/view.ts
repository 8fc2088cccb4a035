/** The lock manager: take keys for a time, renew them, give them back. Knows no Jupyter. */

import { Cell } from "../shared/cell.ts";
import { now } from "../shared/clock.ts";
import { fill, h, setText } from "../shared/dom.ts";
import { every, listen } from "../shared/lifetime.ts";
import type { LeaseBody } from "../shared/protocol_locks.ts";
import type { Tool, ToolContext } from "../shared/tool.ts";
import { visible } from "../shared/visible_text.ts";
import { plural } from "../shared/words.ts";
import { isHeld, isOver } from "./lease.ts";
import { createLeaseTable, type LeaseAction } from "./table.ts";
import { createTakeForm } from "./take_form.ts";

const DEFAULT_SECONDS = 10;

const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const namesOf = (keys: readonly string[]): string =>
  keys.map((key) => (key === "" ? "(empty)" : visible(key, 80))).join(", ");

export function createLocks({ host, session, signal, line, announce }: ToolContext): Tool {
  const heldCount = new Cell<number | null>(null);
  const table = createLeaseTable(() => form.focus());
  const notice = h("div", { class: "nvj-notice", role: "status", hidden: true });
  const releaseAll = h("button", { type: "button", class: "nvj-button" }, "Release all");
  const summary = h("span");
  const footer = h("span", { class: "nvj-locks-footer" }, summary, releaseAll);
  const empty = h("div", { class: "nvj-empty" });
  const unable = h("div", { class: "nvj-empty", hidden: true });
  let toldLost = "";

  const leases = (): readonly LeaseBody[] => session.leases.get()?.body.leases ?? [];
  const passed = (): number => {
    const told = session.leases.get();
    return told === null ? 0 : now() - told.at;
  };

  const say = (text: string) => {
    setText(notice, text);
    notice.hidden = text === "";
  };
  const take = async (keys: readonly string[], seconds: number): Promise<void> => {
    try {
      const { granted } = await host.request("lock", { keys, seconds });
      const names = namesOf(keys);
      if (granted) {
        form.clear();
        form.setProblem("");
        announce(`Taken: ${names}.`);
      } else {
        form.setProblem(
          keys.length === 1
            ? `Refused: someone else holds ${names}.`
            : `Refused: someone else holds at least one of ${names}; none was taken.`,
        );
      }
    } catch (error) {
      form.setProblem(`Not taken: ${wordsOf(error)}`);
    }
  };
  const renew = async (key: string): Promise<void> => {
    try {
      const { granted } = await host.request("renew", { key });
      if (granted) announce(`Renewed: ${namesOf([key])}.`);
      else say(`Not renewed: someone else holds ${namesOf([key])} now.`);
    } catch (error) {
      say(`Not renewed: ${wordsOf(error)}`);
    }
  };
  const release = async (keys: readonly string[]): Promise<void> => {
    try {
      await host.request("release", { keys });
      announce(`Released: ${namesOf(keys)}.`);
    } catch (error) {
      say(`Not released: ${wordsOf(error)}`);
    }
  };
  const dismiss = async (key: string): Promise<void> => {
    try {
      await host.request("forget", { key });
    } catch (error) {
      say(`The row cannot be dismissed: ${wordsOf(error)}`);
    }
  };
  const act = (action: LeaseAction, lease: LeaseBody): Promise<void> => {
    switch (action) {
      case "renew":
        return renew(lease.key);
      case "release":
        return release([lease.key]);
      case "again":
        return take([lease.key], lease.seconds ?? DEFAULT_SECONDS);
      case "dismiss":
        return dismiss(lease.key);
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
    onTake: (keys, seconds) => void take(keys, seconds),
  });

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
    releaseAll,
    "click",
    () => {
      const held = leases().filter(({ state }) => isHeld(state));
      void release(held.map(({ key }) => key));
    },
    signal,
  );

  const scroller = h("div", { class: "nvj-scroll" }, table.element, empty);
  const able = h("div", { class: "nvj-locks-able" }, form.element, notice, scroller);
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
    toldLost = text;
  };

  const drawTimes = () => table.show(leases(), passed());
  const draw = () => {
    const { blocked } = line.get();
    form.setBlocked(blocked);
    table.setBlocked(blocked);
    drawTimes();
    const held = leases().filter(({ state }) => isHeld(state)).length;
    heldCount.set(session.leases.get() === null ? null : held);
    releaseAll.hidden = held === 0;
    releaseAll.disabled = blocked !== null;
    releaseAll.title = blocked ?? "";
    setText(summary, held === 0 ? "no locks held" : `${plural(held, "lock")} held`);
    const none = leases().length === 0;
    table.element.hidden = none;
    empty.hidden = !none;
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
  session.leases.observe(draw, signal);
  line.observe(draw, signal);
  every(
    100,
    () => {
      if (!element.hidden && leases().some(({ state }) => !isOver(state))) drawTimes();
    },
    signal,
  );
  drawAbility();
  draw();

  return { name: "locks", label: "Locks", element, count: heldCount, footer, shown: draw };
}
