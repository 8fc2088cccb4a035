/** Live plots of chosen series, with a time window, a linked cursor and files to save. */

import { clockText } from "../charts/axis_text.ts";
import { type CreateTimePlot, type PlotLook, timePlotOf } from "../charts/plot_types.ts";
import { loadModule } from "../kernel/lazy_module.ts";
import type { ToolContext } from "../panel/tool.ts";
import { reasonOf } from "../text/format.ts";
import { randomName } from "../text/random_name.ts";
import { h, setAttribute, setText } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import { listen, observeSize, onAbort, oncePerFrame } from "../ui/lifetime.ts";
import { createMenuButton } from "../ui/menu.ts";
import { createPlotCard, type PlotCard } from "./plot_card.ts";
import type { RowStore } from "./row_store.ts";
import { download, fileName, toCsv, toPng } from "./save.ts";
import { createSeriesChooser } from "./series_chooser.ts";
import { PLOTS as TEXT } from "./strings.ts";

const MOST_PLOTS = 8;
const TWO_COLUMNS_FROM = 640;
const TITLE_HEIGHT = 24;
const MIN_HEIGHT = 78;
/** Seconds that plots show at least. */
const MIN_SPAN = 10;
const MAX_HEIGHT = 600;
const NONE: readonly string[] = [];

export interface PlotsView {
  readonly element: HTMLElement;
  /** Window, series and save, for the row of tabs. */
  readonly controls: HTMLElement;
  /** Draw new rows in the next animation frame. */
  update(): void;
}

export interface PlotsOptions {
  readonly store: RowStore;
  readonly simulationName: () => string;
  readonly isVisible: () => boolean;
}

