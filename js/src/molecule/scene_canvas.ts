/** The canvas: creates the renderer while it is visible, and draws when something has changed. */

import { h } from "../ui/html.ts";
import { listen, observeSize, onAbort, oncePerFrame } from "../ui/lifetime.ts";
import type { Readable } from "../ui/signal.ts";
import type { CreateRenderer } from "./molecule_module.ts";
import { VIEW } from "./strings.ts";
import type {
  Camera,
  CaptureSize,
  Positions,
  Quality,
  Renderer,
  Shape,
  Structure,
  Theme,
} from "./types.ts";

/** What the canvas shows. Each is read when a picture is drawn after it was announced. */
export interface SceneSource {
  readonly structure: () => Structure | null;
  readonly positions: () => Positions | null;
  readonly emphasis: () => Uint8Array | null;
  readonly shapes: (theme: Theme) => readonly Shape[];
  readonly camera: () => Camera;
  /** Called after each picture, with the size in CSS pixels. */
  readonly onDrawn: (width: number, height: number) => void;
}

export type SceneChange = "structure" | "positions" | "emphasis" | "shapes" | "camera";
export type CanvasProblem = "none" | "unsupported" | "lost" | "failed";

export interface SceneCanvas {
  readonly element: HTMLElement;
  /** The size in CSS pixels. */
  size(): { readonly width: number; readonly height: number };
  announce(...changes: readonly SceneChange[]): void;
  pick(x: number, y: number): number | null;
  /** Draw a picture; fails without WebGL. */
  capture(size: CaptureSize, mime: string): Promise<Blob>;
  /** Draw at a quality, however long it takes, or choose it by the time that it takes. */
  setQuality(quality: Quality | "automatic"): void;
  theme(): Theme;
}

const ALL: readonly SceneChange[] = ["structure", "positions", "emphasis", "shapes", "camera"];
const MAX_RATIO = 2;

export interface SceneCanvasOptions {
  readonly visible: Readable<boolean>;
  /** Load the renderer. */
  readonly load: () => Promise<CreateRenderer>;
  readonly onProblem: (problem: CanvasProblem) => void;
  readonly signal: AbortSignal;
}

const ratio = () => Math.min(MAX_RATIO, window.devicePixelRatio || 1);

export function createSceneCanvas(
  source: SceneSource,
  { visible, load, onProblem, signal }: SceneCanvasOptions,
): SceneCanvas {
  const element = h("div", { class: "nvj-molecule-canvas" });
  let renderer: Renderer | null = null;
  let quality: Quality | "automatic" = "automatic";
  let isSupported = true;
  let width = 0;
  let height = 0;
  const changed = new Set<SceneChange>(ALL);
  let theme: Theme = { background: [1, 1, 1], accent: [0, 0.4, 0.9], isDark: false };

  const readTheme = () => {
    // Outside of the page, as JupyterLab keeps cells out of sight, there are no colors.
    if (!element.isConnected) return;
    const style = getComputedStyle(element);
    const background = readColor(style.backgroundColor) ?? [1, 1, 1];
    const accent = readColor(style.color) ?? [0.1, 0.46, 0.82];
    const isDark = background[0] + background[1] + background[2] < 1.5;
    const next = { background, accent, isDark };
    if (JSON.stringify(next) === JSON.stringify(theme)) return;
    theme = next;
    renderer?.setTheme(theme);
    announce("shapes");
  };

  const draw = () => {
    if (renderer === null || !visible.get()) return;
    const structure = source.structure();
    const positions = source.positions();
    if (changed.has("structure") && structure !== null) renderer.setStructure(structure);
    if (changed.has("positions") && positions !== null) renderer.setPositions(positions);
    if (changed.has("emphasis")) renderer.setEmphasis(source.emphasis());
    if (changed.has("shapes")) renderer.setShapes(source.shapes(theme));
    changed.clear();
    renderer.draw(source.camera());
    source.onDrawn(width, height);
  };
  const redraw = oncePerFrame(draw, signal);
  const announce = (...changes: readonly SceneChange[]) => {
    for (const change of changes) changed.add(change);
    redraw();
  };

  const resize = () => {
    // Out of sight it may have no size; pictures keep the last one.
    if (element.clientWidth === 0 || element.clientHeight === 0) return;
    width = element.clientWidth;
    height = element.clientHeight;
    renderer?.resize(width, height, ratio());
    announce("camera");
  };
  let opening: Promise<void> | null = null;
  const open = (): Promise<void> => {
    opening ??= create().finally(() => {
      opening = null;
    });
    return opening;
  };
  const create = async () => {
    if (renderer !== null || !isSupported) return;
    let createRenderer: CreateRenderer;
    try {
      createRenderer = await load();
      onProblem("none");
    } catch {
      // Loaded again when the view becomes visible the next time.
      onProblem("failed");
      return;
    }
    if (!visible.get() || signal.aborted) return;
    // A canvas whose context was released cannot get another one.
    const canvas = h("canvas", { "aria-hidden": "true" });
    renderer = createRenderer(canvas, {
      onLost: () => onProblem("lost"),
      onRestored: () => {
        onProblem("none");
        announce("camera");
      },
    });
    if (renderer === null) {
      isSupported = false;
      onProblem("unsupported");
      return;
    }
    element.replaceChildren(canvas);
    renderer.setQuality(quality);
    renderer.setTheme(theme);
    renderer.resize(width, height, ratio());
    readTheme();
    resize();
    announce(...ALL);
  };
  const close = () => {
    redraw.cancel();
    renderer?.dispose();
    renderer = null;
    // The last picture stays until there is a new one.
  };

  visible.observe((isVisible) => (isVisible ? void open() : close()), signal);
  onAbort(signal, close);
  observeSize(element, resize, signal);
  // Themes set attributes or classes of the body; some only load another stylesheet.
  const observer = new MutationObserver(() => setTimeout(readTheme));
  observer.observe(document.body, { attributes: true });
  onAbort(signal, () => observer.disconnect());
  listen(element, "transitionend", readTheme, signal);
  // The element has its size and colors when it is in the page.
  requestAnimationFrame(() => {
    if (visible.get()) void open();
  });

  return {
    element,
    size: () => ({ width, height }),
    announce,
    pick: (x, y) => renderer?.pick(x, y) ?? null,
    capture: async (size, mime) => {
      await open();
      if (renderer === null) throw new Error(isSupported ? VIEW.loadFailed : VIEW.noWebGL);
      // Something may have changed since the last picture.
      draw();
      return renderer.capture(source.camera(), size, mime);
    },
    setQuality(next) {
      quality = next;
      renderer?.setQuality(next);
      announce("camera");
    },
    theme: () => theme,
  };
}

/** Red, green and blue from 0 to 1 of a computed color. */
export function readColor(css: string): readonly [number, number, number] | null {
  const numbers = (css.match(/-?[\d.]+(e-?\d+)?/g) ?? []).map(Number);
  const [red, green, blue] = numbers;
  if (red === undefined || green === undefined || blue === undefined) return null;
  const factor = css.startsWith("color(") ? 1 : 255;
  return [red / factor, green / factor, blue / factor];
}
