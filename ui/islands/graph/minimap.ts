// The whole picture in a corner, with a frame around what is seen.

import { context, el, fitCanvas } from "../shared/dom";
import { statusOf } from "../shared/status";
import type { Camera } from "./camera";
import type { Painter } from "./paint";

const maxWidth = 190;
const maxHeight = 130;

export class Minimap {
  readonly node = el("div", { class: "corner", "aria-hidden": "true", hidden: true });
  private readonly canvas = el("canvas");
  private readonly ctx = context(this.canvas);
  private readonly still = document.createElement("canvas");
  private scale = 1;
  private drawn: Painter | undefined;

  constructor(private readonly camera: Camera, private readonly go: (x: number, y: number) => void) {
    this.node.append(this.canvas);
    const move = (ev: PointerEvent) => {
      if (ev.buttons !== 1) return;
      const at = this.canvas.getBoundingClientRect();
      this.go((ev.clientX - at.left) / this.scale, (ev.clientY - at.top) / this.scale);
    };
    this.canvas.addEventListener("pointerdown", (ev) => {
      this.canvas.setPointerCapture(ev.pointerId);
      move(ev);
      ev.preventDefault();
    });
    this.canvas.addEventListener("pointermove", move);
  }

  /** Draws the nodes anew, after a change of the model, statuses or theme. */
  redraw(painter: Painter | undefined): void {
    this.drawn = painter;
    if (painter === undefined) return;
    const m = painter.model, ratio = Math.min(3, devicePixelRatio || 1);
    this.scale = Math.min(maxWidth / m.width, maxHeight / m.height);
    const w = Math.max(24, m.width * this.scale), h = Math.max(16, m.height * this.scale);
    fitCanvas(this.canvas, w, h, ratio);
    fitCanvas(this.still, w, h, ratio);
    this.canvas.style.inlineSize = `${w}px`;
    this.canvas.style.blockSize = `${h}px`;
    const ctx = context(this.still), k = this.scale * ratio;
    ctx.clearRect(0, 0, this.still.width, this.still.height);
    ctx.fillStyle = painter.theme.text;
    ctx.globalAlpha = 0.07;
    for (const b of m.boxes) ctx.fillRect(b.x * k, b.y * k, b.w * k, b.h * k);
    for (let v = 0; v < m.count; v++) {
      const s = statusOf(m.letters[v] ?? "-");
      ctx.fillStyle = painter.theme[s.token];
      ctx.globalAlpha = s.token === "missing" ? 0.5 : 0.8;
      ctx.fillRect((m.x[v] ?? 0) * k, (m.y[v] ?? 0) * k, Math.max(1, (m.w[v] ?? 0) * k), Math.max(1, m.nodeHeight * k));
    }
    this.frame();
  }

  /** Draws the frame where the camera is; there is no map of what is all seen. */
  frame(): void {
    const p = this.drawn;
    if (p === undefined) return;
    const { view, width, height } = this.camera;
    const w = width / view.scale, h = height / view.scale;
    this.node.hidden = p.model.count < 2 ||
      (view.x <= 8 && view.y <= 8 && view.x + w >= p.model.width - 8 && view.y + h >= p.model.height - 8);
    if (this.node.hidden) return;
    const ctx = this.ctx, k = this.scale * Math.min(3, devicePixelRatio || 1);
    ctx.clearRect(0, 0, this.canvas.width, this.canvas.height);
    ctx.drawImage(this.still, 0, 0);
    ctx.strokeStyle = p.theme.accent;
    ctx.lineWidth = 1.5 * Math.min(3, devicePixelRatio || 1);
    ctx.strokeRect(view.x * k, view.y * k, Math.max(3, w * k), Math.max(3, h * k));
    ctx.globalAlpha = 0.1;
    ctx.fillStyle = p.theme.accent;
    ctx.fillRect(view.x * k, view.y * k, Math.max(3, w * k), Math.max(3, h * k));
    ctx.globalAlpha = 1;
  }
}
