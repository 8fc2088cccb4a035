/** The result of a run: message, value tree, and the full value on demand. */

import type { Host } from "../../kernel/host.ts";
import type { PageValue } from "../../protocol/common.ts";
import type { RunStateBody } from "../../protocol/palette.ts";
import { reasonOf } from "../../text/format.ts";
import { visible } from "../../text/visible_text.ts";
import { h, setText } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";
import { createFoldingView } from "../../values/folding_view.ts";
import { isCut, open } from "../../values/page_value.ts";
import { RESULT } from "../strings.ts";

export interface ResultView {
  /** Return the elements that show the result of a finished run. */
  parts(body: RunStateBody): readonly HTMLElement[];
  /** Return the full result, fetched if it was truncated; throw if it is no longer available. */
  fetchFull(): Promise<PageValue>;
}

const LONGEST_MESSAGE = 4000;

/** By NanoVer's convention, a string under "result" is a message for the user. */
function messageOf(result: PageValue): string | null {
  const opened = open(result);
  if (opened.kind !== "object") return null;
  const field = opened.fields.find(([name]) => name === "result")?.[1];
  return typeof field === "string" ? field : null;
}

const isOnlyMessage = (result: PageValue): boolean => {
  const opened = open(result);
  return messageOf(result) !== null && opened.kind === "object" && opened.length === 1;
};

export const isNothing = (result: PageValue): boolean => {
  const opened = open(result);
  return opened.kind === "null" || (opened.kind === "object" && opened.length === 0);
};

export const note = (text: string): HTMLElement => h("p", { class: "nvj-dim" }, text);

export function createResultView(run: string, host: Host, signal: AbortSignal): ResultView {
  let received: PageValue = null;
  /** The full result, if it was requested in place of a truncated one. */
  let fetched: PageValue | undefined;
  const tree = createFoldingView(signal);
  const fetchButton = h("button", { type: "button", class: "nvj-link" }, RESULT.fetchFull);

  const fetchFull = async (): Promise<PageValue> => {
    if (fetched !== undefined) return fetched;
    if (!isCut(received)) return received;
    const { kept, result } = await host.request("full_result", { run });
    if (!kept) throw new Error(RESULT.unavailable);
    fetched = result;
    return result;
  };
  const fetchAll = async () => {
    try {
      tree.show(await fetchFull());
      fetchButton.remove();
    } catch (error) {
      setText(fetchButton, reasonOf(error));
    }
  };
  listen(fetchButton, "click", () => void fetchAll(), signal);

  return {
    fetchFull,
    parts({ result, dropped }) {
      if (dropped) return [note(RESULT.dropped)];
      if (isNothing(result)) return [note(RESULT.none)];
      received = result;
      const message = messageOf(result);
      const parts: HTMLElement[] = [];
      if (message !== null) {
        parts.push(h("p", { class: "nvj-message" }, visible(message, LONGEST_MESSAGE)));
      }
      const isShort = message !== null && message.length <= LONGEST_MESSAGE;
      if (isShort && isOnlyMessage(result)) return parts;
      tree.show(fetched ?? result);
      parts.push(tree.element);
      if (isCut(result) && fetched === undefined) parts.push(fetchButton);
      return parts;
    },
  };
}
