// Draws lines of a chart and the axis above them.

import { drawGlyph, statusOf, worst } from "../shared/status";
import type { Theme } from "../shared/theme";
import { clock, duration, ticks } from "../shared/time";
import { titleOf, workedOf, wordOf, type Chart, type Line, type Row } from "./chart";

export const lineHeight = 28;
export const axisHeight = 30;

/** What a drawing depends on. */
export interface Scene {
  readonly chart: Chart;
  readonly lines: readonly Line[];
  /** Whether any line stands for several steps. */
  readonly grouped: boolean;
  readonly width: number;
  readonly height: number;
  /** The width of the names. */
  readonly names: number;
  /** The part of time that is shown. */
  readonly from: number;
  readonly to: number;
  /** How far the lines are scrolled, in pixels. */
  readonly top: number;
  readonly now: number;
  readonly selected: string;
  readonly hover: number;
  readonly active: number;
  readonly focused: boolean;
  /** The phase of what moves, from 0 to 1. */
  readonly turn: number;
  /** A stretch of time that is being chosen. */
  readonly brush: readonly [number, number] | undefined;
  readonly pointer: number | undefined;
}

export class Painter {
  private readonly cut = new Map<string, string>();

  constructor(private readonly ctx: CanvasRenderingContext2D, public theme: Theme) {}

