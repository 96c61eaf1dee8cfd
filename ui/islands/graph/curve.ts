// The form of a stretch of an edge: a curve that leaves and arrives level, cut into
// pieces of a bounded size, so that of a curve through the whole picture only what
// is in view is found and drawn.

/** The largest extent of a piece in pixels of the picture, and the side of a cell of
 * the grids that things are found by. */
export const cell = 640;

/** A cubic curve: its ends and the two points that pull it. */
export interface Curve {
  readonly x0: number;
  readonly y0: number;
  readonly ax: number;
  readonly ay: number;
  readonly bx: number;
  readonly by: number;
  readonly x1: number;
  readonly y1: number;
}

export function curve(x0: number, y0: number, x1: number, y1: number): Curve {
  // An edge between strips may lead to the left: it leaves and arrives as others.
  const d = x1 > x0 ? (x1 - x0) * 0.5 : Math.min(600, 60 + (x0 - x1) * 0.25);
  return { x0, y0, ax: x0 + d, ay: y0, bx: x1 - d, by: y1, x1, y1 };
}

/** Into how many pieces a stretch is cut. */
export function pieces(x0: number, y0: number, x1: number, y1: number): number {
  return Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / cell));
}

/** The part of a curve from t0 to t1, which go from 0 to 1. */
export function part(c: Curve, t0: number, t1: number): Curve {
  const third = (t1 - t0) / 3;
  const x0 = at(c.x0, c.ax, c.bx, c.x1, t0), x1 = at(c.x0, c.ax, c.bx, c.x1, t1);
  const y0 = at(c.y0, c.ay, c.by, c.y1, t0), y1 = at(c.y0, c.ay, c.by, c.y1, t1);
  return {
    x0, y0, x1, y1,
    ax: x0 + third * slope(c.x0, c.ax, c.bx, c.x1, t0), ay: y0 + third * slope(c.y0, c.ay, c.by, c.y1, t0),
    bx: x1 - third * slope(c.x0, c.ax, c.bx, c.x1, t1), by: y1 - third * slope(c.y0, c.ay, c.by, c.y1, t1),
  };
}

/** Whether a curve may touch a rectangle: its points span one that does. */
export function touches(c: Curve, x0: number, y0: number, x1: number, y1: number): boolean {
  return Math.min(c.x0, c.ax, c.bx, c.x1) <= x1 && Math.max(c.x0, c.ax, c.bx, c.x1) >= x0 &&
    Math.min(c.y0, c.ay, c.by, c.y1) <= y1 && Math.max(c.y0, c.ay, c.by, c.y1) >= y0;
}

/** Rectangles around what is drawn of each stretch, and whose they are. */
export function spans(points: Float32Array): { rects: Float32Array; owners: Int32Array } {
  const stretches = points.length / 4;
  let count = 0;
  for (let i = 0; i < stretches; i++) count += rectsOf(piecesOf(points, i));
  const rects = new Float32Array(4 * count), owners = new Int32Array(count);
  let n = 0;
  const add = (owner: number, xs: readonly number[], ys: readonly number[]) => {
    rects.set([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], 4 * n);
    owners[n++] = owner;
  };
  for (let i = 0; i < stretches; i++) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = points.subarray(4 * i, 4 * i + 4);
    const whole = curve(x0, y0, x1, y1), cuts = piecesOf(points, i);
    for (let k = 0; k < cuts; k++) {
      const c = cuts === 1 ? whole : part(whole, k / cuts, (k + 1) / cuts);
      add(i, [c.x0, c.ax, c.bx, c.x1], [c.y0, c.ay, c.by, c.y1]);
    }
    for (let k = cuts; k < rectsOf(cuts); k++) {
      const t0 = (k - cuts) / cuts, t1 = (k - cuts + 1) / cuts;
      add(i, [x0 + (x1 - x0) * t0, x0 + (x1 - x0) * t1], [y0 + (y1 - y0) * t0, y0 + (y1 - y0) * t1]);
    }
  }
  return { rects, owners };
}

/** A curve of so many pieces strays far from the straight line that stands for it
 * when it is seen from afar: the line has rectangles of its own. */
const stray = 4;

function rectsOf(cuts: number): number {
  return cuts > stray ? 2 * cuts : cuts;
}

function piecesOf(points: Float32Array, i: number): number {
  return pieces(points[4 * i] ?? 0, points[4 * i + 1] ?? 0, points[4 * i + 2] ?? 0, points[4 * i + 3] ?? 0);
}

function at(a: number, b: number, c: number, d: number, t: number): number {
  const s = 1 - t;
  return s * s * s * a + 3 * s * s * t * b + 3 * s * t * t * c + t * t * t * d;
}

function slope(a: number, b: number, c: number, d: number, t: number): number {
  const s = 1 - t;
  return 3 * (s * s * (b - a) + 2 * s * t * (c - b) + t * t * (d - c));
}
