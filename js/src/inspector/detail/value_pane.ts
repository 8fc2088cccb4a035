/** The pane with the live value of the selected key, and buttons that copy it. */

import type { Entry } from "../../kernel/state_store.ts";
import type { PageValue } from "../../protocol/common.ts";
import { age, reasonOf } from "../../text/format.ts";
import { visible } from "../../text/visible_text.ts";
import { copyButton } from "../../ui/clipboard.ts";
import { now } from "../../ui/clock.ts";
import { h, setText } from "../../ui/html.ts";
import { listen } from "../../ui/lifetime.ts";
import { isCut, open, typeName } from "../../values/page_value.ts";
import { createPrettyView } from "../../values/pretty_view.ts";
import { readLine, toJsonText, toPythonText } from "../../values/value_text.ts";
import type { InspectorContext } from "../context.ts";
import { fetchFullValue } from "../state/full_value.ts";
import * as strings from "../strings.ts";
import type { Pane } from "./pane.ts";

/** The full value fetched for a truncated one. */
interface FullValue {
  readonly of: PageValue;
  readonly value: PageValue;
  readonly at: number;
  /** Whether it is truncated even so, because it is too large for a page. */
  readonly isCut: boolean;
}

/** The inputs of the last drawing; equal inputs are not drawn again. */
interface Drawn {
  readonly of: PageValue;
  readonly showing: PageValue;
  readonly lines: number;
  readonly exact: boolean;
  readonly rounded: boolean;
}

const LINES = 600;

export function createValuePane({ host, shown, editedPlace, signal }: InspectorContext): Pane {
  let key: string | null = null;
  let entry: Entry | undefined;
  let drawn: Drawn | null = null;
  let fetched: FullValue | null = null;
  let lines = LINES;
  let exact = false;

  const type = h("span", { class: "nvj-dim nvj-detail-type" });
  const digits = h("button", { type: "button", class: "nvj-link", hidden: true });
  const note = h("div", { class: "nvj-note", hidden: true });
  const noteText = h("span");
  const fetchButton = h("button", { type: "button", class: "nvj-link" }, strings.detailLoadFull);
  note.append(noteText, " ", fetchButton);
  const pretty = createPrettyView(() => {
    lines += LINES;
    draw();
  }, signal);
  const line = h("code", { class: "nvj-code-line nvj-dim" });
  const gone = h("p", { class: "nvj-dim", hidden: true });

  /** A copied value must be complete. */
  const fullValue = async (): Promise<PageValue> => {
    if (entry === undefined) throw new Error(strings.detailRemoved);
    const { value } = entry;
    if (!isCut(value)) return value;
    if (fetched?.of === value && !fetched.isCut) return fetched.value;
    if (shown.get().at !== null) throw new Error(strings.detailEarlierTruncated);
    return fetchFullValue(host, { key: entry.key, path: [] });
  };

  const fetchFull = async () => {
    const requested = entry;
    if (requested === undefined) return;
    fetchButton.disabled = true;
    setText(noteText, strings.detailLoadingFull);
    try {
      const reply = await host.request("value", { key: requested.key });
      if (key !== requested.key) return;
      if (!reply.exists || reply.value === undefined) {
        setText(noteText, strings.detailRemoved);
        return;
      }
      const { value } = reply;
      fetched = { of: requested.value, value, at: now(), isCut: isCut(value) };
      draw();
    } catch (error) {
      setText(noteText, strings.detailLoadFailed(reasonOf(error)));
    } finally {
      fetchButton.disabled = false;
    }
  };
  listen(fetchButton, "click", () => void fetchFull(), signal);

  const scroller = h(
    "div",
    { class: "nvj-detail-scroll", tabindex: 0 },
    gone,
    note,
    pretty.element,
  );
  const foot = h(
    "div",
    { class: "nvj-detail-foot" },
    type,
    digits,
    h("span", { class: "nvj-space" }),
    line,
    copyButton("", () => (key === null ? "" : readLine(key)), signal, strings.detailCopyExpression),
  );
  const copies = h(
    "div",
    { class: "nvj-detail-copies" },
    copyButton("JSON", async () => toJsonText(await fullValue()), signal),
    copyButton("Python", async () => toPythonText(await fullValue()), signal),
  );
  listen(
    digits,
    "click",
    () => {
      exact = !exact;
      draw();
    },
    signal,
  );
  const element = h("div", { class: "nvj-pane" }, copies, scroller, foot);

  const drawNote = (value: PageValue, isCutValue: boolean) => {
    note.hidden = !isCutValue;
    if (!isCutValue) return;
    const isOld = fetched !== null && fetched.of !== value;
    note.dataset.tone = fetched === null || isOld ? "amber" : "neutral";
    fetchButton.hidden = true;
    const isLive = shown.get().at === null;
    if (fetched === null || !isLive) {
      setText(noteText, strings.detailTruncated(typeName(open(value))));
      fetchButton.hidden = !isLive;
    } else if (fetched.isCut) {
      setText(noteText, strings.detailTooLarge(typeName(open(value))));
    } else {
      setText(
        noteText,
        isOld ? strings.detailFullOutdated(age(now() - fetched.at)) : strings.detailFull,
      );
      fetchButton.hidden = !isOld;
    }
  };

  const draw = () => {
    gone.hidden = entry !== undefined;
    pretty.element.hidden = entry === undefined;
    copies.hidden = entry === undefined;
    foot.hidden = entry === undefined;
    if (entry === undefined) {
      const isLive = shown.get().at === null;
      setText(gone, isLive ? strings.detailRemoved : strings.detailDidNotExist);
      note.hidden = true;
      return;
    }
    const { value } = entry;
    const isCutValue = isCut(value);
    const isFull = isCutValue && fetched !== null;
    const showing = isFull && fetched !== null ? fetched.value : value;
    const isDrawn = drawn?.showing === showing && drawn.lines === lines && drawn.exact === exact;
    // Flashes next to the edit field would distract.
    const isEdited = editedPlace.get()?.key === key;
    const changes = drawn !== null && drawn.exact === exact && !isFull && !isEdited;
    const rounded =
      isDrawn && drawn !== null
        ? drawn.rounded
        : pretty.show(showing, { changes, lines, short: !exact });
    drawn = { of: value, showing, lines, exact, rounded };
    digits.hidden = !rounded && !exact;
    setText(digits, exact ? strings.detailRoundNumbers : strings.detailShowAllDigits);
    digits.title = exact ? strings.detailRoundNumbersHint : strings.detailShowAllDigitsHint;
    setText(type, typeName(open(value)));
    drawNote(value, isCutValue);
  };

  return {
    label: strings.detailValue,
    element,
    opened: () => undefined,
    note: () => "",
    show(nextKey, nextEntry) {
      if (nextKey !== key) {
        drawn = null;
        fetched = null;
        lines = LINES;
        setText(line, nextKey === null ? "" : visible(readLine(nextKey), 300));
        line.title = line.textContent ?? "";
        scroller.scrollTop = 0;
      } else if (nextEntry === entry && nextEntry?.value === drawn?.of) {
        // The note shows the age of an outdated full value.
        if (nextEntry !== undefined && fetched !== null) drawNote(nextEntry.value, true);
        return;
      }
      key = nextKey;
      entry = nextEntry;
      if (key !== null) draw();
    },
  };
}
