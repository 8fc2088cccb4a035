import { describe, expect, it } from "vitest";
import { PAGE_OPS, readPageMessage } from "../../dev/page_message.ts";
import { readFrame, readStructure } from "../../src/molecule/data/read_molecule.ts";
import {
  KERNEL_OPS,
  readDelta,
  readKernelMessage,
  readResult,
  readSnapshot,
} from "../../src/protocol/check_message.ts";
import type { PageRequestOp } from "../../src/protocol/messages.ts";
import { readFrameRows } from "../../src/simulation/row_store.ts";
import { type Example, readExamples } from "../fixtures.ts";

const examples = readExamples();

/** Everything that the page checks of a message before it uses it. */
function takenByPage({ envelope, buffers, answers }: Example): boolean {
  const message = readKernelMessage(envelope, buffers);
  if (message === null) return false;
  switch (message.op) {
    case "snapshot":
      return readSnapshot(message.buffers) !== null;
    case "delta":
      return readDelta(message.buffers) !== null;
    case "frame_rows":
      return readFrameRows(message.body, message.buffers) !== null;
    case "molecule":
      return readStructure(message.body, message.buffers) !== null;
    case "molecule_frame":
      return readFrame(message.body, message.buffers) !== null;
    case "reply":
      if (!message.body.ok) return true;
      return readResult(answers as PageRequestOp, message.body.result) !== undefined;
    default:
      return true;
  }
}

const title = (example: Example) =>
  `${example.valid ? "takes" : "drops"} ${example.file}: ${example.name}`;

describe("a message from the kernel", () => {
  for (const example of examples.filter(({ direction }) => direction === "kernel")) {
    it(title(example), () => expect(takenByPage(example)).toBe(example.valid));
  }

  it("is dropped whatever nonsense it is", () => {
    for (const content of [null, 1, "x", [], {}, { v: 1 }, { v: 1, op: "__proto__", body: {} }]) {
      expect(readKernelMessage(content, [])).toBeNull();
    }
  });
});

describe("a message from the page", () => {
  for (const example of examples.filter(({ direction }) => direction === "page")) {
    it(title(example), () =>
      expect(readPageMessage(example.envelope) !== null).toBe(example.valid),
    );
  }
});

describe("the examples", () => {
  it("cover every op with one that is valid", () => {
    const ops = new Set(examples.filter(({ valid }) => valid).map(({ envelope }) => envelope.op));
    expect([...ops].sort()).toEqual([...KERNEL_OPS, ...PAGE_OPS].sort());
  });

  it("stand in the file of their op", () => {
    for (const { file, envelope } of examples) expect(`${envelope.op}.json`).toBe(file);
  });
});
