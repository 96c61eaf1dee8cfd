// The statuses of assets and steps: one letter on the wire, a word for people, a
// color token, and a shape that can be told without the color.

export type Letter = "m" | "r" | "q" | "s" | "f" | "-" | "k" | "c" | "w" | "b";

export interface Status {
  readonly letter: Letter;
  readonly word: string;
  /** The custom property that holds the color. */
  readonly token: Token;
  /** How much attention the status asks for; a group shows its highest. */
  readonly weight: number;
}

export type Token =
  | "materialized" | "running" | "queued" | "stale" | "failed" | "missing" | "skipped" | "canceled";

const all: readonly Status[] = [
  { letter: "m", word: "materialized", token: "materialized", weight: 1 },
  { letter: "r", word: "running", token: "running", weight: 8 },
  { letter: "q", word: "queued", token: "queued", weight: 6 },
  { letter: "s", word: "stale", token: "stale", weight: 5 },
  { letter: "f", word: "failed", token: "failed", weight: 9 },
  { letter: "-", word: "missing", token: "missing", weight: 4 },
  { letter: "k", word: "skipped", token: "skipped", weight: 0 },
  { letter: "c", word: "canceled", token: "canceled", weight: 3 },
  { letter: "w", word: "waiting", token: "queued", weight: 2 },
  { letter: "b", word: "retrying", token: "stale", weight: 7 },
];

const byLetter = new Map<string, Status>(all.map((s) => [s.letter, s]));
const missing: Status = all[5] as Status;

/** The status of a letter; unknown letters read as missing. */
export function statusOf(letter: string): Status {
  return byLetter.get(letter) ?? missing;
}

/** The status that asks for most attention among letters. */
export function worst(letters: Iterable<string>): Status {
  let found: Status | undefined;
  for (const l of letters) {
    const s = statusOf(l);
    if (found === undefined || s.weight > found.weight) found = s;
  }
  return found ?? missing;
}

const tau = Math.PI * 2;

/**
 * Draws the glyph of a status around (x, y) with the current transform.
 * turn is the phase of running glyphs, from 0 to 1.
 */
export function drawGlyph(
  ctx: CanvasRenderingContext2D, letter: string, x: number, y: number, r: number, color: string, turn = 0,
): void {
  ctx.save();
  ctx.translate(x, y);
  ctx.fillStyle = color;
  ctx.strokeStyle = color;
  ctx.lineWidth = Math.max(r * 0.28, 0.8);
  ctx.lineCap = "round";
  ctx.beginPath();
  glyphs[statusOf(letter).letter](ctx, r, turn);
  ctx.restore();
}

type Glyph = (ctx: CanvasRenderingContext2D, r: number, turn: number) => void;

function ring(ctx: CanvasRenderingContext2D, r: number): void {
  ctx.arc(0, 0, r * 0.88, 0, tau);
  ctx.stroke();
}

const glyphs: Record<Letter, Glyph> = {
  m: (ctx, r) => {
    ctx.arc(0, 0, r, 0, tau);
    ctx.fill();
  },
  r: (ctx, r, turn) => {
    ring(ctx, r);
    ctx.rotate(turn * tau);
    ctx.beginPath();
    ctx.arc(0, 0, r * 0.88, -Math.PI / 2, Math.PI / 2);
    ctx.fill();
  },
  q: (ctx, r) => {
    ctx.setLineDash([r * 0.1, r * 0.59]);
    ring(ctx, r);
  },
  s: (ctx, r) => {
    ring(ctx, r);
    ctx.beginPath();
    for (const at of [-0.45, 0, 0.45]) {
      const half = Math.sqrt(0.62 - at * at) * r;
      ctx.moveTo(at * r, -half);
      ctx.lineTo(at * r, half);
    }
    ctx.lineWidth *= 0.75;
    ctx.stroke();
  },
  f: (ctx, r) => {
    const d = r * 0.72;
    ctx.moveTo(-d, -d);
    ctx.lineTo(d, d);
    ctx.moveTo(d, -d);
    ctx.lineTo(-d, d);
    ctx.lineWidth *= 1.35;
    ctx.stroke();
  },
  "-": ring,
  k: (ctx, r) => {
    ctx.moveTo(-r * 0.75, 0);
    ctx.lineTo(r * 0.75, 0);
    ctx.lineWidth *= 1.2;
    ctx.stroke();
  },
  c: (ctx, r) => {
    ring(ctx, r);
    ctx.beginPath();
    ctx.moveTo(-r * 0.6, r * 0.6);
    ctx.lineTo(r * 0.6, -r * 0.6);
    ctx.stroke();
  },
  w: (ctx, r) => {
    ctx.setLineDash([r * 0.1, r * 0.59]);
    ring(ctx, r);
  },
  b: (ctx, r) => {
    ctx.arc(0, 0, r * 0.85, -Math.PI * 0.35, Math.PI * 1.25);
    ctx.stroke();
    const a = -Math.PI * 0.35;
    ctx.beginPath();
    ctx.moveTo(Math.cos(a) * r * 1.35, Math.sin(a) * r * 1.35);
    ctx.lineTo(Math.cos(a) * r * 0.3, Math.sin(a) * r * 0.6);
    ctx.lineTo(Math.cos(a) * r * 1.25, Math.sin(a) * r * 0.1);
    ctx.fill();
  },
};
