// Small helpers for building the inside of an element without markup in strings.

type Attributes = Record<string, string | number | boolean | undefined>;

/** Makes an element with attributes and children; text is always text. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children);
  return node;
}

/** Text that comes from people: its direction is its own, and nothing in it
 * changes the direction of what stands beside it. */
export function isolated(text: string): HTMLElement {
  return el("bdi", {}, text);
}

/** Announces text to screen readers through a live region. */
export class Announcer {
  readonly node = el("div", { role: "status", "aria-live": "polite", class: "unseen" });
  say(text: string): void {
    if (this.node.textContent !== text) this.node.textContent = text;
  }
}

/** Sizes a canvas to its box at the screen's resolution; true when it changed. */
export function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number, ratio: number): boolean {
  const w = Math.max(1, Math.round(width * ratio));
  const h = Math.max(1, Math.round(height * ratio));
  if (canvas.width === w && canvas.height === h) return false;
  canvas.width = w;
  canvas.height = h;
  return true;
}

/** The 2D context of a canvas. */
export function context(canvas: HTMLCanvasElement, opaque = false): CanvasRenderingContext2D {
  const ctx = canvas.getContext("2d", { alpha: !opaque });
  if (ctx === null) throw new Error("this browser gives no 2D canvas");
  return ctx;
}

/** Calls a function once per frame at most. */
export function perFrame(run: (time: number) => void): () => void {
  let asked = 0;
  return () => {
    if (asked !== 0) return;
    asked = requestAnimationFrame((time) => {
      asked = 0;
      run(time);
    });
  };
}

export const unseen = `.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }`;
