/** What is done with pixels that were read back. */

import type { CaptureSize } from "../types.ts";

/** The atom that is nearest to the middle of a square of pixels. */
export function nearestAtom(pixels: Uint32Array, side: number): number | null {
  const middle = (side - 1) / 2;
  let best = Number.POSITIVE_INFINITY;
  let atom: number | null = null;
  for (let index = 0; index < side * side; index += 1) {
    const id = pixels[4 * index] ?? 0;
    const far = ((index % side) - middle) ** 2 + (Math.floor(index / side) - middle) ** 2;
    if (id > 0 && far < best) {
      best = far;
      atom = id - 1;
    }
  }
  return atom;
}

/** Encode rows from the bottom to the top, with premultiplied alpha. */
export function encodePicture(
  pixels: Uint8ClampedArray,
  { width, height }: CaptureSize,
  mime: string,
): Promise<Blob> {
  const image = new ImageData(width, height);
  for (let y = 0; y < height; y += 1) {
    const from = (height - 1 - y) * width * 4;
    image.data.set(pixels.subarray(from, from + width * 4), y * width * 4);
  }
  const { data } = image;
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3] ?? 255;
    if (alpha === 255 || alpha === 0) continue;
    for (const k of [0, 1, 2]) data[i + k] = ((data[i + k] ?? 0) * 255) / alpha;
  }
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error("the picture is too large")) : resolve(blob)),
      mime,
      0.85,
    );
  });
}
