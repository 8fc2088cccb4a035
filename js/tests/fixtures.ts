/**
 * The examples in tests/fixtures/messages, which the Python tests read too. One file
 * per `op`, each a list of
 *
 *   name       what the example shows
 *   direction  "page" for a message to the kernel, "kernel" for one to the page
 *   valid      whether its receiver must take it; a bad one is dropped or refused
 *   envelope   the message
 *   buffers    the binary buffers in base64, where the op has any
 *   answers    for a reply: the op of the request, which decides the result's shape
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Example {
  readonly file: string;
  readonly name: string;
  readonly direction: "page" | "kernel";
  readonly valid: boolean;
  readonly envelope: Readonly<Record<string, unknown>>;
  readonly buffers: readonly DataView[];
  readonly answers: string | null;
}

interface Written extends Omit<Example, "file" | "buffers" | "answers"> {
  readonly buffers?: readonly string[];
  readonly answers?: string;
}

const FOLDER = join(import.meta.dirname, "../../tests/fixtures/messages");

/** At an odd place in a larger buffer, as a websocket message's parts are. */
function unaligned(base64: string): DataView {
  const bytes = Buffer.from(base64, "base64");
  const padded = new Uint8Array(bytes.length + 1);
  padded.set(bytes, 1);
  return new DataView(padded.buffer, 1);
}

export function readExamples(): readonly Example[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .flatMap((file) => {
      const written = JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as readonly Written[];
      return written.map((example) => ({
        ...example,
        file,
        answers: example.answers ?? null,
        buffers: (example.buffers ?? []).map(unaligned),
      }));
    });
}
