// Draws a model: backdrops, edges, nodes, as much of each as the zoom shows.

import { drawGlyph, statusOf } from "../shared/status";
import type { Theme } from "../shared/theme";
import type { View } from "./camera";
import { cell, curve, part, pieces, spans, touches } from "./curve";
import { Grid } from "./grid";
import { Labels } from "./labels";
import type { Box, Model } from "./model";

/** Levels of detail: boxes only, and names, and kinds and status. */
export type Level = 0 | 1 | 2;

export function levelAt(scale: number): Level {
  if (scale < 0.34) return 0;
  return scale < 0.66 ? 1 : 2;
}

const radius = 10;
/** Nodes in view up to which shadows and other luxuries are drawn. */
const luxury = 400;
/** Things drawn between two looks at the clock. */
const batch = 400;

export class Painter {
  private readonly nodes: Grid;
  private readonly stretches: Grid;
  private readonly points: Float32Array;
  private readonly dashed: number;
  private readonly labels: Labels;
  private readonly paths = new WeakMap<ReadonlySet<number>, Path2D>();

  constructor(readonly model: Model, public theme: Theme, scratch: CanvasRenderingContext2D) {
    const rects = new Float32Array(model.count * 4);
    for (let v = 0; v < model.count; v++) {
      const x = model.x[v] ?? 0, y = model.y[v] ?? 0;
      rects.set([x, y, x + (model.w[v] ?? 0), y + model.nodeHeight], 4 * v);
    }
    this.nodes = new Grid(rects, model.width, model.height, cell);
    const { points, dashed } = model.stretches();
    this.points = points;
    this.dashed = dashed;
    const { rects: ways, owners } = spans(points);
    this.stretches = new Grid(ways, model.width, model.height, cell, owners);
    this.labels = new Labels(scratch);
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.labels.clear();
  }

  /** The nodes that touch a rectangle of the picture. */
  inside(x0: number, y0: number, x1: number, y1: number): number[] {
    return this.nodes.query(x0, y0, x1, y1);
  }

  /** The node at a point of the picture, or -1. */
  nodeAt(x: number, y: number): number {
    return this.nodes.query(x, y, x, y)[0] ?? -1;
  }

  /** The group's backdrop at a point, and whether the point is on its label. */
  boxAt(x: number, y: number): { box: Box; label: boolean } | undefined {
    const box = this.model.boxes.find((b) => x >= b.x && x <= b.x + b.w && y >= b.y && y <= b.y + b.h);
    return box && { box, label: y <= box.y + 26 };
  }

  /**
   * Draws everything in view, bit by bit: after each bit the caller may stop for
   * a while. shown, if given, marks the nodes that are not faded.
   */
  *scene(ctx: CanvasRenderingContext2D, view: View, width: number, height: number, ratio: number, shown?: Uint8Array): Generator<void> {
    const k = view.scale * ratio;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
    ctx.setTransform(k, 0, 0, k, -view.x * k, -view.y * k);
    const x0 = view.x, y0 = view.y, x1 = view.x + width / view.scale, y1 = view.y + height / view.scale;
    const level = levelAt(view.scale);
    for (const b of this.model.boxes) {
      if (b.x < x1 && b.x + b.w > x0 && b.y < y1 && b.y + b.h > y0) this.box(ctx, b, view.scale);
    }
    yield;
    yield* this.edges(ctx, { x0: x0 - 40, y0: y0 - 40, x1: x1 + 40, y1: y1 + 40 }, view.scale, shown !== undefined);
    const inView = this.nodes.query(x0 - 20, y0 - 20, x1 + 20, y1 + 20);
    if (level === 0) yield* this.dots(ctx, inView, view.scale, shown);
    else yield* this.cards(ctx, inView, level, view.scale, shown);
    if (level === 0) {
      for (const b of this.model.boxes) {
        if (b.x < x1 && b.x + b.w > x0 && b.y < y1 && b.y + b.h > y0) this.farLabel(ctx, b, view.scale);
      }
    }
  }

