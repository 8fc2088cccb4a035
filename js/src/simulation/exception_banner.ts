/** A banner about an error of the simulation, with what can be done. */

import type { ToolContext } from "../panel/tool.ts";
import type { SimulationBody } from "../protocol/simulation.ts";
import { reasonOf } from "../text/format.ts";
import { visible } from "../text/visible_text.ts";
import { createConfirmBox } from "../ui/confirm.ts";
import { h, setBlocked, setText } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import { listen } from "../ui/lifetime.ts";
import { BAR, EXCEPTION as TEXT } from "./strings.ts";

export interface ExceptionBanner {
  readonly element: HTMLElement;
  show(simulation: SimulationBody | null): void;
}

export interface ExceptionOptions {
  readonly onReset: () => void;
  readonly onProblem: (text: string) => void;
}

export function createExceptionBanner(
  { host, signal, connection, announce }: ToolContext,
  { onReset, onProblem }: ExceptionOptions,
): ExceptionBanner {
  const reason = h("code", { class: "nvj-simulation-error" });
  const reset = h("button", { type: "button" }, BAR.reset);
  const remove = h("button", { type: "button", class: "nvj-danger" });
  const confirm = createConfirmBox(() => remove.focus(), signal);
  const element = h(
    "div",
    { class: "nvj-simulation-exception", role: "alert", hidden: true },
    icon("warning"),
    h(
      "div",
      {},
      h("p", {}, h("strong", {}, TEXT.title), " ", reason),
      h("p", {}, TEXT.advice),
      confirm.element,
    ),
    h("span", { class: "nvj-simulation-buttons" }, remove, reset),
  );
  let simulation: SimulationBody | null = null;

  const draw = () => {
    const { blocked } = connection.get();
    const count = simulation?.interactions ?? 0;
    remove.hidden = count === 0;
    setText(remove, TEXT.remove(count));
    setBlocked(remove, blocked);
    const missing = simulation?.actions.includes("reset") ? null : BAR.missing("playback/reset");
    setBlocked(reset, blocked ?? missing);
  };
  const removeAll = async () => {
    try {
      const { count } = await host.request("remove_interactions", {});
      announce(TEXT.removed(count));
    } catch (error) {
      onProblem(reasonOf(error));
    }
  };
  listen(reset, "click", onReset, signal);
  listen(
    remove,
    "click",
    () => {
      const count = simulation?.interactions ?? 0;
      const label = TEXT.remove(count);
      confirm.ask([TEXT.askRemove(count)], [{ label, danger: true, run: () => void removeAll() }]);
    },
    signal,
  );
  connection.observe(draw, signal);

  return {
    element,
    show(next) {
      simulation = next;
      const text = next?.exception ?? "";
      setText(reason, visible(text, 600));
      element.hidden = text === "";
      draw();
    },
  };
}
