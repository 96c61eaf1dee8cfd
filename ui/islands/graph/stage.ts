// The canvas: a plate with everything that stands still, drawn bit by bit when
// there is much of it, and what moves or is lit on top of it in every frame.

import { context, fitCanvas } from "../shared/dom";
import { reducedMotion } from "../shared/theme";
import { Camera, type View } from "./camera";
import { levelAt, Painter, type Level } from "./paint";

/** What is lit: nodes and the edges between them; all else is dimmed. */
export interface Light {
  readonly nodes: ReadonlySet<number>;
  readonly edges: ReadonlySet<number>;
}

/** What is drawn over the plate. */
export interface Marks {
  readonly hover: number;
  readonly active: number;
  readonly selected: ReadonlySet<number>;
  readonly found: ReadonlySet<number>;
  readonly light: Light | undefined;
  /** Whether the light only follows the pointer: then the rest is dimmed less. */
  readonly quiet: boolean;
  readonly focused: boolean;
}

interface Plate {
  readonly canvas: HTMLCanvasElement;
  readonly ctx: CanvasRenderingContext2D;
  view: View;
}

/** The milliseconds of a frame that drawing the next plate may take: all there
 * are when nothing moves, few while a plate that takes long is moved about. */
const budget = 9;
const movingBudget = 4;
/** The milliseconds from which on a plate takes long. */
const heavy = 12;

export class Stage {
  readonly canvas = document.createElement("canvas");
  readonly camera = new Camera();
  private readonly ctx = context(this.canvas);
  private front = newPlate();
  private back = newPlate();
  private job: Generator<void> | undefined;
  private jobView: View = this.camera.view;
  private stale = true;
  private cost = 0;
  private spent = 0;
  private last: View = this.camera.view;
  private asked = 0;
  private ratio = 1;
  private born = 0;
  private readonly pulses = new Map<number, number>();
  /** The times of the last frames, for measuring. */
  readonly frames: number[] = [];

  constructor(private readonly painter: () => Painter | undefined, private readonly marks: () => Marks,
    private readonly shown: () => Uint8Array | undefined, private readonly moved: () => void) {}

  /** Fits the canvas to its box. */
  resize(width: number, height: number): void {
    this.ratio = Math.min(3, window.devicePixelRatio || 1);
    this.camera.width = width;
    this.camera.height = height;
    for (const canvas of [this.canvas, this.front.canvas, this.back.canvas]) fitCanvas(canvas, width, height, this.ratio);
    this.job = undefined;
    this.redraw();
  }

  /** Draws everything anew, because the model or the theme changed. */
  redraw(): void {
    this.stale = true;
    this.job = undefined;
    this.ask();
  }

  /** Starts the appearance of a new picture. */
  reveal(): void {
    this.born = reducedMotion() ? 0 : performance.now();
    this.redraw();
  }

  /** Draws some nodes anew on the plate that is there. */
  patch(nodes: readonly number[]): void {
    const painter = this.painter();
    if (painter === undefined) return;
    if (nodes.length > 2000 || this.stale || this.shown() !== undefined) {
      this.redraw();
      return;
    }
    const now = performance.now();
    const plates = this.job === undefined ? [this.front] : [this.front, this.back];
    for (const plate of plates) {
      const view = plate === this.front ? this.front.view : this.jobView;
      this.toPicture(plate.ctx, view);
      for (const v of nodes) painter.node(plate.ctx, v, levelAt(view.scale), view.scale);
    }
    if (!reducedMotion()) for (const v of nodes) this.pulses.set(v, now);
    this.ask();
  }

  /** Asks for a frame. */
  readonly ask = (): void => {
    if (this.asked === 0) this.asked = requestAnimationFrame(this.frame);
  };

  stop(): void {
    cancelAnimationFrame(this.asked);
    this.asked = 0;
  }

  private readonly frame = (now: number): void => {
    this.asked = 0;
    const began = performance.now();
    const painter = this.painter();
    if (painter === undefined || !this.canvas.isConnected) return;
    const traveling = this.camera.step(now);
    this.advance(painter, began);
    this.compose(painter, now);
    if (traveling) this.moved();
    if (traveling || this.job !== undefined || !same(this.front.view, this.camera.view) || this.animated(painter, now)) this.ask();
    this.frames.push(performance.now() - began);
    if (this.frames.length > 600) this.frames.shift();
  };

  /** Works on the next plate for the rest of the time that a frame has. */
  private advance(painter: Painter, began: number): void {
    const view = this.camera.view;
    const moving = this.cost > heavy && !same(view, this.last);
    this.last = view;
    const behind = this.stale || !same(this.front.view, view);
    if (this.job === undefined && behind && (this.stale || !moving || !this.serves(view))) {
      this.jobView = view;
      this.stale = false;
      this.spent = 0;
      this.job = painter.scene(this.back.ctx, view, this.camera.width, this.camera.height, this.ratio, this.shown());
    }
    const start = performance.now();
    while (this.job !== undefined && performance.now() - began < (moving ? movingBudget : budget)) {
      if (this.job.next().done !== true) continue;
      this.job = undefined;
      this.cost = this.spent + performance.now() - start;
      this.back.view = this.jobView;
      [this.front, this.back] = [this.back, this.front];
    }
    this.spent += performance.now() - start;
  }