  private box(ctx: CanvasRenderingContext2D, b: Box, scale: number): void {
    const t = this.theme;
    ctx.beginPath();
    ctx.roundRect(b.x + 4, b.y + 2, b.w - 8, b.h - 4, 14);
    ctx.globalAlpha = 0.045;
    ctx.fillStyle = t.text;
    ctx.fill();
    ctx.globalAlpha = 0.7;
    ctx.strokeStyle = t.line;
    ctx.lineWidth = Math.max(1, 0.6 / scale);
    ctx.stroke();
    ctx.globalAlpha = 1;
    if (levelAt(scale) === 0) return;
    const size = Math.min(20, Math.max(12, 10 / scale));
    ctx.fillStyle = t.muted;
    triangle(ctx, b.x + 20, b.y + 15, 3.4 * size / 12, Math.PI / 2);
    const font = `600 ${size}px ${t.font}`;
    const label = this.labels.fit(this.model.groups[b.group] ?? "", font, b.w - 52);
    ctx.font = font;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(label, b.x + 30, b.y + 15);
  }

  /** The name of a group over its small nodes, readable at any zoom. */
  private farLabel(ctx: CanvasRenderingContext2D, b: Box, scale: number): void {
    if (b.w * scale < 64 || b.h * scale < 24) return;
    const t = this.theme;
    const size = 12 / scale;
    // The text is measured at its size on the screen, which is always the same.
    const font = `600 11px ${t.font}`;
    const label = this.labels.fit(this.model.groups[b.group] ?? "", font, Math.round(b.w * scale - 16));
    if (label === "") return;
    ctx.save();
    ctx.translate(b.x + b.w / 2, b.y + b.h / 2);
    ctx.scale(size / 12, size / 12);
    ctx.font = font;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    const width = ctx.measureText(label).width;
    ctx.beginPath();
    ctx.roundRect(-width / 2 - 5, -8, width + 10, 16, 8);
    ctx.globalAlpha = 0.76;
    ctx.fillStyle = t.page;
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.fillStyle = t.text;
    ctx.fillText(label, 0, 0);
    ctx.restore();
  }

  private *edges(ctx: CanvasRenderingContext2D, seen: Rect, scale: number, faded: boolean): Generator<void> {
    const list = this.stretches.query(seen.x0, seen.y0, seen.x1, seen.y1);
    const straight = scale < 0.12 || list.length > 6000;
    ctx.strokeStyle = this.theme.muted;
    ctx.lineWidth = Math.max(1.3, 0.75 / scale);
    const alpha = scale >= 0.34 ? 0.55 : Math.max(0.14, 0.5 - list.length / 30_000);
    ctx.globalAlpha = faded ? alpha * 0.4 : alpha;
    const p = this.points;
    for (const isDashed of [false, true]) {
      ctx.setLineDash(isDashed && scale > 0.2 ? [5, 4] : []);
      let n = 0;
      for (const i of list) {
        if (i >= this.dashed !== isDashed) continue;
        ctx.beginPath();
        const x0 = p[4 * i] ?? 0, y0 = p[4 * i + 1] ?? 0, x1 = p[4 * i + 2] ?? 0, y1 = p[4 * i + 3] ?? 0;
        const cuts = pieces(x0, y0, x1, y1);
        if (straight || cuts === 1 || (!isDashed && within(seen, x0, y0, x1, y1))) stretch(ctx, x0, y0, x1, y1, straight);
        else stretchIn(ctx, x0, y0, x1, y1, cuts, seen);
        ctx.stroke();
        if (++n % batch === 0) yield;
      }
    }
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
    yield;
  }

