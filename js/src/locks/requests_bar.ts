/** Requests of other clients for our locks, with the possible answers. */

import type { RequestBody } from "../protocol/locks.ts";
import { fill, h } from "../ui/html.ts";
import { keepingFocus } from "../ui/keep_focus.ts";
import { listen } from "../ui/lifetime.ts";
import { REQUESTS as TEXT } from "./strings.ts";

export interface RequestsBar {
  readonly element: HTMLElement;
  show(requests: readonly RequestBody[]): void;
}

export interface RequestsBarOptions {
  readonly onRelease: (request: RequestBody) => void;
  readonly onDismiss: (request: RequestBody) => void;
  /** Called when nothing here can take the focus. */
  readonly onLeft: () => void;
  readonly signal: AbortSignal;
}

export const requestText = ({ by, message, keys }: RequestBody): string =>
  TEXT.text(by, keys, message);

export function createRequestsBar(options: RequestsBarOptions): RequestsBar {
  let shown: readonly RequestBody[] = [];
  const element = h("div", { class: "nvj-requests", role: "status", hidden: true });

  listen(
    element,
    "click",
    ({ target }) => {
      const button =
        target instanceof Element ? target.closest<HTMLElement>("[data-answer]") : null;
      const request = button === null ? undefined : shown[Number(button.dataset.index)];
      if (request === undefined) return;
      if (button?.dataset.answer === "release") options.onRelease(request);
      else options.onDismiss(request);
    },
    options.signal,
  );

  const draw = (requests: readonly RequestBody[]) => {
    shown = requests;
    element.hidden = requests.length === 0;
    fill(
      element,
      ...requests.map((request, index) =>
        h(
          "div",
          { class: "nvj-request" },
          h("span", {}, requestText(request)),
          h(
            "button",
            {
              type: "button",
              class: "nvj-button",
              "data-answer": "release",
              "data-index": index,
              "data-same": `release ${request.asker}`,
            },
            TEXT.release,
          ),
          h(
            "button",
            {
              type: "button",
              class: "nvj-quiet",
              "data-answer": "decline",
              "data-index": index,
              "data-same": `decline ${request.asker}`,
            },
            TEXT.decline,
          ),
        ),
      ),
    );
  };

  return {
    element,
    show: (requests) => {
      if (JSON.stringify(requests) === JSON.stringify(shown)) return;
      keepingFocus(element, () => draw(requests), options.onLeft);
    },
  };
}
