// Very many teams at once: more than can be told apart are drawn as icons by the
// graphics card, from columns of numbers, without an object or a label each.
// A move of all of them is one pass over the columns and one upload.
import type { CustomLayerInterface, CustomRenderMethodInput, Map as GLMap } from 'maplibre-gl';
import { mercatorX, mercatorY } from '../api/pack';
import type { Bound, Team } from '../api/types';
import { taskMoving } from '../store/select';
import type { Scene } from './layer';
import { symbolCanvas, teamSymbol } from './symbols';
import type { Theme } from './palette';

/** Up to this many teams are drawn with names, offsets and marks of their own. */
export const many = 150;

/** CSS pixels of an icon's cell in the atlas, and icons a row of it. */
const cell = 48;
const wide = 16;
/** Types × looks × stale or not, with room. */
const high = 16;

/** Floats an instance: x, y, icon, size, opacity. */
const stride = 5;

const vertex = `#version 300 es
uniform mat4 u_matrix;
uniform vec2 u_viewport;
uniform vec2 u_size;
in vec2 a_at;
in vec3 a_look;
out vec2 v_uv;
out float v_opacity;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  float size = a_look.y > 0.5 ? u_size.y : u_size.x;
  vec4 at = u_matrix * vec4(a_at, 0.0, 1.0);
  at.xy += (corner - 0.5) * vec2(1.0, -1.0) * size * 2.0 / u_viewport * at.w;
  gl_Position = at;
  v_uv = (vec2(mod(a_look.x, ${wide}.0), floor(a_look.x / ${wide}.0)) + corner) / vec2(${wide}.0, ${high}.0);
  v_opacity = a_look.z;
}`;

const fragment = `#version 300 es
precision mediump float;
uniform sampler2D u_atlas;
in vec2 v_uv;
in float v_opacity;
out vec4 colour;
void main() { colour = texture(u_atlas, v_uv) * v_opacity; }`;

export class Crowd {
  /** Whether it draws; else the teams in view are few enough to be drawn one by one. */
  on = false;
  #teams: Team[] = [];
  /** Of each team: its row of positions (-1 none yet), its icons, its base, whether it is under way. */
  #row = new Int32Array(0);
  #fresh = new Uint16Array(0);
  #stale = new Uint16Array(0);
  #home = new Float64Array(0);
  #small = new Uint8Array(0);
  #moving = new Uint8Array(0);
  #x = new Float64Array(0);
  #y = new Float64Array(0);
  #data = new Float32Array(0);
  #origin: [number, number] = [0, 0];
  #version = -1;
  #pixel = 1;

  readonly #icons = new Map<string, number>();
  #atlas: HTMLCanvasElement | undefined;
  #theme: Theme | undefined;
  #drawn: Gpu | undefined;
  #dirty = true;

  /** sizes: full and small icons at a zoom, as a factor. */
  constructor(private readonly sizes: (zoom: number) => [full: number, small: number]) {}

  get size(): number {
    return this.#teams.length;
  }

