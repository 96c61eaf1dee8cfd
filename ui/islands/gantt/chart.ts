// The chart in memory: what the server sent, brought up to date by what changed.

import { statusOf } from "../shared/status";

export interface Wire {
  origin: number;
  now: number;
  seq: number;
  full: boolean;
  total: number;
  started: number;
  ended: number;
  took: number;
  finished: boolean;
  outcome?: string;
  assets: string[];
  rows: WireRow[];
}

type WireAttempt = [number, number, number, number, string, number, string];
type WireRow = [number, number, string, string, number, number, number, number, WireAttempt[], string];

export interface Attempt {
  readonly number: number;
  readonly launched: number;
  readonly started: number;
  readonly ended: number;
  readonly outcome: string;
  readonly notBefore: number;
  readonly error: string;
}

/** One step; times are milliseconds after the origin, 0 when unknown. */
export interface Row {
  readonly index: number;
  readonly asset: string;
  readonly key: string;
  readonly state: string;
  readonly ready: number;
  readonly ended: number;
  readonly critical: boolean;
  readonly previous: number;
  readonly attempts: readonly Attempt[];
  readonly cause: string;
}

export class Chart {
  rows: Row[] = [];
  origin = 0;
  seq = 0;
  started = 0;
  ended = 0;
  private whole = 0;
  finished = false;
  outcome = "";
  /** What to add to this browser's clock to get the server's. */
  private skew = 0;

  /** Takes an answer over; true when rows appeared or went. */
  take(wire: Wire, clock: number): boolean {
    const before = this.rows.length;
    this.origin = wire.origin;
    this.seq = wire.seq;
    this.started = wire.started;
    this.ended = wire.ended;
    this.whole = wire.took;
    this.finished = wire.finished;
    this.outcome = wire.outcome ?? "";
    this.skew = wire.now - clock;
    if (wire.full) this.rows = [];
    for (const r of wire.rows) this.rows[r[0]] = read(r, wire.assets);
    return wire.full || this.rows.length !== before;
  }

  /** The present on the chart's axis. */
  now(clock: number): number {
    return clock + this.skew - this.origin;
  }

  /** The last instant that the chart shows. */
  end(clock: number): number {
    if (this.finished) return Math.max(this.ended, 2);
    return Math.max(this.now(clock), 2);
  }

  /** How long the run has taken, from its start; once it is finished, what the page
   * says too. */
  took(clock: number): number {
    if (this.finished) return this.whole;
    return this.started === 0 ? 0 : this.end(clock) - this.started;
  }

  /** The sum of the differences to the previous run over the critical path and
   * the number of steps that are compared. */
  compared(): { difference: number; steps: number } {
    let difference = 0, steps = 0;
    for (const r of this.rows) {
      const worked = workedOf(r);
      if (r.previous === 0 || worked === 0) continue;
      difference += worked - r.previous;
      steps++;
    }
    return { difference, steps };
  }
}

/** How long the attempt that succeeded took; 0 when none did. */
export function workedOf(r: Row): number {
  const done = r.attempts.find((a) => a.outcome === "m");
  return done === undefined ? 0 : done.ended - done.launched;
}

export function titleOf(r: Row): string {
  return r.key === "" ? r.asset : `${r.asset}[${r.key}]`;
}

function read(r: WireRow, assets: readonly string[]): Row {
  return {
    index: r[0], asset: assets[r[1]] ?? "", key: r[2], state: r[3], ready: r[4], ended: r[5], critical: r[6] === 1,
    previous: r[7], cause: r[9],
    attempts: r[8].map((a) => ({
      number: a[0], launched: a[1], started: a[2], ended: a[3], outcome: a[4], notBefore: a[5], error: a[6],
    })),
  };
}

/** A line of the chart: a step, or an asset that stands for its steps. */
export interface Line {
  readonly row: Row | undefined;
  readonly asset: string;
  readonly rows: readonly Row[];
  readonly open: boolean;
  /** Whether the line lies under an asset's. */
  readonly inner: boolean;
}

export interface Wanted {
  /** The word of a state; empty shows all. */
  readonly state: string;
  readonly text: string;
  /** Assets that are opened or closed against the rule. */
  readonly turned: ReadonlySet<string>;
}

/** Assets with more steps than this are closed at first, when the whole run is
 * longer than a screen. */
const closeAbove = 4;
const screen = 24;

/** The lines to show: assets with several partitions are grouped. */
export function linesOf(rows: readonly Row[], wanted: Wanted): Line[] {
  const text = wanted.text.toLowerCase();
  const shown = rows.filter((r) => (wanted.state === "" || wordOf(r) === wanted.state) && (text === "" || titleOf(r).toLowerCase().includes(text)));
  const byAsset = new Map<string, Row[]>();
  for (const r of shown) {
    const list = byAsset.get(r.asset);
    if (list === undefined) byAsset.set(r.asset, [r]);
    else list.push(r);
  }
  const lines: Line[] = [];
  for (const [asset, list] of byAsset) {
    const first = list[0];
    if (list.length === 1 && first !== undefined) {
      lines.push({ row: first, asset, rows: list, open: false, inner: false });
      continue;
    }
    const usually = shown.length <= screen || list.length <= closeAbove;
    const open = wanted.turned.has(asset) ? !usually : usually;
    lines.push({ row: undefined, asset, rows: list, open, inner: false });
    if (open) for (const r of list) lines.push({ row: r, asset, rows: [r], open: false, inner: true });
  }
  return lines;
}

/** The word for a row's state. */
export function wordOf(r: Row): string {
  return words[r.state] ?? statusOf(r.state).word;
}

const words: Record<string, string> = { m: "succeeded", q: "ready" };

/** How many rows have each state, in the order that people ask for them. */
export function countStates(rows: readonly Row[]): { word: string; letter: string; count: number }[] {
  const counts = new Map<string, { letter: string; count: number }>();
  for (const r of rows) {
    const word = wordOf(r), c = counts.get(word);
    if (c === undefined) counts.set(word, { letter: r.state, count: 1 });
    else c.count++;
  }
  return [...counts].map(([word, c]) => ({ word, ...c })).sort((a, b) => statusOf(b.letter).weight - statusOf(a.letter).weight);
}
