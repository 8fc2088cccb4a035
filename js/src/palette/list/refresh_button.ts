/** The button that reloads the commands, and the error if that fails. */

import type { ToolContext } from "../../panel/tool.ts";
import { reasonOf } from "../../text/format.ts";
import { h, setAttribute, setText } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";
import { LIST } from "../strings.ts";

export interface RefreshButton {
  readonly button: HTMLElement;
  readonly problem: HTMLElement;
}

export function createRefreshButton({
  host,
  session,
  connection,
  announce,
  signal,
}: Pick<ToolContext, "host" | "session" | "connection" | "announce" | "signal">): RefreshButton {
  let refreshing = false;
  const button = h(
    "button",
    { type: "button", class: "nvj-quiet", "aria-label": LIST.refresh },
    icon("refresh"),
  );
  const problem = h("div", { class: "nvj-problem nvj-list-problem", role: "alert", hidden: true });

  /** A `disabled` button would lose the focus to the notebook. */
  const draw = () => {
    const { blocked } = connection.get();
    setAttribute(button, "aria-disabled", refreshing || blocked !== null ? "true" : null);
    button.title = blocked ?? LIST.refresh;
  };
  const show = (error: string | null) => {
    problem.hidden = error === null;
    setText(problem, error === null ? "" : LIST.listFailed(error));
  };
  const refresh = async () => {
    if (refreshing || connection.get().blocked !== null) return;
    refreshing = true;
    draw();
    try {
      await host.request("refresh_commands", {});
      announce(LIST.refreshed);
      show(session.commands.get()?.error ?? null);
    } catch (error) {
      show(reasonOf(error));
    } finally {
      refreshing = false;
      draw();
    }
  };

  listen(button, "click", () => void refresh(), signal);
  connection.observe(draw, signal);
  session.commands.observe((body) => show(body?.error ?? null), signal);
  draw();
  return { button, problem };
}
