/** Mount widgets on a fake kernel with a fake clock. */

import { afterEach, beforeEach, expect, vi } from "vitest";
import { FakeKernel, type FakeKernelOptions } from "../dev/fake_kernel.ts";
import { FakeModel } from "../dev/fake_model.ts";
import type { RenderProps } from "../src/panel/mount.ts";

export interface Mounted {
  readonly model: FakeModel;
  readonly kernel: FakeKernel;
  readonly el: HTMLElement;
  readonly end: () => void;
}

interface Widget {
  readonly render: (props: RenderProps) => () => void;
}

const mounted: Mounted[] = [];

/** Use fake timers and clean up the page after each test; call at the top of a test file. */
export function useFakePage(): void {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    for (const { end, el, kernel } of mounted.splice(0)) {
      end();
      el.remove();
      // No test may send malformed messages.
      expect(kernel.refused).toEqual([]);
    }
    vi.useRealTimers();
  });
}

/** Advance the clock and run everything that is due. */
export const pass = (seconds: number): Promise<unknown> =>
  vi.advanceTimersByTimeAsync(seconds * 1000);

export async function mountWidget(
  widget: Widget,
  options: FakeKernelOptions = {},
  traits: Readonly<Record<string, unknown>> = {},
): Promise<Mounted> {
  const model = new FakeModel({ tool: "", query: "", height: 420, ...traits });
  const kernel = new FakeKernel(model, options);
  const el = document.createElement("div");
  document.body.append(el);
  const end = widget.render({ model, el });
  const result = { model, kernel, el, end };
  mounted.push(result);
  await pass(0.1);
  return result;
}

export function find(el: ParentNode, selector: string): HTMLElement {
  const found = el.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`there is no ${selector}`);
  return found;
}

export const findAll = (el: ParentNode, selector: string): readonly HTMLElement[] => [
  ...el.querySelectorAll<HTMLElement>(selector),
];

export const visibleRows = (el: ParentNode): readonly HTMLElement[] =>
  findAll(el, ".nvj-row")
    .filter((row) => !row.hidden)
    .sort((a, b) => Number(a.dataset.index) - Number(b.dataset.index));

export const rowNames = (el: ParentNode): readonly string[] =>
  visibleRows(el).map((row) => find(row, ".nvj-key").textContent ?? "");

export function type(input: HTMLElement, text: string): void {
  const isField = [HTMLInputElement, HTMLTextAreaElement, HTMLSelectElement].some(
    (kind) => input instanceof kind,
  );
  if (!isField) throw new Error("nothing can be typed here");
  (input as HTMLInputElement).value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

export function press(
  target: HTMLElement,
  key: string,
  more: KeyboardEventInit = {},
): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  target.dispatchEvent(event);
  return event;
}

export const click = (target: HTMLElement): void => {
  target.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
};

export const submit = (form: HTMLElement): void => {
  form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
};

/** Texts that would be harmful as markup or property names. */
export const HOSTILE = "<img src=x onerror=alert(1)>";
