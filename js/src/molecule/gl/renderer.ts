/** The renderer: draws a molecule and what is around it on one canvas, with WebGL 2. */

import { distanceOf, HALF_ANGLE } from "../scene/camera.ts";
import { rotate } from "../scene/vectors.ts";
import type {
  Camera,
  CaptureSize,
  Positions,
  Quality,
  Renderer,
  RendererEvents,
  Shape,
  Structure,
  Theme,
} from "../types.ts";
import { DataTexture, type TextureFormat } from "./data_texture.ts";
import { encodePicture, nearestAtom } from "./pixels.ts";
import { createProgram, type Program } from "./program.ts";
import { createQualityControl } from "./quality.ts";
import * as shaders from "./shaders.ts";
import { createTargets, type Target, type Targets } from "./targets.ts";

/** Around the pointer, in device pixels. */
const PICK_REACH = 3;
const NEAR = 0.03;
const FAR = 60;

const EMPTY: Structure = {
  atoms: 0,
  bonds: 0,
  segments: 0,
  atomData: new Uint8Array(),
  bondData: new Uint8Array(),
  segmentData: new Uint8Array(),
  cutoff: 1,
};

/** Four-byte numbers of bytes, which may start anywhere. */
function words(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2);
}

/** What is created anew after the context was lost. */
interface Resources {
  readonly programs: Readonly<Record<string, Program>>;
  readonly textures: Readonly<Record<DataName, DataTexture>>;
  readonly dispose: () => void;
}

const DATA = ["positions", "atoms", "emphasis", "bonds", "segments", "shapes"] as const;
type DataName = (typeof DATA)[number];

