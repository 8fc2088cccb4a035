/** A sparkline in each row with a number, from the values that this page received. */

import { createSparkline } from "../../charts/sparkline.ts";
import type { Entry } from "../../kernel/state_store.ts";
import type { PageValue } from "../../protocol/common.ts";
import { h } from "../../ui/html.ts";
import { open } from "../../values/page_value.ts";
import type { InspectorContext } from "../context.ts";
import { type Row, valueAt } from "./rows.ts";

const SAMPLES = 60;
const ROWS = 200;
/** Seconds without a change after which the sparkline is hidden. */
const HIDE_AFTER = 60;
const MIN_SAMPLES = 3;

interface Samples {
  readonly times: number[];
  readonly values: (number | null)[];
}

function numberOf(row: Row, entry: Entry | undefined): number | null {
  if (entry === undefined || (row.kind !== "node" && row.kind !== "value")) return null;
  const value: PageValue | undefined =
    row.kind === "node" ? entry.value : valueAt(entry.key, entry.value, row.path);
  if (value === undefined) return null;
  const opened = open(value);
  if (opened.kind !== "number") return null;
  const number = Number(opened.text);
  return Number.isFinite(number) ? number : null;
}

export function addRowSparklines({ addRowPart, shown }: InspectorContext): void {
  /** By row, least recently drawn first. */
  const samplesOf = new Map<string, Samples>();

  const sample = (id: string, number: number, time: number): Samples => {
    const samples = samplesOf.get(id) ?? { times: [], values: [] };
    samplesOf.delete(id);
    samplesOf.set(id, samples);
    if (samples.values.at(-1) !== number) {
      samples.times.push(time);
      samples.values.push(number);
      if (samples.times.length > SAMPLES) {
        samples.times.shift();
        samples.values.shift();
      }
    }
    for (const oldest of samplesOf.keys()) {
      if (samplesOf.size <= ROWS) break;
      samplesOf.delete(oldest);
    }
    return samples;
  };

  addRowPart({
    at: "end",
    make: () => {
      const spark = createSparkline();
      const element = h("span", { class: "nvj-row-sparkline" });
      element.append(spark.element);
      return {
        element,
        draw(row, entry, time) {
          const number = shown.get().at === null ? numberOf(row, entry) : null;
          if (number === null) {
            element.hidden = true;
            return;
          }
          const { times, values } = sample(row.id, number, time);
          const last = times.at(-1) ?? time;
          element.hidden = times.length < MIN_SAMPLES || time - last > HIDE_AFTER;
          if (!element.hidden) spark.draw(times, values);
        },
      };
    },
  });
}
