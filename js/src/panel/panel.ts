/** The card around one or more tools: header, tabs, banner, content, footer, resize handle. */

import type { Host } from "../kernel/host.ts";
import type { Session } from "../kernel/session.ts";
import { visible } from "../text/visible_text.ts";
import { now } from "../ui/clock.ts";
import { h, setAttribute, setText } from "../ui/html.ts";
import { every, listen, oncePerFrame } from "../ui/lifetime.ts";
import { Signal } from "../ui/signal.ts";
import { type ConnectionStatus, describeConnection } from "./connection_status.ts";
import { createRateSparkline } from "./rate_sparkline.ts";
import { addResizeHandle } from "./resize_handle.ts";
import type { MakeTool } from "./tool.ts";
import { createToolTabs } from "./tool_tabs.ts";

/** What people press to edit text; with Ctrl or Cmd these stay in the widget. */
const EDITING = new Set(["a", "c", "v", "x", "y", "z"]);

/** Saving, finding, the list of all commands: letters with Ctrl or Cmd that edit no text. */
const belongsToJupyter = ({ key, ctrlKey, metaKey }: KeyboardEvent): boolean =>
  (ctrlKey || metaKey) && /^[a-z]$/i.test(key) && !EDITING.has(key.toLowerCase());

export interface PanelOptions {
  readonly host: Host;
  readonly session: Session;
  readonly tools: readonly MakeTool[];
  readonly signal: AbortSignal;
}

export function createPanel({ host, session, tools: makers, signal }: PanelOptions): HTMLElement {
  const dot = h("span", { class: "nvj-dot", "aria-hidden": "true" });
  const name = h("strong", { class: "nvj-name" });
  const address = h("span", { class: "nvj-address" });
  const word = h("span", { class: "nvj-chip nvj-status", hidden: true });
  const fresh = h("span", { class: "nvj-freshness" });
  const rateText = h("span");
  const rate = h(
    "span",
    { class: "nvj-rate", title: "Updates per second, and how many there were in the last minute" },
    createRateSparkline(session.heartbeat, signal),
    rateText,
  );
  const banner = h("div", { class: "nvj-banner", hidden: true });
  const body = h("div", { class: "nvj-body" });
  const footer = h("div", { class: "nvj-footer" });
  const speech = h("div", { class: "nvj-sr", role: "status", "aria-live": "polite" });

  const facts = (): ConnectionStatus =>
    describeConnection({
      kernel: host.kernel.get(),
      status: session.status.get(),
      heartbeat: session.heartbeat.get(),
      lastChange: session.lastChange(),
      seenSince: session.seenSince(),
      now: now(),
    });
  const connection: Signal<ConnectionStatus> = new Signal(facts());
  const announce = (text: string) => {
    // The same words twice in a row would not be read again.
    setText(speech, speech.textContent === text ? `${text}\u00a0` : text);
  };

  const context = { host, session, signal, connection, announce };
  const tools = makers.map((make) => make(context));
  const tabs = createToolTabs(tools, host, { body, footer }, signal);

  const header = h(
    "div",
    { class: "nvj-header" },
    dot,
    name,
    address,
    tabs,
    h("span", { class: "nvj-space" }),
    word,
    fresh,
    rate,
  );
  const card = h("div", { class: "nvj-card" }, header, banner, body, footer, speech);
  const root = h(
    "div",
    // It can have the focus, so that a click anywhere in it brings the keys here.
    { class: "nvj-root", role: "group", tabindex: -1, "data-lm-suppress-shortcuts": "true" },
    card,
  );
  addResizeHandle(card, body, host, signal);

  let announced = "";
  const draw = () => {
    const text = facts();
    const status = session.status.get()?.body;
    root.dataset.tone = text.tone;
    const title = status === undefined ? "NanoVer" : visible(status.name, 80);
    setText(name, title);
    setText(address, status === undefined ? "" : visible(status.address, 120));
    // A connection without a name of its own goes by its address.
    address.hidden = status === undefined || status.address.endsWith(`//${status.name}`);
    root.setAttribute("aria-label", `NanoVer: ${title}`);
    setText(word, text.word);
    word.hidden = text.word === "";
    setText(fresh, text.fresh);
    setText(rateText, text.rate);
    rate.hidden = text.rate === "";
    setText(banner, visible(text.banner, 600));
    banner.hidden = text.banner === "";
    if (text.announcement !== announced) {
      announced = text.announcement;
      if (announced !== "") announce(visible(announced, 600));
    }
    const before = connection.get();
    if (before.blocked !== text.blocked || before.tone !== text.tone) connection.set(text);
  };
  const redraw = oncePerFrame(draw, signal);
  draw();
  host.kernel.observe(redraw, signal);
  session.status.observe(redraw, signal);
  every(250, () => session.visible.get() && draw(), signal);
  session.visible.observe(redraw, signal);

  // JupyterLab has shortcuts on plain letters, and Enter opens a cell for editing. It looks
  // for this mark while the event is on its way down, and leaves alone what is below it.
  listen(
    window,
    "keydown",
    (event) => {
      if (!(event.target instanceof Node) || !root.contains(event.target)) return;
      if (event.isComposing || event.keyCode === 229) {
        // An input method's own keys are nobody's shortcuts.
        event.stopPropagation();
        return;
      }
      setAttribute(root, "data-lm-suppress-shortcuts", belongsToJupyter(event) ? null : "true");
    },
    signal,
    { capture: true },
  );
  listen(
    root,
    "keydown",
    (event) => {
      const command = event.ctrlKey || event.metaKey || event.altKey;
      if (event.defaultPrevented || !command) event.stopPropagation();
    },
    signal,
  );
  return root;
}
