/** The choices for the arguments of a command, sent with the command or requested. */

import type { Host } from "../../kernel/host.ts";
import type { CommandBody } from "../../protocol/palette.ts";
import type { Choices } from "./field_view.ts";
import type { Field } from "./form.ts";

const ASKED: Choices = { state: "asked" };

export class ChoicesOfCommand {
  readonly #host: Host;
  readonly #onNews: (argument: string) => void;
  #command: string | null = null;
  #answers = new Map<string, Choices>();

  /** `onNews` is called when an answer has come. */
  constructor(host: Host, onNews: (argument: string) => void) {
    this.#host = host;
    this.#onNews = onNews;
  }

  /** Another command is looked at: answers about this one are too late. */
  turnTo(command: string): void {
    if (command === this.#command) return;
    this.#command = command;
    this.#answers = new Map();
  }

  of({ name, known }: Field): Choices {
    if (known === null || known.options === null) return ASKED;
    if (!known.asks) return { state: "here", options: known.options };
    return this.#answers.get(name) ?? ASKED;
  }

  /** Asks the server for what only it knows. */
  ask({ name: command, known }: CommandBody): void {
    for (const { name: argument, asks } of known) {
      if (!asks) continue;
      const answer = (choices: Choices) => {
        if (this.#command !== command) return;
        this.#answers.set(argument, choices);
        this.#onNews(argument);
      };
      this.#host.request("choices", { command, argument }).then(
        ({ choices: options }) => answer({ state: "here", options }),
        (error: unknown) =>
          answer({ state: "failed", reason: error instanceof Error ? error.message : "" }),
      );
    }
  }
}
