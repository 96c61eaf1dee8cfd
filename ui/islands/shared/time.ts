// Durations and instants in words, as the pages of the server write them.

const thin = "\u202f";

/** A duration in milliseconds with two units at most: "840 ms", "2 m 13 s". */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  if (ms < 0) return `−${duration(-ms)}`;
  // Nothing is rounded up: what the server writes of the same time must not differ.
  if (ms < 1000) return `${Math.floor(ms)}${thin}ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)}${thin}s`;
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s}${thin}s`;
  if (s < 3600) return two(Math.floor(s / 60), "m", s % 60, "s");
  const m = Math.floor(s / 60);
  if (m < 1440) return two(Math.floor(m / 60), "h", m % 60, "m");
  const h = Math.floor(m / 60);
  return two(Math.floor(h / 24), "d", h % 24, "h");
}

function two(a: number, unit: string, b: number, small: string): string {
  return b === 0 ? `${a}${thin}${unit}` : `${a}${thin}${unit} ${b}${thin}${small}`;
}

/** Steps between marks on an axis of time, in milliseconds. */
const steps = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
  1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000, 2_419_200_000,
];

/** The marks of an axis between two times, at least apart pixels from each other. */
export function ticks(from: number, to: number, pixels: number, apart: number): number[] {
  const least = ((to - from) * apart) / Math.max(pixels, 1);
  const step = steps.find((s) => s >= least) ?? Math.ceil(least / 2_419_200_000) * 2_419_200_000;
  const out: number[] = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) out.push(t);
  return out;
}

/** The time of day of an instant in the browser's zone, with milliseconds when
 * they matter. */
export function clock(instant: number, fine: boolean): string {
  const at = new Date(instant);
  const text = at.toLocaleTimeString("en-GB", { hour12: false });
  return fine ? `${text}.${String(at.getMilliseconds()).padStart(3, "0")}` : text;
}

/** An instant in UTC, exact, as titles carry it. */
export function exact(instant: number): string {
  return new Date(instant).toISOString().replace("T", " ");
}
