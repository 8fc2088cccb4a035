/** Textures that hold records for the vertex shaders, 1024 texels wide. */

export const WIDTH = 1024;

export interface TextureFormat {
  readonly internal: number;
  readonly format: number;
  readonly type: number;
  /** Array items per texel. */
  readonly items: number;
}

type Data = Float32Array | Uint16Array | Uint32Array | Uint8Array;

export class DataTexture {
  readonly #gl: WebGL2RenderingContext;
  #texture: WebGLTexture | null = null;
  #rows = 0;
  #format: TextureFormat | null = null;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
  }

  /** Upload records. The texture is kept while it is large enough and of the same format. */
  upload(format: TextureFormat, data: Data): void {
    const gl = this.#gl;
    const texels = Math.floor(data.length / format.items);
    const rows = Math.max(1, Math.ceil(texels / WIDTH));
    if (rows > gl.getParameter(gl.MAX_TEXTURE_SIZE)) throw new Error("too many atoms");
    if (
      this.#texture === null ||
      this.#format?.internal !== format.internal ||
      rows > this.#rows ||
      rows < this.#rows / 4
    ) {
      this.dispose();
      this.#texture = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, this.#texture);
      gl.texStorage2D(gl.TEXTURE_2D, 1, format.internal, WIDTH, rows);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
      this.#rows = rows;
      this.#format = format;
    } else gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    const full = Math.floor(texels / WIDTH);
    const put = (row: number, width: number, height: number) => {
      if (width === 0 || height === 0) return;
      const start = row * WIDTH * format.items;
      const part = data.subarray(start, start + width * height * format.items);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, row, width, height, format.format, format.type, part);
    };
    put(0, WIDTH, full);
    put(full, texels - full * WIDTH, 1);
  }

  bind(unit: number): void {
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
  }

  dispose(): void {
    this.#gl.deleteTexture(this.#texture);
    this.#texture = null;
    this.#rows = 0;
  }
}