/** Create a renderer; null if WebGL 2 is not available. */
export function createRenderer(canvas: HTMLCanvasElement, events: RendererEvents): Renderer | null {
  const context = canvas.getContext("webgl2", {
    alpha: false,
    antialias: false,
    depth: false,
    stencil: false,
    powerPreference: "high-performance",
  });
  if (context === null) return null;
  const gl = context;
  const formats = {
    float: { internal: gl.RGB32F, format: gl.RGB, type: gl.FLOAT, items: 3 },
    steps: { internal: gl.RGB16UI, format: gl.RGB_INTEGER, type: gl.UNSIGNED_SHORT, items: 3 },
    atoms: { internal: gl.RG32UI, format: gl.RG_INTEGER, type: gl.UNSIGNED_INT, items: 2 },
    emphasis: { internal: gl.R8UI, format: gl.RED_INTEGER, type: gl.UNSIGNED_BYTE, items: 1 },
    bonds: { internal: gl.RGB32UI, format: gl.RGB_INTEGER, type: gl.UNSIGNED_INT, items: 3 },
    segments: { internal: gl.R32UI, format: gl.RED_INTEGER, type: gl.UNSIGNED_INT, items: 1 },
    shapes: { internal: gl.RGBA32F, format: gl.RGBA, type: gl.FLOAT, items: 4 },
  } as const satisfies Record<string, TextureFormat>;

  let structure = EMPTY;
  let positions: Positions | null = null;
  let shapes: Float32Array = new Float32Array();
  let emphasis: Uint8Array | null = null;
  let theme: Theme = { background: [1, 1, 1], accent: [0.1, 0.5, 0.9], isDark: false };
  let width = 0;
  let height = 0;
  let ratio = 1;
  let targets: Targets | null = null;
  let hasDrawn = false;
  let isDisposed = false;
  /** What must be uploaded before the next picture. */
  const changed = new Set<DataName>(DATA);
  const control = createQualityControl(gl);

  const create = (): Resources => {
    const both = (vertex: string, fragment: string, name: string, defines: string[] = []) => ({
      [name]: createProgram(gl, vertex, fragment, defines),
      [`${name}Steps`]: createProgram(gl, vertex, fragment, [...defines, "STEPS"]),
    });
    const screen = (fragment: string) => createProgram(gl, shaders.SCREEN_VERTEX, fragment);
    const programs: Record<string, Program> = {
      ...both(shaders.SPHERE_VERTEX, shaders.SPHERE_FRAGMENT, "spheres"),
      ...both(shaders.BOND_VERTEX, shaders.CONE_FRAGMENT, "bonds"),
      ...both(shaders.TUBE_VERTEX, shaders.CONE_FRAGMENT, "tubes", ["BLEND"]),
      shapes: createProgram(gl, shaders.SHAPE_VERTEX, shaders.CONE_FRAGMENT),
      occlusion: screen(shaders.OCCLUSION_FRAGMENT),
      blur: screen(shaders.BLUR_FRAGMENT),
      compose: screen(shaders.COMPOSE_FRAGMENT),
      smooth: screen(shaders.SMOOTH_FRAGMENT),
    };
    const make = () => new DataTexture(gl);
    const textures: Record<DataName, DataTexture> = {
      positions: make(),
      atoms: make(),
      emphasis: make(),
      bonds: make(),
      segments: make(),
      shapes: make(),
    };
    const empty = gl.createVertexArray();
    gl.bindVertexArray(empty);
    return {
      programs,
      textures,
      dispose() {
        for (const program of Object.values(programs)) program.dispose();
        for (const texture of Object.values(textures)) texture.dispose();
        gl.deleteVertexArray(empty);
      },
    };
  };
  let resources: Resources | null = create();

  const uploadChanges = ({ textures }: Resources) => {
    for (const name of changed) {
      const texture = textures[name];
      if (name === "positions") {
        if (positions === null) continue;
        if (positions.encoding === "float32") texture.upload(formats.float, positions.data);
        else texture.upload(formats.steps, positions.data);
      } else if (name === "atoms") texture.upload(formats.atoms, words(structure.atomData));
      else if (name === "bonds") texture.upload(formats.bonds, words(structure.bondData));
      else if (name === "segments") texture.upload(formats.segments, words(structure.segmentData));
      else if (name === "shapes") texture.upload(formats.shapes, shapes);
      else texture.upload(formats.emphasis, emphasis ?? new Uint8Array(structure.atoms));
    }
    changed.clear();
  };

  /** Draw the geometry into a target. */
  const drawGeometry = ({ programs, textures }: Resources, to: Targets, camera: Camera) => {
    const { geometry } = to;
    gl.bindFramebuffer(gl.FRAMEBUFFER, geometry.framebuffer);
    gl.viewport(0, 0, to.width, to.height);
    gl.enable(gl.DEPTH_TEST);
    gl.clearBufferfv(gl.COLOR, 0, [0, 0, 0, 0]);
    gl.clearBufferfv(gl.COLOR, 1, [0.5, 0.5, 1, 0]);
    gl.clearBufferuiv(gl.COLOR, 2, [0, 0, 0, 0]);
    gl.clearBufferfv(gl.DEPTH, 0, [1]);
    const atoms = Math.min(structure.atoms, positions?.count ?? 0);
    const variant = positions?.encoding === "uint16" ? "Steps" : "";
    const run = (name: string, records: DataName | null, count: number, pieces = 1) => {
      const program = programs[name];
      if (count === 0 || program === undefined) return;
      program.use();
      const bound: DataName[] = ["positions", "atoms", "emphasis"];
      if (records !== null) bound.push(records);
      bound.forEach((each, unit) => {
        textures[each].bind(unit);
        gl.uniform1i(program.at(each), unit);
      });
      gl.uniformMatrix4fv(program.at("view"), false, viewMatrix(camera));
      gl.uniform4fv(program.at("frustum"), frustum(camera, to));
      gl.uniform1f(program.at("cutoff"), structure.cutoff);
      gl.uniform1i(program.at("count"), atoms);
      const lift = theme.isDark ? [95 / 255, 102 / 255, 112 / 255] : [0, 0, 0];
      gl.uniform3fv(program.at("lift"), lift);
      if (positions?.encoding === "uint16") {
        gl.uniform3fv(program.at("origin"), positions.origin);
        gl.uniform3fv(program.at("steps"), positions.step);
      }
      gl.uniform1f(program.at("pixel"), HALF_ANGLE / Math.max(1, to.height));
      gl.uniform1f(program.at("near"), distanceOf(camera) * NEAR);
      gl.drawArrays(gl.TRIANGLES, 0, 6 * count * pieces);
    };
    if (positions !== null) {
      run(`spheres${variant}`, null, atoms);
      run(`bonds${variant}`, "bonds", structure.bonds);
      run(`tubes${variant}`, "segments", structure.segments, shaders.PIECES);
    }
    run("shapes", "shapes", shapes.length / SHAPE_FLOATS);
    gl.disable(gl.DEPTH_TEST);
  };

  const pass = (
    program: Program | undefined,
    to: Target | null,
    inputs: Readonly<Record<string, WebGLTexture | null | undefined>>,
    set: (at: Program["at"]) => void,
  ) => {
    if (program === undefined) return;
    gl.bindFramebuffer(gl.FRAMEBUFFER, to?.framebuffer ?? null);
    gl.viewport(0, 0, to?.width ?? canvas.width, to?.height ?? canvas.height);
    program.use();
    Object.entries(inputs).forEach(([name, texture], unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, texture ?? null);
      gl.uniform1i(program.at(name), unit);
    });
    set(program.at);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  };

  /** Draw a picture into `to.composed`. */
  const drawScene = (
    ready: Resources,
    to: Targets,
    camera: Camera,
    quality: Quality,
    picture: { readonly lineWidth: number; readonly transparent: boolean },
  ) => {
    drawGeometry(ready, to, camera);
    const [albedos, normals, , depths] = to.geometry.textures;
    const planes = frustum(camera, to);
    const reach = Math.min(3, Math.max(0.3, camera.height * 0.06));
    const hasOcclusion = quality === "full";
    if (hasOcclusion) {
      pass(ready.programs.occlusion, to.occlusion, { depths, normals }, (at) => {
        gl.uniform4fv(at("frustum"), planes);
        gl.uniform1f(at("reach"), reach);
      });
      const [source] = to.occlusion.textures;
      pass(ready.programs.blur, to.blurred, { depths, source }, (at) => {
        gl.uniform4fv(at("frustum"), planes);
        gl.uniform1f(at("reach"), reach);
      });
    }
    const [occlusion] = to.blurred.textures;
    pass(ready.programs.compose, to.composed, { depths, albedos, normals, occlusion }, (at) => {
      const middle = distanceOf(camera);
      gl.uniform4fv(at("frustum"), planes);
      gl.uniform3fv(at("background"), theme.background);
      gl.uniform3fv(at("accent"), theme.accent);
      const outline = { full: 1, reduced: 0.5, low: 0 }[quality];
      const opacity = picture.transparent ? 0 : 1;
      gl.uniform4f(at("options"), hasOcclusion ? 1 : 0, picture.lineWidth, outline, opacity);
      const { height: seen } = camera;
      gl.uniform3f(at("cue"), middle - 0.15 * seen, middle + 1.3 * seen, 0.04 + 0.004 * seen);
    });
  };

  const targetsOf = (w: number, h: number): Targets => {
    if (targets?.width !== w || targets.height !== h) {
      targets?.dispose();
      targets = createTargets(gl, w, h);
      hasDrawn = false;
    }
    return targets;
  };

  const onLost = (event: Event) => {
    event.preventDefault();
    resources = null;
    targets = null;
    hasDrawn = false;
    control.reset();
    if (!isDisposed) events.onLost();
  };
  const onRestored = () => {
    if (isDisposed) return;
    resources = create();
    for (const name of DATA) changed.add(name);
    events.onRestored();
  };
  canvas.addEventListener("webglcontextlost", onLost);
  canvas.addEventListener("webglcontextrestored", onRestored);

  const emphasize = (next: Uint8Array | null) => {
    emphasis = next;
    changed.add("emphasis");
  };

  return {
    setStructure(next) {
      structure = next;
      for (const name of ["atoms", "bonds", "segments"] as const) changed.add(name);
      if (emphasis?.length !== next.atoms) emphasize(null);
    },
    setPositions(next) {
      positions = next;
      changed.add("positions");
    },
    setShapes(next) {
      shapes = packShapes(next);
      changed.add("shapes");
    },
    setEmphasis: emphasize,
    setTheme(next) {
      theme = next;
    },
    resize(w, h, pixelRatio) {
      width = w;
      height = h;
      ratio = pixelRatio;
    },
    setQuality: control.setQuality,
    draw(camera) {
      const quality = control.quality();
      const scale = quality === "low" ? Math.min(1, ratio) : ratio;
      const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
      if (resources === null || gl.isContextLost() || w < 1 || h < 1) return;
      // Thin outlines need more samples than pixels; FXAA breaks them into dots.
      const samples = quality === "full" && ratio < 2 ? 2 : 1;
      if (canvas.width !== w || canvas.height !== h) {
        canvas.width = w;
        canvas.height = h;
      }
      const start = performance.now();
      uploadChanges(resources);
      const to = targetsOf(w * samples, h * samples);
      const lineWidth = Math.max(1, Math.round(scale * samples));
      drawScene(resources, to, camera, quality, { lineWidth, transparent: false });
      const [source] = to.composed.textures;
      pass(resources.programs.smooth, null, { source }, (at) => {
        gl.uniform1f(at("strength"), quality === "low" || samples > 1 ? 0 : 1);
      });
      hasDrawn = true;
      control.drawn(performance.now() - start);
    },
    pick(x, y) {
      if (!hasDrawn || targets === null || gl.isContextLost()) return null;
      const scale = targets.height / Math.max(1, height);
      const side = 2 * PICK_REACH + 1;
      const left = Math.round(x * scale) - PICK_REACH;
      const bottom = targets.height - 1 - Math.round(y * scale) - PICK_REACH;
      const found = new Uint32Array(4 * side * side);
      gl.bindFramebuffer(gl.READ_FRAMEBUFFER, targets.geometry.framebuffer);
      gl.readBuffer(gl.COLOR_ATTACHMENT2);
      gl.readPixels(left, bottom, side, side, gl.RGBA_INTEGER, gl.UNSIGNED_INT, found);
      return nearestAtom(found, side);
    },
    async capture(camera, size, mime) {
      if (resources === null || gl.isContextLost()) throw new Error("the WebGL context is lost");
      uploadChanges(resources);
      const pixels = drawPicture(resources, camera, size);
      return encodePicture(pixels, size, mime);
    },
    get statistics() {
      return { quality: control.quality(), drawMilliseconds: control.milliseconds() };
    },
    dispose() {
      isDisposed = true;
      control.reset();
      canvas.removeEventListener("webglcontextlost", onLost);
      canvas.removeEventListener("webglcontextrestored", onRestored);
      targets?.dispose();
      resources?.dispose();
      targets = null;
      resources = null;
      // Otherwise the browser keeps the context until the canvas is collected.
      gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };

  function drawPicture(ready: Resources, camera: Camera, size: CaptureSize): Uint8ClampedArray {
    const { width: w, height: h } = size;
    const largest = Math.min(gl.getParameter(gl.MAX_TEXTURE_SIZE), 16384);
    if (Math.max(w, h) > largest) {
      throw new Error(`the picture is larger than ${largest} pixels; choose a smaller width`);
    }
    const factor = 2 * Math.max(w, h) <= largest ? 2 : 1;
    const large = createTargets(gl, w * factor, h * factor);
    const final = createTargets(gl, w, h);
    try {
      const { transparent } = size;
      drawScene(ready, large, camera, "full", { lineWidth: factor, transparent });
      const [source] = large.composed.textures;
      pass(ready.programs.smooth, final.composed, { source }, (at) => {
        gl.uniform1f(at("strength"), factor === 1 ? 1 : 0);
      });
      const pixels = new Uint8ClampedArray(4 * w * h);
      gl.readBuffer(gl.COLOR_ATTACHMENT0);
      gl.readPixels(0, 0, w, h, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(pixels.buffer));
      return pixels;
    } finally {
      large.dispose();
      final.dispose();
    }
  }
}

