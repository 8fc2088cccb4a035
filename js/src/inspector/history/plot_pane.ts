/** A plot over time of numbers in the selected key; the plot library is loaded on demand. */

import { type Plot, type PlotLook, plotOf } from "../../charts/plot_types.ts";
import { createSparkline, type Sparkline } from "../../charts/sparkline.ts";
import { loadModule } from "../../kernel/lazy_module.ts";
import type { Entry } from "../../kernel/state_store.ts";
import type { NumberBody, PlotResult } from "../../protocol/inspector.ts";
import { reasonOf } from "../../text/format.ts";
import { visible } from "../../text/visible_text.ts";
import { now } from "../../ui/clock.ts";
import { fill, h, setText } from "../../ui/html.ts";
import { every, listen, observeSize, onAbort } from "../../ui/lifetime.ts";
import { glance } from "../../values/page_value.ts";
import type { InspectorContext } from "../context.ts";
import type { Pane } from "../detail/pane.ts";
import * as strings from "../strings.ts";
import { timeOfDay } from "./recorded_state.ts";

const REFRESH_MS = 500;
/** Seconds between requests while the value does not change. */
const IDLE_REFRESH = 5;
const INITIALLY_CHECKED = 3;
const MOST_CHECKED = 8;
const HEIGHT = 190;
const TAIL = 14;

/** Return a name that is shortened at its start, because paths mostly differ at their end. */
function nameElement(text: string): HTMLElement {
  const name = visible(text, 400);
  const at = Math.max(0, name.length - TAIL);
  return h(
    "span",
    { class: "nvj-plot-name", title: name },
    h("span", { class: "nvj-plot-name-head" }, name.slice(0, at)),
    h("span", {}, name.slice(at)),
  );
}

interface Choice {
  readonly number: NumberBody;
  readonly box: HTMLInputElement;
  readonly value: HTMLElement;
  readonly spark: Sparkline;
}

