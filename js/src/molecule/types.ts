/** The data that the renderer, the controls and the messages share. Lengths are in nm. */

export type Vector = readonly [x: number, y: number, z: number];
/** A unit quaternion. */
export type Rotation = readonly [x: number, y: number, z: number, w: number];

/** What to draw, as in the buffers of a `molecule` message (widgets/molecule/messages.py). */
export interface Structure {
  readonly atoms: number;
  readonly bonds: number;
  readonly segments: number;
  /** 8 bytes per atom. */
  readonly atomData: Uint8Array;
  /** 12 bytes per bond. */
  readonly bondData: Uint8Array;
  /** 20 bytes per segment of a tube. */
  readonly segmentData: Uint8Array;
  /** Bonds and segments that are longer are not drawn. */
  readonly cutoff: number;
}

/** Flags of an atom, in byte 3 of its data. */
export const ATOM = { drawn: 1, notPullable: 2, elementColor: 4 } as const;

/** The positions of one frame. An atom without a finite position is not drawn. */
export type Positions =
  | { readonly encoding: "float32"; readonly count: number; readonly data: Float32Array }
  | {
      readonly encoding: "uint16";
      readonly count: number;
      /** Steps from `origin`; 65535 is not a position. */
      readonly data: Uint16Array;
      readonly origin: Vector;
      readonly step: Vector;
    };

/**
 * Where the view looks from. `rotation` turns the scene before it is seen along -z with y up.
 * `height` is the length that fits into the height of the view at the distance of the target.
 */
export interface Camera {
  readonly target: Vector;
  readonly rotation: Rotation;
  readonly height: number;
}

/** Colors from 0 to 1. */
export interface Theme {
  readonly background: Vector;
  readonly accent: Vector;
  readonly isDark: boolean;
}

/** A round cone between two points, a capsule, or a sphere if both points are the same. */
export interface Shape {
  readonly from: Vector;
  readonly fromRadius: number;
  readonly to: Vector;
  readonly toRadius: number;
  readonly color: Vector;
  /** Lines, such as those of the box, are not shaded and cast no shadow. */
  readonly isLine: boolean;
}

/** Per atom: how it is emphasized. */
export const EMPHASIS = { none: 0, selected: 1, hovered: 2 } as const;

export type Quality = "full" | "reduced" | "low";

export interface CaptureSize {
  readonly width: number;
  readonly height: number;
  readonly transparent: boolean;
}

/** Draws on one canvas. Only `draw` and `capture` draw; everything else takes effect then. */
export interface Renderer {
  setStructure(structure: Structure): void;
  setPositions(positions: Positions): void;
  setShapes(shapes: readonly Shape[]): void;
  /** One of `EMPHASIS` per atom; null for none. */
  setEmphasis(emphasis: Uint8Array | null): void;
  setTheme(theme: Theme): void;
  /** The size in CSS pixels, and device pixels per CSS pixel. */
  resize(width: number, height: number, pixelRatio: number): void;
  /** Choose the quality by the time that frames take, or force it. */
  setQuality(quality: Quality | "automatic"): void;
  draw(camera: Camera): void;
  /** The atom at CSS pixels of the last drawn picture; null for none. Does not draw. */
  pick(x: number, y: number): number | null;
  /** Draw a supersampled picture off screen. */
  capture(camera: Camera, size: CaptureSize, mime: string): Promise<Blob>;
  readonly statistics: { readonly quality: Quality; readonly drawMilliseconds: number };
  /** Release the WebGL context. */
  dispose(): void;
}

export interface RendererEvents {
  /** The context was lost: nothing is drawn until `onRestored`. */
  onLost(): void;
  /** The context was restored, with everything that was set; draw again. */
  onRestored(): void;
}
