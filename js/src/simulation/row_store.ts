/** The page's copy of the numbers of all frames, in the order in which they were received. */

import type { Buffers } from "../protocol/common.ts";
import type { FrameRowsBody } from "../protocol/simulation.ts";

/** As many rows as the kernel records; when twice as many are there, the older half goes. */
const MAX_ROWS = 18_000;

const TIME_KEY = "system.simulation.time";

interface Content {
  readonly seconds: Float64Array;
  /** One per key of the message. */
  readonly columns: readonly Float64Array[];
}

/** Copy numbers to aligned memory: the view that Jupyter passes may start at any byte. */
function readFloats(buffer: Buffers[number] | undefined, length: number): Float64Array | null {
  if (buffer === undefined || buffer.byteLength !== length * 8) return null;
  const bytes = new Uint8Array(length * 8);
  bytes.set(
    buffer instanceof ArrayBuffer
      ? new Uint8Array(buffer)
      : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength),
  );
  return new Float64Array(bytes.buffer);
}

/** Read the buffers of a `frame_rows` message; null if they do not fit its body. */
export function readFrameRows(body: FrameRowsBody, buffers: Buffers): Content | null {
  const rows = body.stop - body.first;
  if (rows < 0) return null;
  const seconds = readFloats(buffers[0], rows);
  const matrix = readFloats(buffers[1], rows * body.keys.length);
  if (seconds === null || matrix === null) return null;
  const columns = body.keys.map((_, at) => matrix.subarray(at * rows, (at + 1) * rows));
  return { seconds, columns };
}

export class RowStore {
  #epoch: string | null = null;
  #next = 0;
  #length = 0;
  #capacity = 1024;
  #seconds = new Float64Array(this.#capacity);
  #columns = new Map<string, Float64Array>();
  #resets: number[] = [];

  get epoch(): string | null {
    return this.#epoch;
  }

  /** The number of the first row that is missing. */
  get next(): number {
    return this.#next;
  }

  /** The number of rows that are kept. */
  get length(): number {
    return this.#length;
  }

  get keys(): readonly string[] {
    return [...this.#columns.keys()];
  }

  /** When the frames were received, in seconds since 1970. Valid until the next change. */
  get seconds(): Float64Array {
    return this.#seconds.subarray(0, this.#length);
  }

  /** When simulations began, in seconds since 1970. */
  get resets(): readonly number[] {
    return this.#resets;
  }

  /** The values of a key, NaN where a frame had none; null for an unknown key. */
  column(key: string): Float64Array | null {
    return this.#columns.get(key)?.subarray(0, this.#length) ?? null;
  }

  /** The newest value of a key, or null. */
  latest(key: string): number | null {
    const value = this.#columns.get(key)?.[this.#length - 1];
    return value === undefined || Number.isNaN(value) ? null : value;
  }

  /** Discard rows of another epoch. */
  begin(epoch: string): void {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#next = 0;
    this.#length = 0;
    this.#columns.clear();
    this.#resets = [];
  }

  /** Add the rows of a message; return false if nothing was added. */
  add(body: FrameRowsBody, buffers: Buffers): boolean {
    // Rows before `from` are missing here: they follow in a message for this view alone.
    if (body.epoch !== this.#epoch || body.from > this.#next || body.stop <= this.#next) {
      return false;
    }
    const content = readFrameRows(body, buffers);
    if (content === null) return false;
    const skipped = Math.max(0, this.#next - body.first);
    const count = body.stop - body.first - skipped;
    this.#reserve(count);
    this.#seconds.set(content.seconds.subarray(skipped), this.#length);
    for (const column of this.#columns.values()) {
      column.fill(Number.NaN, this.#length, this.#length + count);
    }
    body.keys.forEach((key, index) => {
      const values = content.columns[index]?.subarray(skipped);
      if (values !== undefined) this.#columnOf(key).set(values, this.#length);
    });
    const begin = this.#length - skipped - body.first;
    for (const row of body.resets) if (row >= this.#next) this.#addReset(begin + row);
    this.#length += count;
    this.#next = body.stop;
    return true;
  }

  /** Record a reset, unless time goes on: after a reconnection the server sends everything again. */
  #addReset(index: number): void {
    const times = this.#columns.get(TIME_KEY);
    const before = times?.[index - 1] ?? Number.NaN;
    const after = times?.[index] ?? Number.NaN;
    const at = this.#seconds[index];
    if (index > 0 && at !== undefined && !(after > before)) this.#resets.push(at);
  }

  #columnOf(key: string): Float64Array {
    let column = this.#columns.get(key);
    if (column === undefined) {
      column = new Float64Array(this.#capacity).fill(Number.NaN);
      this.#columns.set(key, column);
    }
    return column;
  }

  /** Make room for more rows, and drop the oldest if there are too many. */
  #reserve(count: number): void {
    if (this.#length + count > 2 * MAX_ROWS) {
      const from = Math.max(0, this.#length - MAX_ROWS);
      this.#length -= from;
      this.#seconds.copyWithin(0, from);
      for (const column of this.#columns.values()) column.copyWithin(0, from);
      const first = this.#seconds[0] ?? 0;
      this.#resets = this.#resets.filter((at) => at >= first);
    }
    if (this.#length + count <= this.#capacity) return;
    this.#capacity = Math.max(2 * this.#capacity, this.#length + count);
    const grown = (old: Float64Array) => {
      const column = new Float64Array(this.#capacity).fill(Number.NaN);
      column.set(old);
      return column;
    };
    this.#seconds = grown(this.#seconds);
    for (const [key, column] of this.#columns) this.#columns.set(key, grown(column));
  }
}
