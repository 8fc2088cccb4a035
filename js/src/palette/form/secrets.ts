/**
 * Detect and mask arguments that hold secrets. Pure; widgets/palette/secrets.py uses the same names
 * and keeps secrets out of files.
 */

import type { PageRecord, PageValue } from "../../protocol/common.ts";
import type { CommandBody } from "../../protocol/palette.ts";
import { open, toPage } from "../../values/page_value.ts";
import { lineFor } from "./form.ts";

const NAMES = /passw|passphrase|secret|token|credential|(api|private).?key/i;
const DEEPEST = 60;
const HIDDEN: PageValue = toPage("•••");

export const looksSecret = (name: string): boolean => NAMES.test(name);

function hasSecret(value: PageValue, depth = 0): boolean {
  if (typeof value !== "object" || value === null || depth > DEEPEST) return false;
  const opened = open(value);
  if (opened.kind === "list") return opened.items.some((item) => hasSecret(item, depth + 1));
  if (opened.kind !== "object") return false;
  return opened.fields.some(([name, inner]) => looksSecret(name) || hasSecret(inner, depth + 1));
}

/** Return the Python code with secrets masked, for display only. */
export function shownLine(name: string, args: PageRecord, command: CommandBody | null): string {
  const marked = new Set(
    command?.known.filter(({ secret }) => secret).map((argument) => argument.name),
  );
  const isSecret = (argument: string, value: PageValue) =>
    marked.has(argument) || looksSecret(argument) || hasSecret(value);
  return lineFor(
    name,
    Object.entries(args).map(([argument, value]) => [
      argument,
      isSecret(argument, value) ? HIDDEN : value,
    ]),
  );
}

/** As above, without the name of the function. */
export const shownCall = (name: string, args: PageRecord, command: CommandBody | null): string =>
  shownLine(name, args, command).replace(/^client\.run_command/, "");