  /** Boxes only, one fill for each status. */
  private *dots(ctx: CanvasRenderingContext2D, list: readonly number[], scale: number, shown?: Uint8Array): Generator<void> {
    const m = this.model;
    const byColor = new Map<string, number[]>();
    for (const v of list) {
      const faded = shown !== undefined && shown[v] !== 1;
      const key = faded ? "" : statusOf(m.letters[v] ?? "-").token;
      const bucket = byColor.get(key);
      if (bucket) bucket.push(v);
      else byColor.set(key, [v]);
    }
    // Nodes stay visible as points however far away they are.
    const h = Math.max(m.nodeHeight, 1.6 / scale);
    const grow = (h - m.nodeHeight) / 2;
    for (const [key, nodes] of byColor) {
      ctx.fillStyle = key === "" ? this.theme.missing : this.theme[statusColor(key)];
      ctx.globalAlpha = key === "" ? 0.15 : key === "missing" ? 0.5 : 0.85;
      // Single shapes are drawn much faster than a path of many.
      for (let i = 0; i < nodes.length; i++) {
        const v = nodes[i] ?? 0, x = m.x[v] ?? 0, y = (m.y[v] ?? 0) - grow, w = m.w[v] ?? 0;
        if (scale > 0.16) {
          ctx.beginPath();
          ctx.roundRect(x, y, w, h, radius);
          ctx.fill();
        } else ctx.fillRect(x, y, w, h);
        if (i % batch === batch - 1) yield;
      }
      yield;
    }
    ctx.globalAlpha = 1;
  }

  private *cards(ctx: CanvasRenderingContext2D, list: readonly number[], level: Level, scale: number, shown?: Uint8Array): Generator<void> {
    const rich = list.length <= luxury;
    let n = 0;
    for (const v of list) {
      this.node(ctx, v, level, scale, { rich, faded: shown !== undefined && shown[v] !== 1 });
      if (++n % 60 === 0) yield;
    }
  }

  /** Draws one node over whatever is there. */
  node(ctx: CanvasRenderingContext2D, v: number, level: Level, scale: number, how: NodeStyle = {}): void {
    if (level === 0) {
      this.far(ctx, v, scale);
      return;
    }
    ctx.globalAlpha = how.faded === true ? 0.22 : 1;
    this.card(ctx, v, scale, how);
    if (level === 1) this.caption(ctx, v, scale);
    else this.detail(ctx, v, how.turn ?? 0);
    ctx.globalAlpha = 1;
  }

  private far(ctx: CanvasRenderingContext2D, v: number, scale: number): void {
    const m = this.model;
    const h = Math.max(m.nodeHeight, 1.6 / scale);
    ctx.fillStyle = this.theme[statusOf(m.letters[v] ?? "-").token];
    ctx.beginPath();
    ctx.roundRect(m.x[v] ?? 0, (m.y[v] ?? 0) - (h - m.nodeHeight) / 2, m.w[v] ?? 0, h, radius);
    ctx.fill();
  }

