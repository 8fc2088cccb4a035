/** The view of the simulation: playback, the molecule, plots and the fields of the frame. */

import { createLazyPart } from "../kernel/lazy_part.ts";
import { createViewOf as createMoleculeViewOf } from "../molecule/molecule_module.ts";
import type { ToolContext } from "../panel/tool.ts";
import { trackVisibility } from "../panel/tool_visibility.ts";
import { now } from "../ui/clock.ts";
import { fill, h, setText } from "../ui/html.ts";
import { every, observeSize } from "../ui/lifetime.ts";
import { createTabList } from "../ui/tabs.ts";
import { createExceptionBanner } from "./exception_banner.ts";
import { createFieldsView } from "./fields_view.ts";
import { createFrameWatch } from "./frame_watch.ts";
import { createPlaybackBar } from "./playback_bar.ts";
import { createPlotsView } from "./plots_view.ts";
import { PLOTS, TABS, EMPTY as TEXT } from "./strings.ts";

const TIME_KEY = "system.simulation.time";
const REFRESH_MS = 1000;
/** The width in CSS pixels from which molecule and plots are side by side. */
const WIDE_FROM = 680;

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
  const moleculePane = h("div", { class: "nvj-molecule" });
  const side = h("div", { class: "nvj-simulation-side" }, plots.element, fieldsPane);
  const content = h("div", { class: "nvj-simulation-content" });
  const molecule = createLazyPart({
    host: context.host,
    module: "molecule_view",
    what: "the molecule",
    make: (module) => {
      const visible = trackVisibility(session, [element, content, moleculePane], signal);
      const hasInspector = context.host.get("pins") !== null;
      createMoleculeViewOf(module)(context, moleculePane, { visible, hasInspector });
    },
    signal,
  });
  moleculePane.append(molecule.note);

  /** The tabs: the molecule, the plots, the frame. In a wide panel, the molecule has no tab. */
  let selected = 0;
  let isWide = true;
  let hasChosen = false;
  const tabs = createTabList(
    [
      { label: [TABS.molecule], panel: moleculePane },
      { label: [TABS.plots], panel: plots.element },
      { label: [TABS.frame], panel: fieldsPane },
    ],
    { class: "nvj-pane-tabs", "aria-label": TABS.label },
    (index) => {
      selected = index;
      moleculePane.hidden = !isWide && index !== 0;
      side.hidden = index === 0;
      plots.controls.classList.toggle("nvj-off", index !== 1);
      if (index === 2) fields.refresh();
      else plots.update();
      if (!moleculePane.hidden && watch.visible.get()) molecule.load();
    },
    signal,
    () => {
      hasChosen = true;
    },
  );
  const moleculeTab = tabs.bar.querySelector<HTMLElement>("[role=tab]");
  const layOut = () => {
    const width = element.clientWidth;
    // Before it is in the page, it has no width.
    isWide = width === 0 || width >= WIDE_FROM;
    content.dataset.layout = isWide ? "wide" : "narrow";
    if (moleculeTab !== null) moleculeTab.hidden = isWide;
    const narrow = hasChosen ? selected : 0;
    tabs.select(isWide ? Math.max(1, selected) : narrow);
  };
  const empty = h("div", { class: "nvj-empty" });
  content.append(
    moleculePane,
    h("div", { class: "nvj-simulation-tabs" }, tabs.bar, plots.controls),
    side,
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
  watch.visible.observe((isVisible) => {
    if (!isVisible) return;
    plots.update();
    if (!moleculePane.hidden) molecule.load();
  }, signal);
  connection.observe(draw, signal);
  session.status.observe(draw, signal);
  every(
    REFRESH_MS,
    () => {
      if (!watch.visible.get()) return;
      draw();
      if (selected === 2 && !content.hidden) fields.refresh();
      // Also after a change of the theme that set no attribute.
      else plots.update();
    },
    signal,
  );
  observeSize(
    element,
    () => {
      const width = element.clientWidth;
      if (width > 0 && width >= WIDE_FROM !== isWide) layOut();
    },
    signal,
  );
  layOut();
  draw();
}
