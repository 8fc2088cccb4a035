/** Other clients that wait for our locks, with the possible answers. */

import type { RequestBody } from "../protocol/locks.ts";
import { fill, h, setBlocked } from "../ui/html.ts";
import { keepingFocus } from "../ui/keep_focus.ts";
import { listen } from "../ui/lifetime.ts";
import { REQUESTS as TEXT } from "./strings.ts";

export interface RequestsBar {
  readonly element: HTMLElement;
  show(requests: readonly RequestBody[]): void;
  setBlocked(reason: string | null): void;
}

export interface RequestsBarOptions {
  readonly onHandOver: (request: RequestBody) => void;
  readonly onDismiss: (request: RequestBody) => void;
  /** Called when nothing here can take the focus. */
  readonly onLeft: () => void;
  readonly signal: AbortSignal;
}

export const requestText = ({ name, message, keys }: RequestBody): string =>
  TEXT.text(name, keys, message);

export function createRequestsBar(options: RequestsBarOptions): RequestsBar {
  let shown: readonly RequestBody[] = [];
  let blocked: string | null = null;
  const element = h("div", { class: "nvj-requests", role: "status", hidden: true });

  listen(
    element,
    "click",
    ({ target }) => {
      const button =
        target instanceof Element ? target.closest<HTMLElement>("[data-answer]") : null;
      const request = button === null ? undefined : shown[Number(button.dataset.index)];
      if (request === undefined) return;
      if (button?.dataset.answer === "hand_over") options.onHandOver(request);
      else options.onDismiss(request);
    },
    options.signal,
  );

  const button = (answer: "hand_over" | "dismiss", index: number, request: RequestBody) => {
    const [label, className] =
      answer === "hand_over" ? [TEXT.handOver, "nvj-button"] : [TEXT.dismiss, "nvj-quiet"];
    const same = `${answer} ${request.client}`;
    return h(
      "button",
      {
        type: "button",
        class: className,
        "data-answer": answer,
        "data-index": index,
        "data-same": same,
      },
      label,
    );
  };
  const draw = (requests: readonly RequestBody[]) => {
    shown = requests;
    element.hidden = requests.length === 0;
    const rows = requests.map((request, index) => {
      const handOver = button("hand_over", index, request);
      setBlocked(handOver, blocked);
      const dismiss = button("dismiss", index, request);
      return h(
        "div",
        { class: "nvj-request" },
        h("span", {}, requestText(request)),
        handOver,
        dismiss,
      );
    });
    fill(element, ...rows);
  };

  return {
    element,
    show: (requests) => {
      if (JSON.stringify(requests) === JSON.stringify(shown)) return;
      keepingFocus(element, () => draw(requests), options.onLeft);
    },
    setBlocked: (reason) => {
      if (reason === blocked) return;
      blocked = reason;
      keepingFocus(element, () => draw(shown), options.onLeft);
    },
  };
}
