// Draws the cells of a map.

import type { Theme } from "../shared/theme";
import type { Arrangement } from "./arrange";
import { letterOf, type Cell } from "./keys";

export interface Scene {
  readonly place: Arrangement;
  readonly cells: readonly Cell[];
  readonly theme: Theme;
  readonly width: number;
  readonly height: number;
  readonly top: number;
  readonly ratio: number;
  readonly selected: (c: Cell) => boolean;
  readonly partly: (c: Cell) => boolean;
  readonly hover: number;
  readonly active: number;
}

export function paint(ctx: CanvasRenderingContext2D, s: Scene): void {
  const { place: p, theme: t } = s;
  ctx.setTransform(s.ratio, 0, 0, s.ratio, 0, 0);
  ctx.clearRect(0, 0, s.width, s.height);
  ctx.translate(0, -s.top);
  ctx.textBaseline = "middle";
  for (const l of p.labels) {
    if (l.y < s.top - 20 || l.y > s.top + s.height + 20) continue;
    ctx.font = `${l.strong ? 600 : 400} 11px ${t.font}`;
    ctx.fillStyle = l.strong ? t.text : t.muted;
    ctx.textAlign = l.align;
    ctx.fillText(l.text, l.x, l.y);
  }
  s.cells.forEach((c, i) => {
    const y = p.y[i] ?? 0;
    if (y + p.cell < s.top || y > s.top + s.height) return;
    const x = p.x[i] ?? 0;
    const whole = s.selected(c);
    if (whole || s.partly(c)) bed(ctx, t, x, y, p.cell, whole);
    if (c.to - c.from === 1) single(ctx, t, x, y, p.cell, letterOf(c));
    else tile(ctx, t, x, y, p.cell, c);
    if (i === s.hover) outline(ctx, t.text, x, y, p.cell, 1.2);
    if (i === s.active) outline(ctx, t.accent, x, y, p.cell, 3);
  });
}

function corner(cell: number): number {
  return cell >= 16 ? 4 : cell >= 11 ? 3 : 2;
}

/** One key: full, crossed, half or hollow, so that no state is a color alone. */
function single(ctx: CanvasRenderingContext2D, t: Theme, x: number, y: number, cell: number, letter: string): void {
  ctx.beginPath();
  ctx.roundRect(x, y, cell, cell, corner(cell));
  if (letter === "-") {
    hollow(ctx, t, x, y, cell);
    return;
  }
  ctx.fillStyle = letter === "m" ? t.materialized : letter === "f" ? t.failed : t.running;
  if (letter === "r") {
    ctx.globalAlpha = 0.28;
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.save();
    ctx.clip();
    ctx.beginPath();
    ctx.moveTo(x, y + cell);
    ctx.lineTo(x + cell, y + cell);
    ctx.lineTo(x + cell, y);
    ctx.fill();
    ctx.restore();
    return;
  }
  ctx.fill();
  if (letter !== "f") return;
  const d = cell * 0.22, cx = x + cell / 2, cy = y + cell / 2;
  ctx.strokeStyle = t.page;
  ctx.lineWidth = Math.max(1.2, cell * 0.1);
  ctx.beginPath();
  ctx.moveTo(cx - d, cy - d);
  ctx.lineTo(cx + d, cy + d);
  ctx.moveTo(cx + d, cy - d);
  ctx.lineTo(cx - d, cy + d);
  ctx.stroke();
}

function hollow(ctx: CanvasRenderingContext2D, t: Theme, x: number, y: number, cell: number): void {
  ctx.fillStyle = t.text;
  ctx.globalAlpha = 0.05;
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.beginPath();
  ctx.roundRect(x + 0.5, y + 0.5, cell - 1, cell - 1, corner(cell) - 0.5);
  ctx.strokeStyle = t.line;
  ctx.lineWidth = 1;
  ctx.stroke();
}

/** Many keys: a column of what is done, with what failed on top of it. */
function tile(ctx: CanvasRenderingContext2D, t: Theme, x: number, y: number, cell: number, c: Cell): void {
  const size = c.to - c.from;
  ctx.beginPath();
  ctx.roundRect(x, y, cell, cell, corner(cell));
  hollow(ctx, t, x, y, cell);
  if (c.m + c.f + c.r === 0) return;
  ctx.save();
  ctx.beginPath();
  ctx.roundRect(x, y, cell, cell, corner(cell));
  ctx.clip();
  let bottom = y + cell;
  // What is there at all is seen, and what is not all there does not look full.
  const fill = (n: number, color: string, least: number) => {
    if (n === 0) return;
    const h = n === size ? cell : Math.min(cell - 1.5, Math.max(least, (n / size) * cell));
    ctx.fillStyle = color;
    ctx.fillRect(x, bottom - h, cell, h);
    bottom -= h;
  };
  fill(c.m, t.materialized, 1.5);
  fill(c.r, t.running, 2.5);
  fill(c.f, t.failed, 3);
  ctx.restore();
  if (c.f > 0) {
    ctx.fillStyle = t.failed;
    ctx.beginPath();
    ctx.moveTo(x + cell, y);
    ctx.lineTo(x + cell, y + cell * 0.42);
    ctx.lineTo(x + cell - cell * 0.42, y);
    ctx.fill();
  }
}

/** What a selected cell lies on; the beds of neighbours touch. */
function bed(ctx: CanvasRenderingContext2D, t: Theme, x: number, y: number, cell: number, whole: boolean): void {
  ctx.beginPath();
  ctx.roundRect(x - 2, y - 2, cell + 4, cell + 4, corner(cell) + 1);
  ctx.fillStyle = t.page;
  ctx.fill();
  // Ink, not the accent, which lies too near to some of the states.
  ctx.globalAlpha = whole ? 0.9 : 0.35;
  ctx.fillStyle = t.text;
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.beginPath();
  ctx.roundRect(x, y, cell, cell, corner(cell));
  ctx.fillStyle = t.page;
  ctx.fill();
}

function outline(ctx: CanvasRenderingContext2D, color: string, x: number, y: number, cell: number, width: number): void {
  ctx.beginPath();
  ctx.roundRect(x - 1, y - 1, cell + 2, cell + 2, corner(cell) + 1);
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.stroke();
}
