/** The view of the simulation: playback, plots and the fields of the current frame. */

import type { ToolContext } from "../panel/tool.ts";
import { now } from "../ui/clock.ts";
import { fill, h, setText } from "../ui/html.ts";
import { every } from "../ui/lifetime.ts";
import { createTabList } from "../ui/tabs.ts";
import { createExceptionBanner } from "./exception_banner.ts";
import { createFieldsView } from "./fields_view.ts";
import { createFrameWatch } from "./frame_watch.ts";
import { createPlaybackBar } from "./playback_bar.ts";
import { createPlotsView } from "./plots_view.ts";
import { PLOTS, TABS, EMPTY as TEXT } from "./strings.ts";

const TIME_KEY = "system.simulation.time";
const REFRESH_MS = 1000;

/** Create the content of the tool in `element` and `footer`. */
export function createSimulationView(
  context: ToolContext,
  element: HTMLElement,
  footer: HTMLElement,
): void {
  const { session, signal, connection } = context;
  const watch = createFrameWatch(context, element);
  const { store, simulation } = watch;

  const bar = createPlaybackBar(context);
  const banner = createExceptionBanner(context, { onReset: bar.reset, onProblem: bar.notify });
  const plots = createPlotsView(context, {
    store,
    simulationName: () => simulation.get()?.body.name ?? "",
    isVisible: watch.visible.get.bind(watch.visible),
  });
  const fields = createFieldsView(context);
  const fieldsPane = h("div", { class: "nvj-simulation-pane" }, fields.element);
  let isFrameShown = false;
  const tabs = createTabList(
    [
      { label: [TABS.plots], panel: plots.element },
      { label: [TABS.frame], panel: fieldsPane },
    ],
    { class: "nvj-pane-tabs", "aria-label": TABS.label },
    (index) => {
      isFrameShown = index === 1;
      plots.controls.classList.toggle("nvj-off", isFrameShown);
      if (isFrameShown) fields.refresh();
      else plots.update();
    },
    signal,
  );
  const empty = h("div", { class: "nvj-empty" });
  const content = h(
    "div",
    { class: "nvj-simulation-content" },
    h("div", { class: "nvj-simulation-tabs" }, tabs.bar, plots.controls),
    plots.element,
    fieldsPane,
  );
  element.append(bar.element, bar.notice, banner.element, content, empty);

  /** Return what to show instead of plots; null if there are frames. */
  const emptyText = (): readonly [string, string] | null => {
    const body = simulation.get()?.body;
    if (store.length > 0) return null;
    if (body === undefined) return [TEXT.waiting, ""];
    if (body.problem !== "") return [TEXT.unavailable, TEXT.unavailableHint];
    const hint = body.actions.includes("load") ? TEXT.noneHint : TEXT.noneHintWithoutLoad;
    return [TEXT.none, hint];
  };
  const draw = () => {
    const latest = simulation.get();
    const body = latest?.body ?? null;
    const age = body === null || body.age === null ? null : body.age + now() - (latest?.at ?? 0);
    bar.show(body, age, store.latest(TIME_KEY) ?? body?.time ?? null);
    banner.show(body);
    const text = emptyText();
    content.hidden = text !== null;
    empty.hidden = text === null;
    if (text !== null) {
      const [title, hint] = text;
      fill(empty, h("p", {}, title), hint === "" ? null : h("p", { class: "nvj-dim" }, hint));
    }
    const { seconds } = store;
    const span = (seconds.at(-1) ?? 0) - (seconds[0] ?? 0);
    setText(footer, store.length === 0 ? "" : PLOTS.recorded(store.length, span));
  };

  simulation.observe(draw, signal);
  watch.onRows(() => {
    draw();
    plots.update();
  });
  watch.visible.observe((isVisible) => isVisible && plots.update(), signal);
  connection.observe(draw, signal);
  session.status.observe(draw, signal);
  every(
    REFRESH_MS,
    () => {
      if (!watch.visible.get()) return;
      draw();
      if (isFrameShown && !content.hidden) fields.refresh();
      // Also after a change of the theme that set no attribute.
      else plots.update();
    },
    signal,
  );
  tabs.select(0);
  draw();
}
