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
import { PANEL } from "./strings.ts";
import type { MakeTool } from "./tool.ts";
import { createToolTabs } from "./tool_tabs.ts";

/** Letters that edit text with Ctrl or Cmd, which stay in the widget. */
const EDITING = new Set(["a", "c", "v", "x", "y", "z"]);

/** Whether a shortcut, such as Ctrl+S or Ctrl+F, is left to Jupyter. */
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
  const label = h("span", { class: "nvj-chip nvj-status", hidden: true });
  const freshness = h("span", { class: "nvj-freshness" });
  const rateText = h("span");
  const rate = h(
    "span",
    { class: "nvj-rate", title: PANEL.rateTitle },
    createRateSparkline(session.heartbeat, signal),
    rateText,
  );
  const banner = h("div", { class: "nvj-banner", hidden: true });
  const body = h("div", { class: "nvj-body" });
  const footer = h("div", { class: "nvj-footer" });
  const speech = h("div", { class: "nvj-sr", role: "status", "aria-live": "polite" });

  const connectionStatus = (): ConnectionStatus =>
    describeConnection({
      kernel: host.kernel.get(),
      status: session.status.get(),
      heartbeat: session.heartbeat.get(),
      lastChange: session.lastChange(),
      visibleSince: session.visibleSince(),
      now: now(),
    });
  const connection: Signal<ConnectionStatus> = new Signal(connectionStatus());
  const announce = (text: string) => {
    // Screen readers skip a text that is set again unchanged.
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
    label,
    freshness,
    rate,
  );
  const card = h("div", { class: "nvj-card" }, header, banner, body, footer, speech);
  const root = h(
    "div",
    // Focusable, so that a click anywhere in the widget moves the keyboard focus here.
    { class: "nvj-root", role: "group", tabindex: -1, "data-lm-suppress-shortcuts": "true" },
    card,
  );
  addResizeHandle(card, body, host, signal);

  let announced = "";
  const draw = () => {
    const shown = connectionStatus();
    const status = session.status.get()?.body;
    root.dataset.tone = shown.tone;
    const title = status === undefined ? PANEL.name : visible(status.name, 80);
    setText(name, title);
    setText(address, status === undefined ? "" : visible(status.address, 120));
    // An unnamed connection has its address as its name.
    address.hidden = status === undefined || status.address.endsWith(`//${status.name}`);
    root.setAttribute("aria-label", PANEL.label(title));
    setText(label, shown.label);
    label.hidden = shown.label === "";
    setText(freshness, shown.freshness);
    setText(rateText, shown.rate);
    rate.hidden = shown.rate === "";
    setText(banner, visible(shown.banner, 600));
    banner.hidden = shown.banner === "";
    if (shown.announcement !== announced) {
      announced = shown.announcement;
      if (announced !== "") announce(visible(announced, 600));
    }
    const before = connection.get();
    if (before.blocked !== shown.blocked || before.tone !== shown.tone) connection.set(shown);
  };
  const redraw = oncePerFrame(draw, signal);
  draw();
  host.kernel.observe(redraw, signal);
  session.status.observe(redraw, signal);
  every(250, () => session.visible.get() && draw(), signal);
  session.visible.observe(redraw, signal);

  // JupyterLab has shortcuts on plain letters and Enter. In the capture phase, it skips events
  // below an element with this attribute.
  listen(
    window,
    "keydown",
    (event) => {
      if (!(event.target instanceof Node) || !root.contains(event.target)) return;
      if (event.isComposing || event.keyCode === 229) {
        // Keys of an input method are not shortcuts.
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