export function createPlotPane(context: InspectorContext): Pane {
  const { host, signal } = context;
  let key: string | null = null;
  let entry: Entry | undefined;
  let drawnFor: Entry | null | undefined = null;
  let isLoading = false;
  /** Ids of the plotted numbers; null before the first reply. */
  let checked: readonly string[] | null = null;
  let choices: readonly Choice[] = [];
  let plot: Plot | null = null;
  let failed = false;
  let last: PlotResult | null = null;
  let requestedAt = 0;
  let drawnLook = "";

  const note = h("p", { class: "nvj-dim" });
  const place = h("div", { class: "nvj-plot", role: "img", "aria-label": strings.plotLabel });
  const point = h("div", { class: "nvj-plot-point nvj-dim" });
  const list = h("div", {
    class: "nvj-plot-numbers",
    role: "group",
    "aria-label": strings.plotChoicesLabel,
  });
  const probe = h("span", { class: "nvj-sr", "aria-hidden": "true" });
  const scroller = h(
    "div",
    { class: "nvj-plot-scroll", tabindex: 0 },
    note,
    place,
    point,
    list,
    probe,
  );
  const element = h("div", { class: "nvj-pane" }, scroller);

  /** Returns a color of the stylesheet in a form that a canvas accepts. */
  const color = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const look = (): PlotLook => ({
    text: color("--nvj-dim"),
    grid: color("--nvj-border"),
    font: "11px system-ui, sans-serif",
  });
  const colorOf = (index: number) => color(`--nvj-series-${index + 1}`);

  const resize = () => {
    if (place.clientWidth > 0) plot?.resize(place.clientWidth, HEIGHT);
  };
  observeSize(place, resize, signal);
  onAbort(signal, () => plot?.close());

  const loadPlot = async () => {
    try {
      const create = plotOf(await loadModule(host, "plot"));
      if (signal.aborted || plot !== null) return;
      plot = create(place, (at) => {
        const values = at?.values.map((value, index) => {
          const name = last?.series[index]?.text ?? "";
          return `${visible(name, 60)} ${value === null ? "—" : glance(String(value))}`;
        });
        setText(point, at === null ? "" : [timeOfDay(at.time), ...(values ?? [])].join(" · "));
      });
      resize();
      drawPlot();
    } catch (error) {
      failed = true;
      setText(note, strings.plotLoadFailed(reasonOf(error)));
    }
  };

  const drawPlot = () => {
    if (plot === null || last === null) return;
    const lines = last.series.map(({ text, times, values }, index) => ({
      label: text,
      color: colorOf(index),
      times,
      values,
    }));
    const looks = look();
    drawnLook = JSON.stringify(looks);
    plot.draw(lines, looks);
    const latest = last.series.map(
      ({ text, values }) => `${text}: ${values.at(-1) ?? strings.plotNoValue}`,
    );
    place.setAttribute("aria-label", strings.plotLabelWith(latest.join(", ")));
  };

  const choiceOf = (number: NumberBody): Choice => {
    const box = h("input", { type: "checkbox", "data-id": number.id });
    const value = h("span", { class: "nvj-plot-value nvj-tabular" });
    const spark = createSparkline();
    return { number, box, value, spark };
  };
  const drawChoices = ({ numbers, more, series }: PlotResult) => {
    const same =
      choices.length === numbers.length &&
      choices.every(({ number }, index) => number.id === numbers[index]?.id);
    if (!same) {
      choices = numbers.map(choiceOf);
      fill(
        list,
        ...choices.map(({ number, box, value, spark }) =>
          h(
            "label",
            { class: "nvj-plot-number" },
            box,
            h("span", { class: "nvj-plot-swatch", "aria-hidden": "true" }),
            nameElement(number.text),
            spark.element,
            value,
          ),
        ),
        more ? h("p", { class: "nvj-dim" }, strings.plotMoreNumbers) : null,
      );
    }
    for (const { number, box, value, spark } of choices) {
      const index = series.findIndex(({ id }) => id === number.id);
      const found = series[index];
      box.checked = checked?.includes(number.id) ?? false;
      const swatch = box.nextElementSibling;
      if (swatch instanceof HTMLElement) {
        swatch.style.background = index < 0 ? "none" : `var(--nvj-series-${index + 1})`;
      }
      const newest = found?.values.at(-1) ?? null;
      setText(value, newest === null ? "" : glance(String(newest)));
      spark.draw(found?.times ?? [], found?.values ?? []);
    }
  };

  const load = async () => {
    if (key === null || isLoading) return;
    isLoading = true;
    requestedAt = now();
    const requestedKey = key;
    const requestedEntry = entry;
    const paths = checked;
    try {
      const points = Math.max(100, Math.min(1000, place.clientWidth));
      const reply = await host.request("plot", { key: requestedKey, paths: paths ?? [], points });
      if (key !== requestedKey) return;
      last = reply;
      // Numbers that were checked since the request are not in this reply.
      drawnFor = checked === paths ? requestedEntry : null;
      if (checked === null) {
        checked = reply.numbers.slice(0, INITIALLY_CHECKED).map(({ id }) => id);
        drawnFor = null;
      }
      drawChoices(reply);
      const none = reply.numbers.length === 0 && reply.series.length === 0;
      if (!failed) setText(note, none ? strings.plotNoNumbers : "");
      place.hidden = none || checked.length === 0;
      if (!none && plot === null && !failed) void loadPlot();
      drawPlot();
    } catch (error) {
      if (key === requestedKey) setText(note, strings.plotDataFailed(reasonOf(error)));
    } finally {
      isLoading = false;
    }
  };
  const refresh = () => {
    if (element.hidden || context.isHidden() || key === null) return;
    const isUnchanged = drawnFor !== null && drawnFor === entry;
    if (!isUnchanged || now() - requestedAt > IDLE_REFRESH) void load();
    // A change of theme sends no event.
    else if (drawnLook !== JSON.stringify(look())) drawPlot();
  };
  every(REFRESH_MS, refresh, signal);

  listen(
    list,
    "change",
    () => {
      const wanted = choices.filter(({ box }) => box.checked).map(({ number }) => number.id);
      checked = wanted.slice(0, MOST_CHECKED);
      if (wanted.length > MOST_CHECKED) context.announce(strings.plotTooMany(MOST_CHECKED));
      drawnFor = null;
      refresh();
    },
    signal,
  );

  return {
    label: strings.detailPlot,
    element,
    opened: refresh,
    note: () => "",
    show(nextKey, nextEntry) {
      entry = nextEntry;
      if (nextKey === key) return;
      key = nextKey;
      checked = null;
      last = null;
      choices = [];
      drawnFor = null;
      list.replaceChildren();
      setText(point, "");
      refresh();
    },
  };
}