  /** Takes where everyone is now; everything that says how they look only when that has changed. */
  take(scene: Scene, now: number, ranks: (look: string) => number) {
    if (this.#version !== scene.looks.version || this.#theme !== scene.theme) this.#rebuild(scene, ranks);
    const { columns: c } = scene.positions;
    const [ox, oy] = this.#origin;
    const d = this.#data;
    for (let i = 0; i < this.#teams.length; i++) {
      let r = this.#row[i]!;
      if (r < 0) this.#row[i] = r = scene.positions.row(this.#teams[i]!.id);
      const has = r >= 0 && c.fixed[r]! > 0;
      const x = has ? c.x[r]! : this.#home[2 * i]!;
      const y = has ? c.y[r]! : this.#home[2 * i + 1]!;
      const stale = has ? now - c.fixed[r]! > c.stale[r]! * 1000 : this.#moving[i] === 1;
      this.#x[i] = x;
      this.#y[i] = y;
      const at = i * stride;
      d[at] = x - ox;
      d[at + 1] = y - oy;
      d[at + 2] = stale ? this.#stale[i]! : this.#fresh[i]!;
      d[at + 3] = has ? this.#small[i]! : 1;
      d[at + 4] = has ? 1 : 0.75;
    }
    this.#dirty = true;
  }

  /** The teams within the bound; undefined when there are too many. */
  within([w, s, e, n]: Bound): Team[] | undefined {
    const [x0, x1, y0, y1] = [mercatorX(w), mercatorX(e), mercatorY(n), mercatorY(s)];
    const out: Team[] = [];
    for (let i = 0; i < this.#teams.length; i++) {
      const x = this.#x[i]!;
      const y = this.#y[i]!;
      if (!(x >= x0 && x <= x1 && y >= y0 && y <= y1)) continue;
      if (out.length === many) return undefined;
      out.push(this.#teams[i]!);
    }
    return out;
  }

  /** The team drawn nearest to the point, no farther than so many CSS pixels; those on top first among equals. */
  at(lon: number, lat: number, pixels: number, zoom: number): string | undefined {
    if (!this.on) return undefined;
    const [x, y] = [mercatorX(lon), mercatorY(lat)];
    let best = (pixels / (512 * 2 ** zoom)) ** 2;
    let found: string | undefined;
    for (let i = 0; i < this.#teams.length; i++) {
      const far = (this.#x[i]! - x) ** 2 + (this.#y[i]! - y) ** 2;
      if (far > best) continue;
      best = far;
      found = this.#teams[i]!.id;
    }
    return found;
  }

  /** The layer of a map; a new style needs a new one. */
  layer(id: string): CustomLayerInterface {
    return {
      id, type: 'custom', renderingMode: '2d',
      onAdd: (map, gl) => {
        this.#drawn = new Gpu(map, gl as WebGL2RenderingContext);
        this.#dirty = true;
      },
      onRemove: () => {
        this.#drawn?.end();
        this.#drawn = undefined;
      },
      render: (_gl, args) => {
        if (!this.on || !this.#drawn) return;
        if (this.#dirty) this.#drawn.load(this.#data, this.#atlas, this.#icons.size);
        this.#dirty = false;
        this.#drawn.draw(args, this.#origin, this.#teams.length, this.sizes(this.#drawn.zoom).map((k) => k * cell) as [number, number]);
      },
    };
  }

  #rebuild(scene: Scene, ranks: (look: string) => number) {
    if (this.#theme !== scene.theme) {
      this.#icons.clear();
      this.#atlas = undefined;
      this.#theme = scene.theme;
    }
    this.#version = scene.looks.version;
    const { looks } = scene;
    this.#teams = scene.store.all('team').filter((t) => !t.retired && (t.base.point || scene.positions.get(t.id)));
    // The worst on top. The order within a rank stays as it is.
    this.#teams.sort((a, b) => ranks(looks.of(a.id)) - ranks(looks.of(b.id)));
    const n = this.#teams.length;
    this.#row = new Int32Array(n).fill(-1);
    [this.#fresh, this.#stale] = [new Uint16Array(n), new Uint16Array(n)];
    [this.#small, this.#moving] = [new Uint8Array(n), new Uint8Array(n)];
    [this.#home, this.#x, this.#y] = [new Float64Array(2 * n), new Float64Array(n), new Float64Array(n)];
    this.#data = new Float32Array(n * stride);
    this.#teams.forEach((team, i) => {
      const look = looks.of(team.id);
      const task = looks.task(team.id);
      const [lon, lat] = team.base.point ?? [0, 0];
      this.#home[2 * i] = mercatorX(lon);
      this.#home[2 * i + 1] = mercatorY(lat);
      this.#fresh[i] = this.#icon(teamSymbol(team.type, look), scene.theme);
      this.#stale[i] = this.#icon(teamSymbol(team.type, look, true), scene.theme);
      this.#small[i] = look === 'available' || look === 'off' ? 1 : 0;
      this.#moving[i] = task && taskMoving(task) ? 1 : 0;
    });
    // Near the teams, so that 32 bits are enough at any zoom.
    this.#origin = n > 0 ? [this.#home[0]!, this.#home[1]!] : [0, 0];
  }

  /** The icon's cell in the atlas, drawn when it is first asked for. */
  #icon(id: string, theme: Theme): number {
    const had = this.#icons.get(id);
    if (had !== undefined) return had;
    const n = Math.min(this.#icons.size, wide * high - 1);
    this.#icons.set(id, n);
    this.#pixel = Math.max(1, Math.ceil(globalThis.devicePixelRatio ?? 1));
    const side = cell * this.#pixel;
    if (!this.#atlas) {
      this.#atlas = document.createElement('canvas');
      [this.#atlas.width, this.#atlas.height] = [side * wide, side * high];
    }
    const image = symbolCanvas(id, theme, undefined, this.#pixel);
    const left = (n % wide) * side;
    const top = Math.floor(n / wide) * side;
    if (image) this.#atlas.getContext('2d')?.drawImage(image, left + (side - image.width) / 2, top + (side - image.height) / 2);
    return n;
  }
}

/** What lies on the graphics card. */
class Gpu {
  readonly #program: WebGLProgram;
  readonly #vao: WebGLVertexArrayObject;
  readonly #buffer: WebGLBuffer;
  readonly #texture: WebGLTexture;
  #bytes = 0;
  #loaded: HTMLCanvasElement | undefined;
  #icons = 0;

  constructor(private readonly map: GLMap, private readonly gl: WebGL2RenderingContext) {
    const program = (this.#program = gl.createProgram());
    for (const [type, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
      const shader = gl.createShader(type)!;
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(`the team layer's program: ${gl.getProgramInfoLog(program)}`);
    this.#vao = gl.createVertexArray();
    this.#buffer = gl.createBuffer();
    this.#texture = gl.createTexture();
    gl.bindVertexArray(this.#vao);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    for (const [name, floats, from] of [['a_at', 2, 0], ['a_look', 3, 2]] as const) {
      const at = gl.getAttribLocation(program, name);
      gl.enableVertexAttribArray(at);
      gl.vertexAttribPointer(at, floats, gl.FLOAT, false, stride * 4, from * 4);
      gl.vertexAttribDivisor(at, 1);
    }
    gl.bindVertexArray(null);
  }

  get zoom(): number {
    return this.map.getZoom();
  }

  load(data: Float32Array, atlas: HTMLCanvasElement | undefined, icons: number) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    if (data.byteLength > this.#bytes) gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
    else gl.bufferSubData(gl.ARRAY_BUFFER, 0, data);
    this.#bytes = Math.max(this.#bytes, data.byteLength);
    if (!atlas || (atlas === this.#loaded && icons === this.#icons)) return;
    [this.#loaded, this.#icons] = [atlas, icons];
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, atlas);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  }

  draw(args: CustomRenderMethodInput, [ox, oy]: [number, number], count: number, size: [number, number]) {
    const { gl } = this;
    const m = Array.from(args.defaultProjectionData.mainMatrix as ArrayLike<number>);
    // Moved to the origin before it becomes 32 bits.
    for (let i = 0; i < 4; i++) m[12 + i]! += m[i]! * ox + m[4 + i]! * oy;
    const { clientWidth, clientHeight } = this.map.getCanvas();
    gl.useProgram(this.#program);
    const at = (name: string) => gl.getUniformLocation(this.#program, name);
    gl.uniformMatrix4fv(at('u_matrix'), false, new Float32Array(m));
    gl.uniform2f(at('u_viewport'), clientWidth, clientHeight);
    gl.uniform2f(at('u_size'), size[0], size[1]);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    gl.uniform1i(at('u_atlas'), 0);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.STENCIL_TEST);
    gl.bindVertexArray(this.#vao);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count);
    gl.bindVertexArray(null);
  }

  end() {
    const { gl } = this;
    gl.deleteProgram(this.#program);
    gl.deleteVertexArray(this.#vao);
    gl.deleteBuffer(this.#buffer);
    gl.deleteTexture(this.#texture);
  }
}
