// Mouse, pen and touch on the view: drag pans, wheel and pinch zoom, a press
// without a drag is a click.

import { reducedMotion } from "../shared/theme";
import type { Camera } from "./camera";

export interface Gestures {
  hover(x: number, y: number): void;
  leave(): void;
  click(x: number, y: number, add: boolean): void;
  double(x: number, y: number): void;
  menu(x: number, y: number): void;
  moved(): void;
}

/** Listens on a view until the signal aborts. idle tells whether a bare wheel
 * belongs to the page. */
export function listen(view: HTMLElement, camera: Camera, on: Gestures, idle: () => boolean, signal: AbortSignal): void {
  const pointers = new Map<number, { x: number; y: number }>();
  let travel = 0;
  let pinch = 0;
  const at = (ev: MouseEvent): [number, number] => {
    const box = view.getBoundingClientRect();
    return [ev.clientX - box.left, ev.clientY - box.top];
  };
  const options = { signal };

  view.addEventListener("pointerdown", (ev) => {
    if (ev.button !== 0) return;
    const [x, y] = at(ev);
    pointers.set(ev.pointerId, { x, y });
    if (pointers.size === 1) travel = 0;
    pinch = spread(pointers);
    view.setPointerCapture(ev.pointerId);
  }, options);

  view.addEventListener("pointermove", (ev) => {
    const [x, y] = at(ev);
    const from = pointers.get(ev.pointerId);
    if (from === undefined) {
      on.hover(x, y);
      return;
    }
    const dx = x - from.x, dy = y - from.y;
    travel += Math.abs(dx) + Math.abs(dy);
    pointers.set(ev.pointerId, { x, y });
    if (travel < 5) return;
    view.classList.add("dragging");
    camera.pan(dx / pointers.size, dy / pointers.size);
    const now = spread(pointers);
    if (pointers.size === 2 && pinch > 0 && now > 0) {
      const [cx, cy] = center(pointers);
      camera.zoom(now / pinch, cx, cy, false);
    }
    pinch = now;
    on.moved();
  }, options);

  const up = (ev: PointerEvent, click: boolean) => {
    if (!pointers.delete(ev.pointerId)) return;
    pinch = spread(pointers);
    view.classList.remove("dragging");
    const [x, y] = at(ev);
    if (click && travel < 5 && pointers.size === 0) on.click(x, y, ev.shiftKey || ev.ctrlKey || ev.metaKey);
  };
  view.addEventListener("pointerup", (ev) => up(ev, true), options);
  view.addEventListener("pointercancel", (ev) => up(ev, false), options);
  view.addEventListener("pointerleave", () => on.leave(), options);
  view.addEventListener("dblclick", (ev) => on.double(...at(ev)), options);
  view.addEventListener("contextmenu", (ev) => {
    ev.preventDefault();
    on.menu(...at(ev));
  }, options);
  view.addEventListener("wheel", (ev) => {
    if (!ev.ctrlKey && !ev.metaKey && idle()) return;
    ev.preventDefault();
    const unit = ev.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : ev.deltaMode === WheelEvent.DOM_DELTA_PAGE ? 240 : 1;
    if (ev.shiftKey || Math.abs(ev.deltaX) > Math.abs(ev.deltaY)) {
      camera.pan(-(ev.deltaX || ev.deltaY) * unit, ev.deltaX === 0 ? 0 : -ev.deltaY * unit);
    } else {
      // A pinch on a trackpad comes as small wheel steps with the control key.
      const strength = ev.ctrlKey ? 0.01 : 0.0016;
      const [x, y] = at(ev);
      camera.zoom(Math.exp(-Math.max(-240, Math.min(240, ev.deltaY * unit)) * strength), x, y, !reducedMotion());
    }
    on.moved();
  }, { ...options, passive: false });
}

function spread(pointers: ReadonlyMap<number, { x: number; y: number }>): number {
  const [a, b] = [...pointers.values()];
  return a !== undefined && b !== undefined ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
}

function center(pointers: ReadonlyMap<number, { x: number; y: number }>): [number, number] {
  let x = 0, y = 0;
  for (const p of pointers.values()) {
    x += p.x / pointers.size;
    y += p.y / pointers.size;
  }
  return [x, y];
}
