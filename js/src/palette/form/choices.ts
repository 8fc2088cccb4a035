/** The choices for a command's arguments, sent with the command or requested from the server. */

import type { Host } from "../../kernel/host.ts";
import type { CommandBody } from "../../protocol/palette.ts";
import type { Choices } from "./field_view.ts";
import type { Field } from "./form.ts";

const LOADING: Choices = { state: "loading" };

export class ArgumentChoices {
  readonly #host: Host;
  readonly #onUpdate: (argument: string) => void;
  #command: string | null = null;
  #replies = new Map<string, Choices>();

  /** `onUpdate` is called when a reply arrives. */
  constructor(host: Host, onUpdate: (argument: string) => void) {
    this.#host = host;
    this.#onUpdate = onUpdate;
  }

  /** Switch to another command and ignore late replies for the previous one. */
  setCommand(command: string): void {
    if (command === this.#command) return;
    this.#command = command;
    this.#replies = new Map();
  }

  of({ name, known }: Field): Choices {
    if (known === null || known.options === null) return LOADING;
    if (!known.asks) return { state: "loaded", options: known.options };
    return this.#replies.get(name) ?? LOADING;
  }

  /** Request the choices that only the server knows. */
  request({ name: command, known }: CommandBody): void {
    for (const { name: argument, asks } of known) {
      if (!asks) continue;
      const receive = (choices: Choices) => {
        if (this.#command !== command) return;
        this.#replies.set(argument, choices);
        this.#onUpdate(argument);
      };
      this.#host.request("choices", { command, argument }).then(
        ({ choices: options }) => receive({ state: "loaded", options }),
        (error: unknown) =>
          receive({ state: "failed", reason: error instanceof Error ? error.message : "" }),
      );
    }
  }
}
