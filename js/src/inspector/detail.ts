/** The whole value of the chosen key: live, pretty, and as text to copy. */

import { now } from "../shared/clock.ts";
import { copyButton } from "../shared/copy_button.ts";
import { fill, h, setText } from "../shared/dom.ts";
import type { Host } from "../shared/host.ts";
import { listen } from "../shared/lifetime.ts";
import type { Entry } from "../shared/page_mirror.ts";
import { isCut, open, typeName } from "../shared/page_value.ts";
import { createPrettyView } from "../shared/pretty_view.ts";
import type { PageValue } from "../shared/protocol.ts";
import { readLine, toJsonText, toPythonText } from "../shared/value_text.ts";
import { visible } from "../shared/visible_text.ts";
import { age } from "../shared/words.ts";

export interface Detail {
  readonly element: HTMLElement;
  /** `null` for nothing chosen; an entry of undefined for a key that is gone. */
  show(key: string | null, entry: Entry | undefined): void;
}

/** A cut value that was fetched whole, as it was then. */
interface Whole {
  readonly of: PageValue;
  readonly value: PageValue;
  readonly at: number;
}

const LINES = 600;
const TAIL = 6;

/** Where there is no room the middle goes: keys often differ in their last letters only. */
function headAndTail(text: string): readonly [head: string, tail: string] {
  const signs = [...text];
  if (signs.length < 4 * TAIL) return [text, ""];
  return [signs.slice(0, -TAIL).join(""), signs.slice(-TAIL).join("")];
}

export function createDetail(host: Host, signal: AbortSignal): Detail {
  let key: string | null = null;
  let entry: Entry | undefined;
  let drawn: PageValue | undefined;
  let whole: Whole | null = null;
  let lines = LINES;
  let exact = false;

  const titleHead = h("span", { class: "nvj-detail-key-head" });
  const titleTail = h("span");
  const title = h("strong", { class: "nvj-detail-key" }, titleHead, titleTail);
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
  const line = h("code", { class: "nvj-line nvj-dim" });
  const empty = h("div", { class: "nvj-empty" });

  /** The value as text must be whole, so that what is pasted is what there is. */
  const wholeValue = async (): Promise<PageValue> => {
    if (entry === undefined) throw new Error("The key is gone");
    const { value } = entry;
    if (!isCut(value)) return value;
    if (whole?.of === value) return whole.value;
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
      whole = { of: asked.value, value: answer.value, at: now() };
      draw();
    } catch (error) {
      setText(noteText, `Not possible: ${error instanceof Error ? error.message : String(error)}.`);
    } finally {
      fetchButton.disabled = false;
    }
  };
  listen(fetchButton, "click", () => void fetchWhole(), signal);

  const head = h(
    "div",
    { class: "nvj-detail-head" },
    title,
    h("span", { class: "nvj-space" }),
    copyButton("JSON", async () => toJsonText(await wholeValue()), signal),
    copyButton("Python", async () => toPythonText(await wholeValue()), signal),
  );
  const scroller = h("div", { class: "nvj-detail-scroll", tabindex: 0 }, note, pretty.element);
  const foot = h(
    "div",
    { class: "nvj-detail-foot" },
    type,
    digits,
    h("span", { class: "nvj-space" }),
    line,
    copyButton("", () => (key === null ? "" : readLine(key)), signal, "Copy this line of Python"),
  );
  listen(
    digits,
    "click",
    () => {
      exact = !exact;
      drawn = undefined;
      draw();
    },
    signal,
  );
  const content = h("div", { class: "nvj-detail-content" }, head, scroller, foot);
  const element = h("section", { class: "nvj-detail", "aria-label": "Value" }, empty, content);

  const draw = () => {
    content.hidden = entry === undefined;
    empty.hidden = entry !== undefined;
    if (entry === undefined) {
      fill(
        empty,
        key === null
          ? h("p", {}, "Choose a key to see its whole value, live.")
          : h("p", {}, h("code", {}, visible(key, 200)), " is gone from the shared state."),
      );
      return;
    }
    const { value } = entry;
    const isCutValue = isCut(value);
    const isWhole = isCutValue && whole !== null;
    const shown = isWhole && whole !== null ? whole.value : value;
    const changes = drawn !== undefined && !isWhole;
    const rounded = pretty.show(shown, { changes, lines, short: !exact });
    drawn = shown;
    digits.hidden = !rounded && !exact;
    setText(digits, exact ? "all digits" : "rounded");
    digits.title = exact
      ? "Round the numbers, so that they are easy to read"
      : "Show all digits. Copies have them in any case; pointing at a number shows them too.";
    setText(type, typeName(open(value)));
    note.hidden = !isCutValue;
    if (!isCutValue) return;
    const isOld = whole !== null && whole.of !== value;
    note.dataset.tone = whole === null || isOld ? "amber" : "neutral";
    if (whole !== null && isCut(whole.value)) {
      setText(noteText, `Too large for this page: ${typeName(open(value))}.`);
      fetchButton.hidden = true;
    } else if (whole === null) {
      setText(noteText, `Cut on the way to this page: ${typeName(open(value))}.`);
      fetchButton.hidden = false;
    } else {
      setText(
        noteText,
        isOld
          ? `Whole as it was ${age(now() - whole.at)} ago; it has changed since.`
          : "All of it is here.",
      );
      fetchButton.hidden = !isOld;
    }
  };
  draw();

  return {
    element,
    show(nextKey, nextEntry) {
      if (nextKey !== key) {
        drawn = undefined;
        whole = null;
        lines = LINES;
        const [head, tail] = headAndTail(nextKey === "" ? "(empty)" : visible(nextKey ?? "", 200));
        setText(titleHead, head);
        setText(titleTail, tail);
        title.title = nextKey === null ? "" : visible(nextKey, 2000);
        setText(line, nextKey === null ? "" : visible(readLine(nextKey), 300));
        line.title = line.textContent;
        scroller.scrollTop = 0;
      } else if (nextEntry === entry && nextEntry?.value === drawn) return;
      key = nextKey;
      entry = nextEntry;
      draw();
    },
  };
}
