// What part of the picture is seen, and how large. A camera moves by itself
// towards where it was sent.

export interface View {
  /** The picture's point in the upper left corner of the window. */
  readonly x: number;
  readonly y: number;
  /** Pixels of the window per pixel of the picture. */
  readonly scale: number;
}

export const minScale = 0.004;
export const maxScale = 3;

export class Camera {
  view: View = { x: 0, y: 0, scale: 1 };
  width = 1;
  height = 1;
  private target: View | undefined;
  private last = 0;

  /** Whether the camera is on its way. */
  get moving(): boolean {
    return this.target !== undefined;
  }

  /** Sends the camera to a view, at once or smoothly. */
  go(view: View, smooth: boolean): void {
    const scale = Math.max(minScale, Math.min(maxScale, view.scale));
    const to = { ...view, scale };
    if (smooth) {
      this.target = to;
      this.last = 0;
    } else {
      this.view = to;
      this.target = undefined;
    }
  }

  /** Moves on by the time since the last step; true while not yet there. */
  step(now: number): boolean {
    const to = this.target;
    if (to === undefined) return false;
    const passed = this.last === 0 ? 16 : Math.min(64, now - this.last);
    this.last = now;
    const part = 1 - Math.exp(-passed / 48);
    const from = this.view;
    const ratio = to.scale / from.scale;
    if (Math.abs(Math.log(ratio)) < 0.002 && Math.hypot(to.x - from.x, to.y - from.y) * to.scale < 0.4) {
      this.view = to;
      this.target = undefined;
      return false;
    }
    // The point of the window that stays where it is during the zoom, if there
    // is one, must not swim: positions follow the scale, not the time.
    const scale = from.scale * Math.pow(ratio, part);
    const share = Math.abs(ratio - 1) < 1e-3 ? part : (1 / scale - 1 / from.scale) / (1 / to.scale - 1 / from.scale);
    this.view = { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share, scale };
    return true;
  }

  /** Where the camera will be when it has arrived. */
  get goal(): View {
    return this.target ?? this.view;
  }

  /** Zooms by a factor around a point of the window. */
  zoom(factor: number, px: number, py: number, smooth: boolean): void {
    const from = this.goal;
    const scale = Math.max(minScale, Math.min(maxScale, from.scale * factor));
    const x = from.x + px / from.scale - px / scale;
    const y = from.y + py / from.scale - py / scale;
    this.go({ x, y, scale }, smooth);
  }

  pan(dx: number, dy: number): void {
    const v = this.goal;
    this.go({ x: v.x - dx / v.scale, y: v.y - dy / v.scale, scale: v.scale }, false);
  }

  /** The view that shows a rectangle of the picture whole, in the middle of what
   * is not covered at the right side of the window. */
  framing(x: number, y: number, w: number, h: number, margin: number, largest: number, covered = 0): View {
    const fit = Math.min((this.width - covered - 2 * margin) / Math.max(w, 1), (this.height - 2 * margin) / Math.max(h, 1));
    const scale = Math.max(minScale, Math.min(largest, fit));
    return this.around(x + w / 2 + covered / 2 / scale, y + h / 2, scale);
  }

  /** The view with a point of the picture in the middle. */
  around(x: number, y: number, scale: number): View {
    return { x: x - this.width / 2 / scale, y: y - this.height / 2 / scale, scale };
  }

  toPicture(px: number, py: number): [number, number] {
    return [this.view.x + px / this.view.scale, this.view.y + py / this.view.scale];
  }

  toWindow(x: number, y: number): [number, number] {
    return [(x - this.view.x) * this.view.scale, (y - this.view.y) * this.view.scale];
  }
}
