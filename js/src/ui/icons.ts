/** Icons, 16 by 16, in the text color. They are decorative: each is next to a label. */

import { svg } from "./html.ts";

const STROKES = {
  search: "M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9zM10.4 10.4L14 14",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  refresh: "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3",
  close: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  plus: "M8 3.5v9M3.5 8h9",
  play: "M5 3.5v9l7.5-4.5z",
  command: "M3.5 4.5l3.5 3.5l-3.5 3.5M8.5 11.5h4",
  chevron: "M6 4l4 4l-4 4",
  star: "M8 2l1.8 3.8l4.2.5l-3.1 2.9l.8 4.1L8 11.3l-3.7 2l.8-4.1L2 6.3l4.2-.5z",
  sort: "M5 3v10M2.5 10.5L5 13l2.5-2.5M11 13V3M8.5 5.5L11 3l2.5 2.5",
  mute: "M2.5 6.5h2L8 3.5v9l-3.5-3h-2zM10.5 6.5l3 3M13.5 6.5l-3 3",
  help: "M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.5M8 12v.2",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  recent: "M8 2.5a5.5 5.5 0 1 1-5 3.2M3 2.5v3.2h3.2M8 5v3.2l2 1.3",
  pin: "M6 2.5h4l-.5 4.5l2 2.5h-7l2-2.5zM8 9.5v4.5",
  cell: "M2.5 3.5h11v4h-11zM8 9.5v4M6 11.5h4",
  again: "M3 8a5 5 0 1 0 1.6-3.7M3 2v3h3",
  edit: "M3 13l.7-3l7-7l2.3 2.3l-7 7zM9.5 4.2l2.3 2.3",
  trash: "M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.6 9h5.8l.6-9",
  warning: "M8 2.5l6 11h-12zM8 6.5v3.5M8 11.8v.4",
  step: "M4 3.5v9l6-4.5zM12.5 3.5v9",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  history: "M3 8a5 5 0 1 0 1.6-3.7M3 2v3h3M8 5.2V8l2 1.3",
  download: "M8 2.5v7.5M4.8 7l3.2 3.2L11.2 7M3 13.5h10",
  undo: "M6 3.5L3 6.5l3 3M3 6.5h6a3.5 3.5 0 0 1 0 7H6.5",
  check: "M3 8.5l3.2 3.2L13 4.5",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
} as const;

export type IconName = keyof typeof STROKES;

export const icon = (name: IconName): SVGElement =>
  svg(
    "svg",
    { class: `nvj-icon nvj-icon-${name}`, viewBox: "0 0 16 16", "aria-hidden": "true" },
    svg("path", { d: STROKES[name] }),
  );
