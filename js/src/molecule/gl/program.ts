/** Compiling of shaders, and setting of their uniforms by name. */

export interface Program {
  use(): void;
  /** The location of a uniform; null if the shader does not use it. */
  at(name: string): WebGLUniformLocation | null;
  dispose(): void;
}

export function createProgram(
  gl: WebGL2RenderingContext,
  vertex: string,
  fragment: string,
  defines: readonly string[] = [],
): Program {
  const program = gl.createProgram();
  const lines = defines.map((name) => `#define ${name}\n`).join("");
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) throw new Error("the WebGL context is lost");
    // After the version, which must come first.
    gl.shaderSource(shader, source.replace("\n", `\n${lines}`));
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    // Freed with the program.
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  const locations = new Map<string, WebGLUniformLocation | null>();
  let isChecked = false;
  return {
    use() {
      if (!isChecked) {
        // Only now, so that programs compile in parallel.
        isChecked = true;
        if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost()) {
          const logs = (gl.getAttachedShaders(program) ?? []).map((s) => gl.getShaderInfoLog(s));
          throw new Error(
            `a shader is invalid: ${gl.getProgramInfoLog(program)} ${logs.join(" ")}`,
          );
        }
      }
      gl.useProgram(program);
    },
    at(name) {
      let location = locations.get(name);
      if (location === undefined) {
        location = gl.getUniformLocation(program, name);
        locations.set(name, location);
      }
      return location;
    },
    dispose: () => gl.deleteProgram(program),
  };
}
