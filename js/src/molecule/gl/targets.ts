/** The pictures that are drawn to before the canvas. */

export interface Target {
  readonly framebuffer: WebGLFramebuffer;
  readonly textures: readonly WebGLTexture[];
  readonly width: number;
  readonly height: number;
}

function createTarget(
  gl: WebGL2RenderingContext,
  width: number,
  height: number,
  formats: readonly number[],
  filter: number,
): Target {
  const framebuffer = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  let colors = 0;
  const textures = formats.map((format) => {
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texStorage2D(gl.TEXTURE_2D, 1, format, width, height);
    const isDepth = format === gl.DEPTH_COMPONENT24;
    const isPlain = isDepth || format === gl.R32UI;
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D, name, isPlain ? gl.NEAREST : filter);
    }
    for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) {
      gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE);
    }
    const attachment = isDepth ? gl.DEPTH_ATTACHMENT : gl.COLOR_ATTACHMENT0 + colors++;
    gl.framebufferTexture2D(gl.FRAMEBUFFER, attachment, gl.TEXTURE_2D, texture, 0);
    return texture;
  });
  gl.drawBuffers(Array.from({ length: colors }, (_, index) => gl.COLOR_ATTACHMENT0 + index));
  return { framebuffer, textures, width, height };
}

/** The targets of one size of picture. */
export interface Targets {
  readonly width: number;
  readonly height: number;
  /** Albedo, normal with emphasis, atom, depth. */
  readonly geometry: Target;
  readonly occlusion: Target;
  readonly blurred: Target;
  readonly composed: Target;
  dispose(): void;
}

export function createTargets(gl: WebGL2RenderingContext, width: number, height: number): Targets {
  const halfWidth = Math.max(1, width >> 1);
  const halfHeight = Math.max(1, height >> 1);
  const geometry = createTarget(
    gl,
    width,
    height,
    [gl.RGBA8, gl.RGBA8, gl.R32UI, gl.DEPTH_COMPONENT24],
    gl.NEAREST,
  );
  const occlusion = createTarget(gl, halfWidth, halfHeight, [gl.RGBA8], gl.LINEAR);
  const blurred = createTarget(gl, halfWidth, halfHeight, [gl.RGBA8], gl.LINEAR);
  const composed = createTarget(gl, width, height, [gl.RGBA8], gl.LINEAR);
  return {
    width,
    height,
    geometry,
    occlusion,
    blurred,
    composed,
    dispose() {
      for (const { framebuffer, textures } of [geometry, occlusion, blurred, composed]) {
        gl.deleteFramebuffer(framebuffer);
        for (const texture of textures) gl.deleteTexture(texture);
      }
    },
  };
}
