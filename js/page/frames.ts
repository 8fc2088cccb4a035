/**
 * Decode a message from Python in a binary WebSocket frame: header length, JSON header, buffers.
 * tests/page/bridge.py encodes it.
 */

export interface Header {
  readonly op: string;
  /** Size of each buffer in bytes. */
  readonly sizes: readonly number[];
  readonly [field: string]: unknown;
}

export interface Frame {
  readonly header: Header;
  readonly buffers: readonly DataView[];
}

const LENGTH_BYTES = 4;

function isHeader(value: unknown): value is Header {
  return (
    typeof value === "object" &&
    value !== null &&
    "op" in value &&
    typeof value.op === "string" &&
    "sizes" in value &&
    Array.isArray(value.sizes)
  );
}

export function decodeFrame(data: ArrayBuffer): Frame {
  const length = new DataView(data).getUint32(0, true);
  const json = new TextDecoder().decode(new Uint8Array(data, LENGTH_BYTES, length));
  const header: unknown = JSON.parse(json);
  if (!isHeader(header)) throw new Error(`Invalid frame header: ${json}`);
  let offset = LENGTH_BYTES + length;
  const buffers = header.sizes.map((size) => {
    const buffer = new DataView(data, offset, size);
    offset += size;
    return buffer;
  });
  return { header, buffers };
}