const SHAPE_FLOATS = 12;
const LINE = 0.5;

function packShapes(shapes: readonly Shape[]): Float32Array {
  const packed = new Float32Array(SHAPE_FLOATS * shapes.length);
  shapes.forEach(({ from, fromRadius, to, toRadius, color, isLine }, index) => {
    packed.set(
      [...from, fromRadius, ...to, toRadius, ...color, isLine ? LINE : 1],
      index * SHAPE_FLOATS,
    );
  });
  return packed;
}

/** Where the camera is, as a matrix by columns. */
function viewMatrix(camera: Camera): Float32Array {
  const { rotation, target } = camera;
  const columns = [
    rotate(rotation, [1, 0, 0]),
    rotate(rotation, [0, 1, 0]),
    rotate(rotation, [0, 0, 1]),
  ];
  const [x, y, z] = rotate(rotation, target);
  const matrix = columns.flatMap((column) => [...column, 0]);
  return new Float32Array([...matrix, -x, -y, -z - distanceOf(camera), 1]);
}

/** The tangents of the half angles of the view, and the two numbers of the projection of depth. */
function frustum(camera: Camera, to: { readonly width: number; readonly height: number }) {
  const middle = distanceOf(camera);
  const [near, far] = [middle * NEAR, middle * FAR + 100];
  return [
    (HALF_ANGLE * to.width) / to.height,
    HALF_ANGLE,
    -(far + near) / (far - near),
    (-2 * far * near) / (far - near),
  ];
}
