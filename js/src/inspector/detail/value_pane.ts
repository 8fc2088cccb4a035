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
import type { Pane } from "./pane.ts";

/** A cut value that was fetched whole, as it was then. */
interface FullValue {
  readonly of: PageValue;
  readonly value: PageValue;
  readonly at: number;
  /** Whether it is cut all the same. */
  readonly isCut: boolean;
}

/** What the pane was drawn from; the same again is not laid out again. */
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
  const fetchButton = h("button", { type: "button", class: "nvj-link" }, "Show all of it");
  note.append(noteText, " ", fetchButton);
  const pretty = createPrettyView(() => {
    lines += LINES;
    draw();
  }, signal);
  const line = h("code", { class: "nvj-code-line nvj-dim" });
  const gone = h("p", { class: "nvj-dim", hidden: true });

  /** The value as text must be whole, so that what is pasted is what there is. */
  const fullValue = async (): Promise<PageValue> => {
    if (entry === undefined) throw new Error("The key is gone");
    const { value } = entry;
    if (!isCut(value)) return value;
    if (fetched?.of === value && !fetched.isCut) return fetched.value;
    if (shown.get().at !== null) throw new Error("Of the past, history has the whole value");
    const answer = await host.request("value", { key: entry.key });
    if (!answer.exists || answer.value === undefined) throw new Error("The key is gone");
    if (isCut(answer.value)) throw new Error("Too large to copy");
    return answer.value;
  };

  const fetchWhole = async () => {
    const asked = entry;
    if (asked === undefined) return;
    fetchButton.disabled = true;
    setText(noteText, "Asking the kernel for all of it.");
    try {
      const answer = await host.request("value", { key: asked.key });
      if (key !== asked.key) return;
      if (!answer.exists || answer.value === undefined) {
        setText(noteText, "The key is gone.");
        return;
      }
      const { value } = answer;
      fetched = { of: asked.value, value, at: now(), isCut: isCut(value) };
      draw();
    } catch (error) {
      setText(noteText, `Not possible: ${reasonOf(error)}.`);
    } finally {
      fetchButton.disabled = false;
    }
  };
  listen(fetchButton, "click", () => void fetchWhole(), signal);

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
    copyButton("", () => (key === null ? "" : readLine(key)), signal, "Copy this line of Python"),
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
    if (shown.get().at !== null) {
      setText(noteText, `Cut on the way to this page: ${typeName(open(value))}.`);
    } else if (fetched?.isCut) {
      setText(noteText, `Too large for this page: ${typeName(open(value))}.`);
    } else if (fetched === null) {
      setText(noteText, `Cut on the way to this page: ${typeName(open(value))}.`);
      fetchButton.hidden = false;
    } else {
      const ago = `Whole as it was ${age(now() - fetched.at)} ago; it has changed since.`;
      setText(noteText, isOld ? ago : "All of it is here.");
      fetchButton.hidden = !isOld;
    }
  };

  const draw = () => {
    gone.hidden = entry !== undefined;
    pretty.element.hidden = entry === undefined;
    copies.hidden = entry === undefined;
    foot.hidden = entry === undefined;
    if (entry === undefined) {
      const then = shown.get().at !== null;
      setText(gone, then ? "It was not there at that time." : "It is gone from the shared state.");
      note.hidden = true;
      return;
    }
    const { value } = entry;
    const isCutValue = isCut(value);
    const isFull = isCutValue && fetched !== null;
    const showing = isFull && fetched !== null ? fetched.value : value;
    const isDrawn = drawn?.showing === showing && drawn.lines === lines && drawn.exact === exact;
    // What is being edited does not flash beside the field either.
    const isEdited = editedPlace.get()?.key === key;
    const changes = drawn !== null && drawn.exact === exact && !isFull && !isEdited;
    const rounded =
      isDrawn && drawn !== null
        ? drawn.rounded
        : pretty.show(showing, { changes, lines, short: !exact });
    drawn = { of: value, showing, lines, exact, rounded };
    digits.hidden = !rounded && !exact;
    setText(digits, exact ? "all digits" : "rounded");
    digits.title = exact
      ? "Round the numbers, so that they are easy to read"
      : "Show all digits. Copies have them in any case; pointing at a number shows them too.";
    setText(type, typeName(open(value)));
    drawNote(value, isCutValue);
  };

  return {
    label: "Value",
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
        // Of an old whole the note tells the age.
        if (nextEntry !== undefined && fetched !== null) drawNote(nextEntry.value, true);
        return;
      }
      key = nextKey;
      entry = nextEntry;
      if (key !== null) draw();
    },
  };
}
