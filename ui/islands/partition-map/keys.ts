// Ordinals, keys and the calendar: the arithmetic of a map, without any picture.

export interface MapWire {
  kind: string;
  unit: "key" | "day" | "month" | "year" | "block";
  total: number;
  counts: { materialized: number; failed: number; running: number };
  from: number;
  to: number;
  first?: string;
  letters?: string;
  keys?: string[];
  sizes?: number[];
  m?: number[];
  f?: number[];
  r?: number[];
  firstKeys?: string[];
  lastKeys?: string[];
}

/** One cell: the keys from <= ordinal < to, with their states. */
export interface Cell {
  readonly from: number;
  readonly to: number;
  readonly m: number;
  readonly f: number;
  readonly r: number;
}

/** The letter that stands for a cell: what asks for most attention, and for
 * materialized only when nothing is missing. */
export function letterOf(c: Cell): string {
  if (c.f > 0) return "f";
  if (c.r > 0) return "r";
  return c.m === c.to - c.from ? "m" : "-";
}

export function cellsOf(w: MapWire): Cell[] {
  if (w.unit === "key") {
    return Array.from(w.letters ?? "", (l, i) => ({
      from: w.from + i, to: w.from + i + 1, m: l === "m" ? 1 : 0, f: l === "f" ? 1 : 0, r: l === "r" ? 1 : 0,
    }));
  }
  let at = w.from;
  return (w.sizes ?? []).map((size, i) => {
    at += size;
    return { from: at - size, to: at, m: w.m?.[i] ?? 0, f: w.f?.[i] ?? 0, r: w.r?.[i] ?? 0 };
  });
}

const hour = 3_600_000;

/** Keys by ordinal: computed on a grid of time, remembered otherwise. */
export class Keys {
  private readonly known = new Map<number, string>();
  private first: number | undefined;
  private step = 0;

  learn(w: MapWire): void {
    this.first = w.first === undefined ? undefined : Date.parse(`${w.first}Z`);
    this.step = w.kind === "hourly" ? hour : 24 * hour;
    w.keys?.forEach((k, i) => this.known.set(w.from + i, k));
    let at = w.from;
    w.sizes?.forEach((size, i) => {
      const a = w.firstKeys?.[i], b = w.lastKeys?.[i];
      if (a !== undefined) this.known.set(at, a);
      if (b !== undefined) this.known.set(at + size - 1, b);
      at += size;
    });
  }

  /** The wall-clock time of an ordinal, read as UTC; undefined without a grid. */
  time(ordinal: number): Date | undefined {
    return this.first === undefined ? undefined : new Date(this.first + ordinal * this.step);
  }

  /** The first ordinal that is not before a key of the grid. */
  ordinal(key: string): number | undefined {
    if (this.first === undefined) {
      for (const [o, k] of this.known) if (k === key) return o;
      return undefined;
    }
    const t = Date.parse(key.length > 10 ? `${key}Z` : `${key}T00:00Z`);
    return Number.isNaN(t) ? undefined : Math.round((t - this.first) / this.step);
  }

  key(ordinal: number): string {
    const t = this.time(ordinal);
    if (t === undefined) return this.known.get(ordinal) ?? "";
    const text = t.toISOString();
    return this.step < 24 * hour ? text.slice(0, 16) : text.slice(0, 10);
  }

  /** A range as text: one key, or first..last. */
  range(from: number, to: number): string {
    return to - from === 1 ? this.key(from) : `${this.key(from)}..${this.key(to - 1)}`;
  }
}

/** Ordinals as ranges from <= o < to, in order and apart. */
export class Selection {
  ranges: (readonly [number, number])[] = [];

  add(from: number, to: number): void {
    const kept: (readonly [number, number])[] = [];
    for (const [a, b] of this.ranges) {
      if (b < from || a > to) kept.push([a, b]);
      else [from, to] = [Math.min(a, from), Math.max(b, to)];
    }
    kept.push([from, to]);
    this.ranges = kept.sort((x, y) => x[0] - y[0]);
  }

  remove(from: number, to: number): void {
    this.ranges = this.ranges.flatMap(([a, b]): (readonly [number, number])[] => {
      if (b <= from || a >= to) return [[a, b]];
      const parts: (readonly [number, number])[] = [];
      if (a < from) parts.push([a, from]);
      if (b > to) parts.push([to, b]);
      return parts;
    });
  }

  holds(from: number, to: number): boolean {
    return this.ranges.some(([a, b]) => a <= from && b >= to);
  }

  touches(from: number, to: number): boolean {
    return this.ranges.some(([a, b]) => a < to && b > from);
  }

  get count(): number {
    return this.ranges.reduce((n, [a, b]) => n + b - a, 0);
  }

  text(keys: Keys): string {
    return this.ranges.map(([a, b]) => keys.range(a, b)).join(",");
  }
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function monthName(t: Date): string {
  return months[t.getUTCMonth()] ?? "";
}

/** A cell's name for people. */
export function nameOf(c: Cell, unit: string, keys: Keys): string {
  const t = keys.time(c.from);
  if (t === undefined || unit === "key") return c.to - c.from === 1 ? keys.key(c.from) : `${keys.key(c.from)} … ${keys.key(c.to - 1)}`;
  switch (unit) {
    case "day": return t.toISOString().slice(0, 10);
    case "month": return `${monthName(t)} ${t.getUTCFullYear()}`;
    case "year": return String(t.getUTCFullYear());
    default: return `${keys.key(c.from)} … ${keys.key(c.to - 1)}`;
  }
}