  draw(s: Scene, ratio: number): void {
    const { ctx } = this;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, s.width, s.height);
    const first = Math.max(0, Math.floor(s.top / lineHeight));
    const last = Math.min(s.lines.length, Math.ceil((s.top + s.height - axisHeight) / lineHeight));
    ctx.save();
    ctx.beginPath();
    ctx.rect(0, axisHeight, s.width, s.height - axisHeight);
    ctx.clip();
    this.backs(s, first, last);
    this.grid(s);
    ctx.save();
    ctx.beginPath();
    ctx.rect(s.names, axisHeight, s.width - s.names, s.height - axisHeight);
    ctx.clip();
    this.links(s);
    for (let i = first; i < last; i++) {
      const line = s.lines[i];
      if (line === undefined) continue;
      const y = axisHeight + i * lineHeight - s.top;
      if (line.row !== undefined) this.row(s, line.row, y);
      else this.group(s, line, y);
    }
    this.present(s);
    ctx.restore();
    for (let i = first; i < last; i++) {
      const line = s.lines[i];
      if (line !== undefined) this.name(s, line, axisHeight + i * lineHeight - s.top);
    }
    ctx.restore();
    this.axis(s);
  }

  private x(s: Scene, t: number): number {
    return s.names + ((t - s.from) / (s.to - s.from)) * (s.width - s.names - 12);
  }

  private backs(s: Scene, first: number, last: number): void {
    const { ctx, theme: t } = this;
    for (let i = first; i < last; i++) {
      const line = s.lines[i];
      const y = axisHeight + i * lineHeight - s.top;
      const chosen = line?.row !== undefined && titleOf(line.row) === s.selected;
      if (chosen || i === s.hover) {
        ctx.globalAlpha = chosen ? 0.12 : 0.05;
        ctx.fillStyle = chosen ? t.accent : t.text;
        ctx.fillRect(0, y, s.width, lineHeight);
        ctx.globalAlpha = 1;
      }
      ctx.strokeStyle = t.line;
      ctx.globalAlpha = 0.55;
      ctx.lineWidth = 1;
      ctx.beginPath();
      ctx.moveTo(0, y + lineHeight - 0.5);
      ctx.lineTo(s.width, y + lineHeight - 0.5);
      ctx.stroke();
      ctx.globalAlpha = 1;
      if (i === s.active && s.focused) {
        ctx.strokeStyle = t.accent;
        ctx.lineWidth = 2;
        ctx.strokeRect(1, y + 1, s.width - 2, lineHeight - 3);
      }
    }
  }

  private grid(s: Scene): void {
    const { ctx } = this;
    ctx.strokeStyle = this.theme.line;
    ctx.globalAlpha = 0.6;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (const t of this.marks(s)) {
      const x = Math.round(this.x(s, t + s.chart.started)) + 0.5;
      ctx.moveTo(x, axisHeight);
      ctx.lineTo(x, s.height);
    }
    ctx.stroke();
    ctx.globalAlpha = 1;
  }

  /** Marks on the axis count from the start of the run. */
  private marks(s: Scene): number[] {
    return ticks(s.from - s.chart.started, s.to - s.chart.started, s.width - s.names, 96);
  }

  private axis(s: Scene): void {
    const { ctx, theme: t } = this;
    ctx.fillStyle = t.page;
    ctx.fillRect(0, 0, s.width, axisHeight);
    ctx.font = `11px ${t.font}`;
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    ctx.fillStyle = t.muted;
    for (const mark of this.marks(s)) {
      const x = this.x(s, mark + s.chart.started);
      if (x >= s.names - 1 && x < s.width - 30) ctx.fillText(mark === 0 ? "0" : duration(mark).replace(".0", ""), x + 4, axisHeight / 2 + 1);
    }
    ctx.fillStyle = t.line;
    ctx.fillRect(0, axisHeight - 1, s.width, 1);
    if (s.brush !== undefined) {
      const [a, b] = [this.x(s, Math.min(...s.brush)), this.x(s, Math.max(...s.brush))];
      ctx.globalAlpha = 0.16;
      ctx.fillStyle = t.accent;
      ctx.fillRect(a, 0, b - a, s.height);
      ctx.globalAlpha = 1;
      ctx.fillRect(a, 0, 1.5, s.height);
      ctx.fillRect(b - 1.5, 0, 1.5, s.height);
    }
    if (s.pointer !== undefined && s.pointer > s.names) this.pointer(s, s.pointer);
  }

  /** The time of day under the pointer. */
  private pointer(s: Scene, x: number): void {
    const { ctx, theme: t } = this;
    const time = s.from + ((x - s.names) / (s.width - s.names - 12)) * (s.to - s.from);
    const words = clock(s.chart.origin + time, s.to - s.from < 120_000);
    ctx.font = `11px ${t.font}`;
    const w = ctx.measureText(words).width + 12;
    const left = Math.min(Math.max(x - w / 2, s.names), s.width - w);
    ctx.globalAlpha = 0.5;
    ctx.fillStyle = t.muted;
    ctx.fillRect(Math.round(x), axisHeight, 1, s.height);
    ctx.globalAlpha = 1;
    ctx.beginPath();
    ctx.roundRect(left, 5, w, 20, 4);
    ctx.fillStyle = t.text;
    ctx.fill();
    ctx.fillStyle = t.page;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(words, left + 6, 15.5);
  }

  private present(s: Scene): void {
    if (s.chart.finished) return;
    const x = Math.round(this.x(s, s.now));
    this.ctx.fillStyle = this.theme.running;
    this.ctx.globalAlpha = 0.7;
    this.ctx.fillRect(x, axisHeight, 1.5, s.height);
    this.ctx.globalAlpha = 1;
  }

  private name(s: Scene, line: Line, y: number): void {
    const { ctx, theme: t } = this;
    // Without groups nothing has to leave room for their signs.
    const indent = line.inner ? 22 : s.grouped ? 0 : -18;
    const middle = y + lineHeight / 2;
    const letter = line.row?.state ?? worst(line.rows.map((r) => r.state)).letter;
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    if (line.row === undefined) {
      ctx.fillStyle = t.muted;
      chevron(ctx, 12, middle, line.open);
    }
    drawGlyph(ctx, letter, 30 + indent, middle, 5, t[statusOf(letter).token], s.turn);
    const x = 44 + indent;
    let room = s.names - x - 12;
    if (line.row === undefined) {
      const done = line.rows.filter((r) => r.state === "m").length;
      const note = `${done.toLocaleString("en")}/${line.rows.length.toLocaleString("en")}`;
      ctx.font = `11px ${t.font}`;
      ctx.fillStyle = t.muted;
      ctx.textAlign = "right";
      ctx.fillText(note, s.names - 12, middle + 0.5);
      ctx.textAlign = "left";
      room -= ctx.measureText(note).width + 8;
    }
    const font = line.inner ? `12px ${t.mono}` : `${line.row?.critical === true || line.row === undefined ? 600 : 400} 13px ${t.font}`;
    const text = line.inner ? line.row?.key ?? "" : line.row !== undefined ? titleOf(line.row) : line.asset;
    const quiet = line.row !== undefined && line.row.attempts.length === 0;
    ctx.fillStyle = quiet ? t.muted : t.text;
    ctx.font = font;
    ctx.fillText(this.fit(text, font, room), x, middle + 0.5);
  }

  /** Thin lines from each critical step to the next one. */
  private links(s: Scene): void {
    const at = new Map<number, number>();
    s.lines.forEach((l, i) => {
      if (l.row?.critical === true) at.set(l.row.index, axisHeight + i * lineHeight - s.top + lineHeight / 2);
      else if (l.row === undefined && !l.open) for (const r of l.rows) if (r.critical) at.set(r.index, axisHeight + i * lineHeight - s.top + lineHeight / 2);
    });
    const path = s.chart.rows.filter((r) => r.critical && r.attempts.length > 0).sort((a, b) => (a.attempts[0]?.launched ?? 0) - (b.attempts[0]?.launched ?? 0));
    const { ctx } = this;
    ctx.strokeStyle = this.theme.accent;
    ctx.globalAlpha = 0.8;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    for (let i = 1; i < path.length; i++) {
      const a = path[i - 1], b = path[i];
      const y0 = a && at.get(a.index), y1 = b && at.get(b.index);
      if (a === undefined || b === undefined || y0 === undefined || y1 === undefined || y0 === y1) continue;
      const x0 = this.x(s, a.ended), x1 = this.x(s, b.attempts[0]?.launched ?? a.ended);
      const elbow = Math.max(x0, Math.min(x0 + 6, x1));
      ctx.moveTo(x0, y0);
      ctx.lineTo(elbow, y0);
      ctx.lineTo(elbow, y1);
      ctx.lineTo(x1, y1);
    }
    ctx.stroke();
    ctx.globalAlpha = 1;
  }

  private row(s: Scene, r: Row, y: number): void {
    const first = r.attempts[0];
    const middle = y + lineHeight / 2;
    if (r.ready > 0 && r.state !== "k") this.wait(s, r.ready, first?.launched ?? (r.ended || s.now), middle);
    this.ghost(s, r, middle);
    let right = 0;
    r.attempts.forEach((a, i) => {
      const next = r.attempts[i + 1];
      const end = a.ended || s.now;
      if (a.notBefore > 0 && end > 0) this.backOff(s, end, a.notBefore, next?.launched ?? s.now, middle);
      else if (next !== undefined) this.wait(s, end, next.launched, middle);
      right = Math.max(right, this.bar(s, a.launched, end, a.outcome, middle, r.critical, r.attempts.length > 1 ? a.number : 0));
    });
    if (right > 0) this.words(s, r, right + 7, middle);
  }

  private wait(s: Scene, from: number, to: number, y: number): void {
    const a = this.x(s, from), b = this.x(s, to);
    if (b - a < 1.5) return;
    const { ctx } = this;
    ctx.strokeStyle = this.theme.queued;
    ctx.globalAlpha = 0.75;
    ctx.lineWidth = 2;
    ctx.setLineDash([1.5, 4]);
    ctx.beginPath();
    ctx.moveTo(a, y);
    ctx.lineTo(b, y);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  }

  /** A back-off up to its end, then the wait for the next attempt. */
  private backOff(s: Scene, from: number, until: number, next: number, y: number): void {
    const a = this.x(s, from), b = this.x(s, until);
    const { ctx } = this;
    ctx.strokeStyle = this.theme.stale;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    for (let x = a + 1; x < b - 1; x += 5) {
      ctx.moveTo(x, y + 4);
      ctx.lineTo(Math.min(x + 5, b - 1), y - 4);
    }
    ctx.globalAlpha = 0.85;
    ctx.stroke();
    ctx.globalAlpha = 1;
    if (next > until) this.wait(s, until, next, y);
  }

  /** What the previous run took, behind the bar. */
  private ghost(s: Scene, r: Row, y: number): void {
    const last = r.attempts[r.attempts.length - 1];
    if (r.previous === 0 || last === undefined) return;
    const a = this.x(s, last.launched), b = this.x(s, last.launched + r.previous);
    const { ctx } = this;
    ctx.fillStyle = this.theme.muted;
    ctx.beginPath();
    ctx.roundRect(a - 1, y - 11, Math.max(3, b - a + 2), 22, 5);
    ctx.globalAlpha = 0.2;
    ctx.fill();
    ctx.globalAlpha = 0.55;
    ctx.strokeStyle = this.theme.muted;
    ctx.lineWidth = 1;
    ctx.setLineDash([3, 3]);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  }

  /** Draws an attempt and returns its right end. */
  private bar(s: Scene, from: number, to: number, outcome: string, y: number, critical: boolean, number: number): number {
    const { ctx, theme: t } = this;
    const a = this.x(s, from), w = Math.max(3, this.x(s, to) - a);
    const color = t[statusOf(outcome).token];
    ctx.beginPath();
    ctx.roundRect(a, y - 8, w, 16, Math.min(4, w / 2));
    ctx.fillStyle = color;
    ctx.globalAlpha = outcome === "c" ? 0.5 : 0.92;
    ctx.fill();
    ctx.globalAlpha = 1;
    if (outcome === "r") this.stripes(a, y, w, s.turn);
    if (critical) {
      ctx.strokeStyle = t.accent;
      ctx.lineWidth = 2;
      ctx.beginPath();
      ctx.roundRect(a - 2, y - 10, w + 4, 20, 6);
      ctx.stroke();
    }
    const sign = outcome === "f" || outcome === "c";
    if (sign && w > 13) drawGlyph(ctx, outcome, a + w - 8, y, 3.4, t.page);
    if (number > 0 && w > (sign ? 30 : 18)) {
      ctx.font = `600 10px ${t.font}`;
      ctx.fillStyle = t.page;
      ctx.textAlign = "left";
      ctx.textBaseline = "middle";
      ctx.fillText(`#${number}`, a + 5, y + 0.5);
    }
    return a + w;
  }

  /** Slanted stripes tell a running bar from all others without its color. */
  private stripes(x: number, y: number, w: number, turn: number): void {
    const { ctx } = this;
    ctx.save();
    ctx.beginPath();
    ctx.roundRect(x, y - 8, w, 16, Math.min(4, w / 2));
    ctx.clip();
    ctx.strokeStyle = this.theme.page;
    ctx.globalAlpha = 0.28;
    ctx.lineWidth = 5;
    ctx.beginPath();
    for (let at = x - 24 + turn * 14; at < x + w + 14; at += 14) {
      ctx.moveTo(at, y + 10);
      ctx.lineTo(at + 14, y - 10);
    }
    ctx.stroke();
    ctx.restore();
  }

  /** How long it took, and how that compares. */
  private words(s: Scene, r: Row, x: number, y: number): void {
    const { ctx, theme: t } = this;
    const last = r.attempts[r.attempts.length - 1];
    if (last === undefined) return;
    const text = duration((last.ended || s.now) - last.launched);
    ctx.font = `11px ${t.font}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    const worked = workedOf(r);
    const difference = r.previous > 0 && worked > 0 ? worked - r.previous : 0;
    const more = Math.abs(difference) >= Math.max(1, r.previous * 0.05) ? `${difference > 0 ? "+" : ""}${duration(difference)}` : "";
    const width = ctx.measureText(text).width + (more === "" ? 0 : ctx.measureText(more).width + 6);
    // Beside the bar; where that is outside, in front of it.
    let at = x;
    if (at + width > s.width - 4) at = Math.max(s.names + 4, this.x(s, last.launched) - width - 8);
    ctx.lineWidth = 3;
    ctx.lineJoin = "round";
    ctx.strokeStyle = t.page;
    ctx.strokeText(text, at, y + 0.5);
    ctx.fillStyle = t.text;
    ctx.fillText(text, at, y + 0.5);
    if (more === "") return;
    ctx.fillStyle = difference > 0 ? t.stale : t.materialized;
    ctx.fillText(more, at + ctx.measureText(text).width + 6, y + 0.5);
  }

  /** All bars of a closed asset in one line, and its frame when it is open. */
  private group(s: Scene, line: Line, y: number): void {
    const { ctx, theme: t } = this;
    const middle = y + lineHeight / 2;
    let from = Infinity, to = -Infinity;
    for (const r of line.rows) {
      for (const a of r.attempts) {
        from = Math.min(from, a.launched);
        to = Math.max(to, a.ended || s.now);
      }
    }
    if (to < from) return;
    const a = this.x(s, from), b = Math.max(a + 3, this.x(s, to));
    ctx.fillStyle = t.muted;
    ctx.globalAlpha = 0.14;
    ctx.beginPath();
    ctx.roundRect(a, middle - 8, b - a, 16, 4);
    ctx.fill();
    ctx.globalAlpha = 1;
    if (!line.open) this.density(s, line, middle);
    ctx.font = `11px ${t.font}`;
    ctx.fillStyle = t.muted;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    const words = duration(to - from);
    const at = b + 7 + ctx.measureText(words).width < s.width - 4 ? b + 7 : a - ctx.measureText(words).width - 7;
    if (at > s.names) ctx.fillText(words, at, middle + 0.5);
  }

  /** What the steps of a closed asset did at each time: a column of a few pixels
   * for each bit of time, one color above the other. */
  private density(s: Scene, line: Line, y: number): void {
    const cell = 4;
    const n = Math.ceil((s.width - s.names) / cell);
    const counts = new Map<string, Float64Array>();
    for (const r of line.rows) {
      for (const a of r.attempts) {
        const x0 = (this.x(s, a.launched) - s.names) / cell, x1 = (this.x(s, a.ended || s.now) - s.names) / cell;
        const list = counts.get(a.outcome) ?? new Float64Array(n);
        counts.set(a.outcome, list);
        for (let i = Math.max(0, Math.floor(x0)); i <= Math.min(n - 1, Math.floor(x1)); i++) list[i] = (list[i] ?? 0) + 1;
      }
    }
    const total = new Float64Array(n);
    let most = 0;
    for (const list of counts.values()) list.forEach((v, i) => { most = Math.max(most, (total[i] = (total[i] ?? 0) + v)); });
    const { ctx } = this;
    const base = new Float64Array(n);
    for (const letter of ["m", "r", "c", "f"]) {
      const list = counts.get(letter);
      if (list === undefined) continue;
      ctx.fillStyle = this.theme[statusOf(letter).token];
      list.forEach((v, i) => {
        if (v === 0) return;
        // A failure is never too small to be seen.
        const h = Math.max(letter === "f" ? 3 : 1, (v / most) * 18);
        ctx.fillRect(s.names + i * cell, y + 9 - (base[i] ?? 0) - h, cell, h);
        base[i] = (base[i] ?? 0) + h;
      });
    }
  }

  private fit(text: string, font: string, width: number): string {
    const key = `${font}|${Math.round(width)}|${text}`;
    const known = this.cut.get(key);
    if (known !== undefined) return known;
    if (this.cut.size > 20_000) this.cut.clear();
    this.ctx.font = font;
    let letters = Array.from(text), out = text;
    while (letters.length > 1 && this.ctx.measureText(out).width > width) {
      letters = letters.slice(0, Math.max(1, Math.floor(letters.length * 0.94) - 1));
      out = `${letters.join("")}…`;
    }
    this.cut.set(key, out);
    return out;
  }
}

function chevron(ctx: CanvasRenderingContext2D, x: number, y: number, open: boolean): void {
  ctx.beginPath();
  if (open) {
    ctx.moveTo(x - 4, y - 2);
    ctx.lineTo(x, y + 3);
    ctx.lineTo(x + 4, y - 2);
  } else {
    ctx.moveTo(x - 2, y - 4);
    ctx.lineTo(x + 3, y);
    ctx.lineTo(x - 2, y + 4);
  }
  ctx.fill();
}

/** A line in words, for the tooltip and for screen readers. */
export function describe(line: Line, now: number): string[] {
  const r = line.row;
  if (r === undefined) {
    const done = line.rows.filter((x) => x.state === "m").length;
    return [line.asset, `${done} of ${line.rows.length} steps succeeded`];
  }
  const out = [titleOf(r), wordOf(r) + (r.critical ? ", on the critical path" : "")];
  const first = r.attempts[0];
  if (r.ready > 0 && first !== undefined && first.launched - r.ready > 0) out.push(`waited ${duration(first.launched - r.ready)} after it was ready`);
  for (const a of r.attempts.slice(-4)) {
    const word = a.outcome === "m" ? "succeeded" : statusOf(a.outcome).word;
    const back = a.notBefore > a.ended && a.ended > 0 ? `, then waits ${duration(a.notBefore - a.ended)}` : "";
    out.push(`attempt ${a.number} ${word}: ${duration((a.ended || now) - a.launched)}${back}`);
    if (a.error !== "") out.push(a.error);
  }
  if (r.previous > 0) out.push(`previous run: ${duration(r.previous)}`);
  if (r.cause !== "") out.push(r.cause);
  if (r.attempts.length === 0 && r.state === "m") out.push("kept from the run that this one repeats");
  return out;
}