export function createPlotsView(
  { host, signal, announce }: ToolContext,
  { store, simulationName, isVisible }: PlotsOptions,
): PlotsView {
  const group = `nvj-${randomName()}`;
  const probe = h("span", { class: "nvj-sr", "aria-hidden": "true" });
  const grid = h("div", { class: "nvj-plot-grid" });
  const note = h("p", { class: "nvj-empty", hidden: true });
  const time = h("span", { class: "nvj-plot-time nvj-dim nvj-tabular" });
  let create: CreateTimePlot | null = null;
  let problem = "";
  let isLoading = false;
  let cards: readonly PlotCard[] = [];

  /** Return a color of the stylesheet in a form that a canvas takes. */
  const colorOf = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const look = (): PlotLook => ({
    text: colorOf("--nvj-dim"),
    grid: colorOf("--nvj-border"),
    font: "11px system-ui, sans-serif",
  });

  const chosen = (): readonly string[] => (host.get("plots") ?? NONE).slice(0, MOST_PLOTS);
  const onChoose = (keys: readonly string[]) => {
    // Series keep their order, and thus their color, when others are added.
    const kept = chosen().filter((key) => keys.includes(key));
    const all = [...kept, ...keys.filter((key) => !kept.includes(key))];
    if (all.length > MOST_PLOTS) announce(TEXT.tooMany(MOST_PLOTS));
    host.set("plots", all.slice(0, MOST_PLOTS));
    update();
  };
  const chooser = createSeriesChooser(onChoose, signal);

  const load = async () => {
    if (isLoading) return;
    isLoading = true;
    try {
      create = timePlotOf(await loadModule(host, "plot"));
      if (!signal.aborted) update();
    } catch (error) {
      problem = TEXT.loadFailed(reasonOf(error));
      update();
    }
  };

  const arrange = () => {
    const width = scroller.clientWidth - 16;
    if (width <= 0 || cards.length === 0) return;
    const columns = width >= TWO_COLUMNS_FROM && cards.length > 1 ? 2 : 1;
    grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    const lines = Math.ceil(cards.length / columns);
    const room = scroller.clientHeight - chooser.element.offsetHeight - 12;
    const height = Math.floor(room / lines) - TITLE_HEIGHT - 4;
    const gap = 14;
    const each = Math.floor((width - (columns - 1) * gap) / columns);
    cards.forEach((card, index) => {
      const isLast = index >= cards.length - columns;
      card.resize(each, Math.min(MAX_HEIGHT, Math.max(MIN_HEIGHT, height)), isLast);
    });
  };
  const makeCards = (make: CreateTimePlot, keys: readonly string[]) => {
    for (const card of cards) card.close();
    cards = keys.map((key, index) =>
      createPlotCard({
        key,
        color: index + 1,
        group,
        create: make,
        colorOf,
        onTime: (at) => setText(time, at === null ? "" : clockText(at)),
      }),
    );
    grid.append(...cards.map(({ element }) => element));
  };

  const draw = () => {
    if (!isVisible() || element.hidden) return;
    const keys = chosen();
    const numbers = store.keys;
    chooser.show(numbers, keys);
    for (const button of windows.querySelectorAll<HTMLElement>("button")) {
      const pressed = Number(button.dataset.seconds) === (host.get("plot_window") ?? 0);
      setAttribute(button, "aria-pressed", String(pressed));
    }
    const text = numbers.length === 0 ? TEXT.noNumbers : keys.length === 0 ? TEXT.nothing : "";
    setText(note, problem === "" ? text : problem);
    note.hidden = note.textContent === "";
    grid.hidden = !note.hidden;
    if (create === null) {
      void load();
      return;
    }
    const isSame = cards.length === keys.length && cards.every(({ key }, at) => key === keys[at]);
    if (!isSame) makeCards(create, keys);
    arrange();
    const { seconds } = store;
    const last = seconds.at(-1) ?? 0;
    const span = host.get("plot_window") ?? 0;
    // Until the window is full, the plots show what there is.
    const begin = Math.min(seconds[0] ?? 0, last - MIN_SPAN);
    const from = span > 0 ? Math.max(last - span, begin) : begin;
    const shownLook = look();
    for (const card of cards) card.draw(store, [from, last], shownLook);
  };
  const update = oncePerFrame(draw, signal);

  const windows = h(
    "span",
    { class: "nvj-segments", role: "group", "aria-label": TEXT.windowLabel },
    ...TEXT.windows.map(([label, seconds]) =>
      h("button", { type: "button", "data-seconds": seconds }, label),
    ),
  );
  listen(
    windows,
    "click",
    ({ target }) => {
      const seconds = target instanceof HTMLElement ? target.dataset.seconds : undefined;
      if (seconds === undefined) return;
      host.set("plot_window", Number(seconds));
      update();
    },
    signal,
  );

  const save = async (ending: string, content: () => Promise<Blob>) => {
    try {
      const name = fileName(simulationName(), ending, new Date());
      download(name, await content(), element);
      announce(TEXT.saved(name));
    } catch (error) {
      announce(TEXT.saveFailed(reasonOf(error)));
    }
  };
  const savePng = () => {
    const images = cards.flatMap(({ canvas, title, value }) =>
      canvas === null ? [] : [{ canvas, title, value }],
    );
    return toPng(images, { background: colorOf("--nvj-bg"), text: colorOf("--nvj-text") });
  };
  const menu = createMenuButton(
    {
      name: TEXT.save,
      className: "nvj-quiet",
      items: () => [
        { label: TEXT.savePng, hint: "PNG", run: () => void save("png", savePng) },
        {
          label: TEXT.saveCsv,
          hint: "CSV",
          run: () =>
            void save(
              "csv",
              async () => new Blob([toCsv(store, store.keys)], { type: "text/csv" }),
            ),
        },
      ],
    },
    signal,
  );
  menu.setLabel(icon("download"));

  const scroller = h(
    "div",
    { class: "nvj-plots-scroll", tabindex: 0 },
    chooser.element,
    note,
    grid,
  );
  const element = h("div", { class: "nvj-simulation-pane" }, scroller, probe);
  const controls = h(
    "span",
    { class: "nvj-plot-controls" },
    time,
    windows,
    chooser.button,
    menu.element,
  );
  observeSize(scroller, update, signal);
  // JupyterLab and VS Code set attributes of the body when the theme changes.
  const themes = new MutationObserver(update);
  themes.observe(document.body, { attributes: true });
  onAbort(signal, () => themes.disconnect());
  listen(chooser.button, "click", update, signal);
  host.observe("plots", update, signal);
  host.observe("plot_window", update, signal);
  onAbort(signal, () => {
    for (const card of cards) card.close();
  });
  return { element, controls, update };
}