  /** Whether the plate that is there is good enough while the camera moves. */
  private serves(view: View): boolean {
    const from = this.front.view, ratio = view.scale / from.scale;
    if (ratio < 0.55 || ratio > 1.8) return false;
    const { width, height } = this.camera;
    const part = (a: number, b: number, size: number) => {
      const low = Math.max(a, b), high = Math.min(a + size / from.scale, b + size / view.scale);
      return Math.max(0, high - low) / (size / view.scale);
    };
    return part(from.x, view.x, width) * part(from.y, view.y, height) > 0.7;
  }

  private compose(painter: Painter, now: number): void {
    const { ctx, camera, ratio } = this;
    const marks = this.marks();
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const age = this.born === 0 ? 1 : Math.min(1, (now - this.born) / 180);
    ctx.globalAlpha = (marks.light === undefined ? 1 : marks.quiet ? 0.45 : 0.26) * Math.max(0, age);
    const from = this.front.view, to = camera.view;
    const zoom = to.scale / from.scale;
    ctx.imageSmoothingEnabled = zoom !== 1;
    ctx.drawImage(this.front.canvas, (from.x - to.x) * to.scale * ratio, (from.y - to.y) * to.scale * ratio,
      this.canvas.width * zoom, this.canvas.height * zoom);
    ctx.globalAlpha = 1;
    if (age >= 1) this.born = 0;
    this.toPicture(ctx, to);
    this.drawMarks(painter, marks, levelAt(to.scale), now);
  }

  private drawMarks(painter: Painter, marks: Marks, level: Level, now: number): void {
    const { ctx, camera } = this;
    const scale = camera.view.scale, t = painter.theme;
    const m = painter.model, right = camera.view.x + camera.width / scale, bottom = camera.view.y + camera.height / scale;
    const seen = (v: number) => (m.x[v] ?? 0) < right && (m.x[v] ?? 0) + (m.w[v] ?? 0) > camera.view.x &&
      (m.y[v] ?? 0) < bottom && (m.y[v] ?? 0) + m.nodeHeight > camera.view.y;
    const turn = reducedMotion() ? 0.1 : (now / 1600) % 1;
    if (marks.light !== undefined) {
      painter.ways(ctx, marks.light.edges, t.accent, scale);
      for (const v of marks.light.nodes) if (seen(v)) painter.node(ctx, v, level, scale, { turn });
    } else if (level === 2) {
      for (const v of painter.inside(camera.view.x, camera.view.y, right, bottom)) {
        if (m.letters[v] === "r") painter.node(ctx, v, level, scale, { turn });
      }
    }
    const ring = (v: number, style: string, grow: number, width: number) => {
      ctx.beginPath();
      ctx.roundRect((m.x[v] ?? 0) - grow, (m.y[v] ?? 0) - grow, (m.w[v] ?? 0) + 2 * grow, m.nodeHeight + 2 * grow, 10 + grow);
      ctx.strokeStyle = style;
      ctx.lineWidth = width;
      ctx.stroke();
    };
    const px = 1 / Math.min(1, scale);
    for (const v of marks.found) if (seen(v)) ring(v, t.stale, 3 * px, 2.5 * px);
    for (const v of marks.selected) if (seen(v)) ring(v, t.accent, 1 * px, 2.5 * px);
    for (const [v, since] of this.pulses) {
      const part = (now - since) / pulse;
      if (part >= 1 || !seen(v)) continue;
      ctx.globalAlpha = 1 - Math.max(0, part);
      ring(v, t.accent, 12 * Math.max(0, part) * px, 2 * px);
      ctx.globalAlpha = 1;
    }
    if (marks.hover >= 0 && !marks.selected.has(marks.hover)) ring(marks.hover, t.accent, 0, 1.6 * px);
    if (marks.active >= 0 && marks.focused) {
      ctx.setLineDash([4 * px, 3 * px]);
      ring(marks.active, t.text, 5 * px, 1.8 * px);
      ctx.setLineDash([]);
    }
  }

  /** Whether something moves by itself. */
  private animated(painter: Painter, now: number): boolean {
    for (const [v, since] of this.pulses) if (now - since >= pulse) this.pulses.delete(v);
    if (this.pulses.size > 0 || this.born !== 0) return true;
    if (reducedMotion() || levelAt(this.camera.view.scale) < 2) return false;
    const { view, width, height } = this.camera;
    return painter.inside(view.x, view.y, view.x + width / view.scale, view.y + height / view.scale)
      .some((v) => painter.model.letters[v] === "r");
  }

  private toPicture(ctx: CanvasRenderingContext2D, view: View): void {
    const k = view.scale * this.ratio;
    ctx.setTransform(k, 0, 0, k, -view.x * k, -view.y * k);
  }
}

const pulse = 700;

function newPlate(): Plate {
  const canvas = document.createElement("canvas");
  return { canvas, ctx: context(canvas), view: { x: 0, y: 0, scale: 1 } };
}

function same(a: View, b: View): boolean {
  return a.x === b.x && a.y === b.y && a.scale === b.scale;
}
