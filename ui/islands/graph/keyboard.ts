// Walking the graph by keys: left and right along edges, up and down in a
// column.

import type { Model } from "./model";

export interface Keys {
  model(): Model | undefined;
  active(): number;
  activate(v: number): void;
  toggle(v: number): void;
  open(v: number): void;
  materialize(v: number): void;
  menu(v: number): void;
  clear(): void;
  zoom(factor: number): void;
  fit(): void;
  find(): void;
  /** The node to start at. */
  first(): number;
}

export function keyboard(view: HTMLElement, keys: Keys, signal: AbortSignal): void {
  view.addEventListener("keydown", (ev) => {
    if (ev.target !== view || ev.altKey || ev.metaKey || (ev.ctrlKey && ev.key !== "Home")) return;
    const m = keys.model();
    if (m !== undefined && handle(m, keys, ev)) {
      ev.preventDefault();
      ev.stopPropagation();
    }
  }, { signal });
}

function handle(m: Model, keys: Keys, ev: KeyboardEvent): boolean {
  const v = keys.active();
  if (ev.key.startsWith("Arrow")) {
    keys.activate(v < 0 ? keys.first() : next(m, v, ev.key));
    return true;
  }
  switch (ev.key) {
    case "+": case "=": keys.zoom(1.3); return true;
    case "-": keys.zoom(1 / 1.3); return true;
    case "0": keys.fit(); return true;
    case "/": keys.find(); return true;
    case "Escape": keys.clear(); return true;
  }
  if (v < 0) return false;
  switch (ev.key) {
    case "Enter": keys.open(v); return true;
    case " ": keys.toggle(v); return true;
    case "m": keys.materialize(v); return true;
    case "ContextMenu": keys.menu(v); return true;
    case "F10": if (ev.shiftKey) keys.menu(v); return ev.shiftKey;
    default: return false;
  }
}

/** The node that an arrow key leads to from v; v itself when there is none. */
export function next(m: Model, v: number, key: string): number {
  const y = m.y[v] ?? 0;
  if (key === "ArrowRight" || key === "ArrowLeft") {
    return nearest(m, m.neighbours(v, key === "ArrowRight" ? m.down : m.up), y) ?? v;
  }
  const down = key === "ArrowDown";
  let best = v, distance = Infinity;
  for (let w = 0; w < m.count; w++) {
    if (m.column[w] !== m.column[v]) continue;
    const d = ((m.y[w] ?? 0) - y) * (down ? 1 : -1);
    if (d > 0 && d < distance) [best, distance] = [w, d];
  }
  return best;
}

function nearest(m: Model, nodes: readonly number[], y: number): number | undefined {
  let best: number | undefined, distance = Infinity;
  for (const w of nodes) {
    const d = Math.abs((m.y[w] ?? 0) - y);
    if (d < distance) [best, distance] = [w, d];
  }
  return best;
}