  private card(ctx: CanvasRenderingContext2D, v: number, scale: number, how: NodeStyle): void {
    const m = this.model, t = this.theme;
    const x = m.x[v] ?? 0, y = m.y[v] ?? 0, w = m.w[v] ?? 0, h = m.nodeHeight;
    const letter = m.letters[v] ?? "-";
    if (m.up.start[v] !== m.up.start[v + 1]) {
      ctx.fillStyle = t.muted;
      triangle(ctx, x - 4, y + h / 2, 4.2, 0);
    }
    if (m.collapsed(v) > 0) this.pile(ctx, x, y, w, h);
    if (how.rich === true && how.faded !== true) shadow(ctx, x, y, w, h);
    ctx.beginPath();
    ctx.roundRect(x, y, w, h, radius);
    ctx.fillStyle = t.surface;
    const alpha = ctx.globalAlpha;
    if (how.faded === true) {
      // A faded node still hides the edges behind it.
      ctx.globalAlpha = 1;
      ctx.fillStyle = t.page;
    }
    ctx.fill();
    ctx.globalAlpha = alpha;
    const loud = letter === "f" || letter === "r" || letter === "b";
    ctx.strokeStyle = how.stroke ?? (loud ? t[statusOf(letter).token] : t.line);
    ctx.lineWidth = how.stroke !== undefined ? Math.max(2, 1.6 / scale) : loud ? 1.6 : Math.max(1.1, 0.8 / scale);
    ctx.setLineDash(letter === "-" && how.stroke === undefined ? [5, 4] : []);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  /** The edges of the cards under a collapsed group. */
  private pile(ctx: CanvasRenderingContext2D, x: number, y: number, w: number, h: number): void {
    for (const d of [7, 3.5]) {
      ctx.beginPath();
      ctx.roundRect(x + d, y + d, w - 2 * d + d, h, radius);
      ctx.fillStyle = this.theme.surface;
      ctx.fill();
      ctx.strokeStyle = this.theme.line;
      ctx.lineWidth = 1.1;
      ctx.stroke();
    }
  }

  /** The name alone, as large as the node allows, and a bar for the status. */
  private caption(ctx: CanvasRenderingContext2D, v: number, scale: number): void {
    const m = this.model, t = this.theme;
    const x = m.x[v] ?? 0, y = m.y[v] ?? 0, w = m.w[v] ?? 0, h = m.nodeHeight;
    ctx.fillStyle = t[statusOf(m.letters[v] ?? "-").token];
    ctx.beginPath();
    ctx.roundRect(x + 1, y + 1, 7, h - 2, [radius - 1, 0, 0, radius - 1]);
    ctx.fill();
    const size = captionSize(scale);
    const font = `500 ${size}px ${t.font}`;
    const text = this.labels.fit(m.name(v), font, w - 28);
    ctx.font = font;
    ctx.fillStyle = t.text;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(text, x + 18, y + h / 2 + 1);
  }

  private detail(ctx: CanvasRenderingContext2D, v: number, turn: number): void {
    const m = this.model, t = this.theme;
    const x = m.x[v] ?? 0, y = m.y[v] ?? 0, w = m.w[v] ?? 0, h = m.nodeHeight;
    const letter = m.letters[v] ?? "-";
    drawGlyph(ctx, letter, x + 20, y + h / 2, 6.2, t[statusOf(letter).token], turn);
    const members = m.collapsed(v);
    const second = members > 0 ? [] : this.badges(v);
    const two = members > 0 || second.length > 0 || m.notes[v] !== "";
    const font = `600 13px ${t.font}`;
    const name = this.labels.fit(m.name(v), font, w - 50);
    ctx.font = font;
    ctx.fillStyle = letter === "-" && members === 0 ? t.muted : t.text;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(name, x + 37, y + (two ? 18 : h / 2 + 0.5));
    if (members > 0) {
      ctx.font = `11px ${t.font}`;
      ctx.fillStyle = t.muted;
      ctx.fillText(members === 1 ? "1 asset" : `${members} assets`, x + 37, y + 36);
      triangle(ctx, x + w - 16, y + h / 2, 4, 0);
      return;
    }
    this.secondLine(ctx, v, second);
  }

  private badges(v: number): string[] {
    const partition = this.model.partition(v);
    return partition === "" ? [...this.model.kinds(v)] : [...this.model.kinds(v), partition];
  }

  private secondLine(ctx: CanvasRenderingContext2D, v: number, badges: readonly string[]): void {
    const m = this.model, t = this.theme;
    const w = m.w[v] ?? 0, y = (m.y[v] ?? 0) + 36;
    let right = (m.x[v] ?? 0) + w - 12;
    ctx.font = `11px ${t.font}`;
    const note = m.notes[v] ?? "";
    if (note !== "") {
      ctx.textAlign = "right";
      ctx.fillStyle = t.muted;
      ctx.fillText(note, right, y);
      right -= ctx.measureText(note).width + 8;
      ctx.textAlign = "left";
    }
    let x = (m.x[v] ?? 0) + 37;
    for (const badge of badges) {
      const width = ctx.measureText(badge).width + 10;
      if (x + width > right) break;
      const alpha = ctx.globalAlpha;
      ctx.beginPath();
      ctx.roundRect(x, y - 8, width, 16, 4);
      ctx.globalAlpha = alpha * 0.075;
      ctx.fillStyle = t.text;
      ctx.fill();
      ctx.globalAlpha = alpha;
      ctx.fillStyle = t.muted;
      ctx.fillText(badge, x + 5, y + 0.5);
      x += width + 4;
    }
  }

  /** Draws the whole way of some edges. The set must not change afterwards. */
  ways(ctx: CanvasRenderingContext2D, edges: ReadonlySet<number>, color: string, scale: number): void {
    let path = this.paths.get(edges);
    if (path === undefined) {
      path = new Path2D();
      for (const e of edges) {
        const way = this.model.way(e);
        for (let i = 0; i + 3 < way.length; i += 2) {
          stretch(path, way[i] ?? 0, way[i + 1] ?? 0, way[i + 2] ?? 0, way[i + 3] ?? 0, edges.size > 4000);
        }
      }
      this.paths.set(edges, path);
    }
    ctx.strokeStyle = color;
    ctx.lineWidth = Math.max(2, 1.3 / scale);
    ctx.stroke(path);
  }
}

export interface NodeStyle {
  rich?: boolean;
  faded?: boolean;
  /** Replaces the color of the border. */
  stroke?: string;
  /** The phase of a running glyph. */
  turn?: number;
}

function statusColor(token: string): "materialized" {
  return token as "materialized";
}

/** Names at middle zoom come in few sizes, so that they are measured once. */
function captionSize(scale: number): number {
  const wanted = Math.min(27, Math.max(15, 10.5 / scale));
  return Math.round(wanted / 3) * 3;
}

function stretch(ctx: CanvasPath, x0: number, y0: number, x1: number, y1: number, straight: boolean): void {
  ctx.moveTo(x0, y0);
  if (straight || Math.abs(y0 - y1) < 1) {
    ctx.lineTo(x1, y1);
    return;
  }
  const c = curve(x0, y0, x1, y1);
  ctx.bezierCurveTo(c.ax, c.ay, c.bx, c.by, x1, y1);
}

interface Rect {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

function within(r: Rect, x0: number, y0: number, x1: number, y1: number): boolean {
  return Math.min(x0, x1) >= r.x0 && Math.max(x0, x1) <= r.x1 && Math.min(y0, y1) >= r.y0 && Math.max(y0, y1) <= r.y1;
}

/** The pieces of a long stretch that are in view. Each begins anew, so that its
 * dashes stay where they are while the view moves. */
function stretchIn(ctx: CanvasPath, x0: number, y0: number, x1: number, y1: number, cuts: number, seen: Rect): void {
  const whole = curve(x0, y0, x1, y1);
  for (let k = 0; k < cuts; k++) {
    const c = part(whole, k / cuts, (k + 1) / cuts);
    if (!touches(c, seen.x0, seen.y0, seen.x1, seen.y1)) continue;
    ctx.moveTo(c.x0, c.y0);
    ctx.bezierCurveTo(c.ax, c.ay, c.bx, c.by, c.x1, c.y1);
  }
}

function triangle(ctx: CanvasRenderingContext2D, x: number, y: number, r: number, turned: number): void {
  ctx.save();
  ctx.translate(x, y);
  ctx.rotate(turned);
  ctx.beginPath();
  ctx.moveTo(-r, -r);
  ctx.lineTo(r, 0);
  ctx.lineTo(-r, r);
  ctx.closePath();
  ctx.fill();
  ctx.restore();
}

function shadow(ctx: CanvasRenderingContext2D, x: number, y: number, w: number, h: number): void {
  ctx.save();
  ctx.fillStyle = "#000";
  for (const [grow, down, alpha] of [[0.5, 1, 0.07], [1.5, 2.5, 0.035]] as const) {
    ctx.globalAlpha = alpha;
    ctx.beginPath();
    ctx.roundRect(x - grow, y - grow + down, w + 2 * grow, h + 2 * grow, radius + grow);
    ctx.fill();
  }
  ctx.restore();
}
