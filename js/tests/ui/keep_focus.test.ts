// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { h } from "../../src/ui/html.ts";
import { keepingCursor, keepingFocus } from "../../src/ui/keep_focus.ts";

let place: HTMLElement;
beforeEach(() => {
  place = h("div");
  document.body.append(place);
});
afterEach(() => place.remove());

describe("redrawn buttons", () => {
  const draw = (...names: readonly string[]) =>
    place.replaceChildren(...names.map((name) => h("button", { "data-same": name }, name)));
  const keep = (...names: readonly string[]) => {
    const left = vi.fn();
    keepingFocus(place, () => draw(...names), left);
    return [document.activeElement?.textContent, left.mock.calls.length];
  };

  it.each([
    ["the same", ["c", "a", "b"], ["b", 0]],
    ["the one in its place", ["a", "c", "d"], ["c", 0]],
    ["the last where there are fewer", ["a"], ["a", 0]],
  ])("leave the focus to %s", (_, names, expected) => {
    draw("a", "b", "c");
    place.querySelectorAll("button")[1]?.focus();
    expect(keep(...names)).toEqual(expected);
  });

  it("pass the focus on if none is left", () => {
    draw("a");
    place.querySelector("button")?.focus();
    expect(keep()[1]).toBe(1);
  });

  it("do not take a focus that they did not have", () => {
    draw("a");
    (document.activeElement as HTMLElement | null)?.blur();
    expect(keep("a", "b")).toEqual([document.body.textContent, 0]);
  });
});

describe("redrawn fields", () => {
  const draw = () =>
    place.replaceChildren(
      ...[0, 1].map((index) => h("input", { "data-index": index, value: "abcdef" })),
    );

  it("keep the focus and the cursor", () => {
    draw();
    const second = () => place.querySelectorAll("input")[1] as HTMLInputElement;
    const before = second();
    before.focus();
    before.setSelectionRange(2, 4);
    keepingCursor(place, ["index"], draw);
    expect(second()).not.toBe(before);
    expect(document.activeElement).toBe(second());
    expect([second().selectionStart, second().selectionEnd]).toEqual([2, 4]);
  });

  it("ignore a field that stays", () => {
    draw();
    const first = place.querySelector("input") as HTMLInputElement;
    first.focus();
    first.setSelectionRange(1, 1);
    keepingCursor(place, ["index"], () => undefined);
    expect([document.activeElement, first.selectionStart]).toEqual([first, 1]);
  });
});
