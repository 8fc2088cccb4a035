/** Texts over the picture: names of people and measurements. */

import { h, setText } from "../ui/html.ts";
import { project } from "./scene/camera.ts";
import type { Camera, Vector } from "./types.ts";

export interface Label {
  readonly text: string;
  readonly at: Vector;
  /** A color as "#rrggbb", or null. */
  readonly color: string | null;
}

export interface Labels {
  readonly element: HTMLElement;
  show(labels: readonly Label[], camera: Camera, width: number, height: number): void;
}

export function createLabels(): Labels {
  const element = h("div", { class: "nvj-molecule-labels", "aria-hidden": "true" });
  const spans: HTMLElement[] = [];
  return {
    element,
    show(labels, camera, width, height) {
      while (spans.length < labels.length) {
        const span = h("span");
        spans.push(span);
        element.append(span);
      }
      spans.forEach((span, index) => {
        const label = labels[index];
        const place = label === undefined ? null : project(camera, label.at, width, height);
        span.hidden = label === undefined || place?.visible !== true;
        if (label === undefined || place === null || span.hidden) return;
        setText(span, label.text);
        span.style.transform = `translate(${place.x.toFixed(1)}px, ${place.y.toFixed(1)}px)`;
        span.style.setProperty("--nvj-label", label.color ?? "transparent");
      });
    },
  };
}
