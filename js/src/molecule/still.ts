/** Sends a small picture to the kernel for the saved notebook. */

import type { Host } from "../kernel/host.ts";
import { now } from "../ui/clock.ts";
import type { CaptureSize } from "./types.ts";

const MAX_WIDTH = 560;
const MAX_BYTES = 60_000;
/** Seconds after the first frame, and between two pictures. */
const FIRST = 2;
const PERIOD = 60;

export interface Still {
  /** Something new was drawn. */
  changed(): void;
  /** Send a picture if one is due. */
  tick(): void;
}

export function createStill(
  host: Host,
  size: () => { readonly width: number; readonly height: number },
  capture: (size: CaptureSize, mime: string) => Promise<Blob>,
): Still {
  let changedAt: number | null = null;
  let sentAt = Number.NEGATIVE_INFINITY;
  let isFirst = true;

  const send = async (width: number) => {
    const view = size();
    if (view.width < 1 || view.height < 1) return;
    const scale = Math.min(1, width / view.width);
    const [w, h] = [Math.round(view.width * scale), Math.round(view.height * scale)];
    changedAt = null;
    sentAt = now();
    isFirst = false;
    try {
      const picture = { width: w, height: h, transparent: false };
      let blob = await capture(picture, "image/webp");
      // Browsers that cannot encode WebP encode PNG.
      if (blob.type !== "image/webp") blob = await capture(picture, "image/jpeg");
      if (blob.size > MAX_BYTES) {
        if (width > MAX_WIDTH / 4) await send(width / 2);
        return;
      }
      const data = await blob.arrayBuffer();
      host.notify("still", { mime: blob.type, width: w, height: h }, [data]);
    } catch {
      // Without a picture the notebook shows a line of text.
    }
  };
  return {
    changed() {
      changedAt ??= now();
    },
    tick() {
      if (changedAt === null) return;
      const due = isFirst ? changedAt + FIRST : sentAt + PERIOD;
      if (now() >= due) void send(MAX_WIDTH);
    },
  };
}
