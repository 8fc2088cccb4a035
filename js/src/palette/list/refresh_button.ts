/** The button that reloads the commands, and the error if that fails. */

import type { ToolContext } from "../../panel/tool.ts";
import { reasonOf } from "../../text/format.ts";
import { visible } from "../../text/visible_text.ts";
import { h, setAttribute, setText } from "../../ui/html.ts";
import { icon } from "../../ui/icons.ts";
import { listen } from "../../ui/lifetime.ts";

export interface RefreshButton {
  readonly button: HTMLElement;
  readonly trouble: HTMLElement;
}

const LABEL = "Ask the server for its commands again";

export function createRefreshButton({
  host,
  session,
  connection,
  announce,
  signal,
}: Pick<ToolContext, "host" | "session" | "connection" | "announce" | "signal">): RefreshButton {
  let asking = false;
  const button = h(
    "button",
    { type: "button", class: "nvj-quiet", "aria-label": LABEL },
    icon("refresh"),
  );
  const trouble = h("div", { class: "nvj-problem nvj-list-problem", role: "alert", hidden: true });

  /** Not `disabled`, by which the button would lose the focus to the notebook. */
  const draw = () => {
    const { blocked } = connection.get();
    setAttribute(button, "aria-disabled", asking || blocked !== null ? "true" : null);
    button.title = blocked ?? LABEL;
  };
  const show = (words: string | null) => {
    trouble.hidden = words === null;
    const said = words === null ? "" : visible(words, 300);
    setText(trouble, said === "" ? "" : `The commands could not be listed: ${said}`);
  };
  const refresh = async () => {
    if (asking || connection.get().blocked !== null) return;
    asking = true;
    draw();
    try {
      await host.request("refresh_commands", {});
      announce("The list of commands is up to date.");
      show(session.commands.get()?.error ?? null);
    } catch (error) {
      show(reasonOf(error));
    } finally {
      asking = false;
      draw();
    }
  };

  listen(button, "click", () => void refresh(), signal);
  connection.observe(draw, signal);
  session.commands.observe((body) => show(body?.error ?? null), signal);
  draw();
  return { button, trouble };
}
