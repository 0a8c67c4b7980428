// Paints tiles with WebGL2: counts stay 16-bit integers on the card, so window, gamma and colours are only uniforms.
import { colours } from "./colours.js";

const VERTEX = `#version 300 es
in vec2 corner;             // 0..1 within the tile
uniform vec4 place;         // left, top, width, height in clip space
out vec2 where;
void main() {
  where = corner;
  gl_Position = vec4(place.x + corner.x * place.z, place.y - corner.y * place.w, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D counts;
uniform usampler2D others;  // the same tile of the channel that is laid over
uniform sampler2D colours;  // two rows of 256 colours: of the image, of the other channel
uniform ivec2 size;
uniform vec3 display;       // low count, high count, gamma
uniform vec3 display2;
uniform bool inverted;
uniform bool overlaid;
uniform float saturation;   // counts from here on are marked; negative: no marks
in vec2 where;
out vec4 colour;
float shade(float count, vec3 by) {
  return pow(clamp((count - by.x) / max(by.y - by.x, 1.0), 0.0, 1.0), 1.0 / by.z);
}
vec3 coloured(float grey, int row) {
  return texelFetch(colours, ivec2(int(grey * 255.0 + 0.5), row), 0).rgb;
}
void main() {
  ivec2 pixel = clamp(ivec2(where * vec2(size)), ivec2(0), size - 1);
  float count = float(texelFetch(counts, pixel, 0).r);
  if (saturation >= 0.0 && count >= saturation) { colour = vec4(0.85, 0.0, 0.75, 1.0); return; }
  float grey = shade(count, display);
  vec3 seen = coloured(inverted ? 1.0 - grey : grey, 0);
  if (overlaid) seen += coloured(shade(float(texelFetch(others, pixel, 0).r), display2), 1);
  colour = vec4(min(seen, vec3(1.0)), 1.0);
}`;

function compile(gl, type, source) {
  const shader = gl.createShader(type);
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) throw new Error(gl.getShaderInfoLog(shader));
  return shader;
}

function plain(gl) {
  for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, side, gl.NEAREST);
  for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
}

export class WebglPainter {
  /** Throws where WebGL2 is missing. `onrestored` is called when the browser gives a lost context back. */
  constructor(canvas, { onlost, onrestored }) {
    this.canvas = canvas;
    this.gl = canvas.getContext("webgl2", { antialias: false, alpha: false });
    if (!this.gl) throw new Error("no WebGL2");
    this.textures = new Map();
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault(); // says that we can cope with a restored one
      this.lost = true;
      onlost();
    });
    canvas.addEventListener("webglcontextrestored", () => {
      this.lost = false;
      this.textures.clear();
      this.prepare();
      onrestored();
    });
    this.prepare();
  }

  prepare() {
    const gl = this.gl;
    const program = gl.createProgram();
    gl.attachShader(program, compile(gl, gl.VERTEX_SHADER, VERTEX));
    gl.attachShader(program, compile(gl, gl.FRAGMENT_SHADER, FRAGMENT));
    gl.bindAttribLocation(program, 0, "corner");
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 2);
    this.at = {};
    for (const name of ["place", "counts", "others", "colours", "size", "display", "display2", "inverted", "overlaid", "saturation"]) {
      this.at[name] = gl.getUniformLocation(program, name);
    }
    this.names = null;
    gl.activeTexture(gl.TEXTURE2);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    plain(gl);
  }

  texture(tile, unit) {
    const gl = this.gl;
    gl.activeTexture(unit);
    let texture = this.textures.get(tile.name);
    if (texture) {
      gl.bindTexture(gl.TEXTURE_2D, texture);
      this.textures.delete(tile.name);
      this.textures.set(tile.name, texture);
      return;
    }
    texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    plain(gl);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16UI, tile.width, tile.height, 0, gl.RED_INTEGER, gl.UNSIGNED_SHORT, tile.counts);
    this.textures.set(tile.name, texture);
    if (this.textures.size > 400) {
      const [oldest, old] = this.textures.entries().next().value;
      gl.deleteTexture(old);
      this.textures.delete(oldest);
    }
  }

  /** Begin a picture: `display` = {low, high, gamma, inverted, saturation, colour}; `over` is that of a channel laid over. */
  begin(display, background, over = null) {
    const gl = this.gl;
    this.isDrawing = !this.lost;
    if (!this.isDrawing) return;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.clearColor(...background, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform1i(this.at.counts, 0);
    gl.uniform1i(this.at.others, 1);
    gl.uniform1i(this.at.colours, 2);
    this.colour(display.colour, over?.colour || "grey");
    gl.uniform3f(this.at.display, display.low, display.high, display.gamma);
    if (over) gl.uniform3f(this.at.display2, over.low, over.high, over.gamma);
    gl.uniform1i(this.at.overlaid, over ? 1 : 0);
    gl.uniform1i(this.at.inverted, display.inverted ? 1 : 0);
    gl.uniform1f(this.at.saturation, display.saturation ?? -1);
  }

  colour(...names) {
    if (this.names === names.join()) return;
    this.names = names.join();
    const gl = this.gl;
    const both = new Uint8Array(2 * 256 * 4);
    names.forEach((name, row) => both.set(colours(name), row * 256 * 4));
    gl.activeTexture(gl.TEXTURE2);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 2, 0, gl.RGBA, gl.UNSIGNED_BYTE, both);
  }

  /** Draw a tile, and the same one of the channel laid over, at a place in device pixels. */
  tile(tile, other, left, top, width, height) {
    if (!this.isDrawing) return;
    const gl = this.gl;
    this.texture(tile, gl.TEXTURE0);
    if (other) this.texture(other, gl.TEXTURE1);
    gl.uniform2i(this.at.size, tile.width, tile.height);
    gl.uniform4f(this.at.place, (2 * left) / this.canvas.width - 1, 1 - (2 * top) / this.canvas.height,
      (2 * width) / this.canvas.width, (2 * height) / this.canvas.height);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  end() {}

  stop() {
    for (const texture of this.textures.values()) this.gl.deleteTexture(texture);
    this.gl.getExtension("WEBGL_lose_context")?.loseContext(); // browsers allow only a few contexts a page
  }
}
