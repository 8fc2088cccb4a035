/** Save plots as an image and their data as a table. */

import { h } from "../ui/html.ts";
import type { RowStore } from "./row_store.ts";
import { seriesName } from "./strings.ts";

/** Download a file. */
export function download(name: string, content: Blob, near: HTMLElement): void {
  const url = URL.createObjectURL(content);
  const link = h("a", { href: url, download: name, hidden: true });
  near.append(link);
  link.click();
  link.remove();
  // The browser starts the download asynchronously.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Return a file name from the simulation's name and the time. */
export function fileName(simulation: string, ending: string, date: Date): string {
  const name = simulation.replace(/[^\p{L}\p{N}_-]+/gu, "-").replace(/^-+|-+$/g, "");
  const time = date.toISOString().slice(0, 19).replace(/[:T]/g, "-");
  return `${name === "" ? "simulation" : name.slice(0, 60)}-${time}.${ending}`;
}

/** Quote a heading; a key from a server must not become a formula in a spreadsheet. */
function quoted(heading: string): string {
  const text = /^[=+\-@\t]/.test(heading) ? `'${heading}` : heading;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Return all rows as CSV: UTC time, then a column for each key; missing values are empty. */
export function toCsv(store: RowStore, keys: readonly string[]): string {
  const columns = keys.map((key) => store.column(key));
  const heads = keys.map((key) => {
    const [, unit] = seriesName(key);
    return quoted(unit === "" ? key : `${key} (${unit})`);
  });
  const lines = [["time (UTC)", ...heads].join(",")];
  store.seconds.forEach((seconds, row) => {
    const cells = columns.map((column) => {
      const value = column?.[row] ?? Number.NaN;
      return Number.isFinite(value) ? String(value) : "";
    });
    lines.push([new Date(seconds * 1000).toISOString(), ...cells].join(","));
  });
  return `${lines.join("\n")}\n`;
}

export interface PlotImage {
  readonly title: string;
  readonly value: string;
  readonly canvas: HTMLCanvasElement;
}

export interface ImageLook {
  readonly background: string;
  readonly text: string;
}

const TITLE_HEIGHT = 24;
const MARGIN = 10;

/** Draw plots with their titles below each other, and return the image. */
export async function toPng(plots: readonly PlotImage[], look: ImageLook): Promise<Blob> {
  const scale = window.devicePixelRatio || 1;
  const title = TITLE_HEIGHT * scale;
  const margin = MARGIN * scale;
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, ...plots.map((plot) => plot.canvas.width)) + 2 * margin;
  canvas.height =
    plots.reduce((height, plot) => height + title + plot.canvas.height, 0) + 2 * margin;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("this browser cannot draw images");
  context.fillStyle = look.background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.font = `${13 * scale}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  context.fillStyle = look.text;
  let top = margin;
  for (const { title: text, value, canvas: plot } of plots) {
    context.textAlign = "left";
    context.fillText(text, margin, top + title / 2);
    context.textAlign = "right";
    context.fillText(value, canvas.width - margin, top + title / 2);
    context.drawImage(plot, margin, top + title);
    top += title + plot.height;
  }
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob === null) throw new Error("the image is too large");
  return blob;
}
