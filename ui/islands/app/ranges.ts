// A set of positions in a list that may hold hundreds of millions, kept as
// ranges in order. The keys at both ends go with each range, so that it can be
// written down without asking for the keys between.

export interface Range {
  a: number;
  b: number;
  from: string;
  to: string;
}

export class Ranges {
  constructor(public list: Range[] = []) {}

  get count(): number {
    return this.list.reduce((n, r) => n + r.b - r.a + 1, 0);
  }

  has(i: number): boolean {
    return this.at(i) !== undefined;
  }

  private at(i: number): Range | undefined {
    let lo = 0, hi = this.list.length - 1;
    while (lo <= hi) {
      const mid = (lo + hi) >> 1, r = this.list[mid] as Range;
      if (i < r.a) hi = mid - 1;
      else if (i > r.b) lo = mid + 1;
      else return r;
    }
    return undefined;
  }

  add(r: Range): void {
    const out: Range[] = [];
    let n = { ...r };
    for (const o of this.list) {
      if (o.b < n.a - 1 || o.a > n.b + 1) out.push(o);
      else {
        n = {
          a: Math.min(n.a, o.a), b: Math.max(n.b, o.b),
          from: o.a < n.a ? o.from : n.from, to: o.b > n.b ? o.to : n.to,
        };
      }
    }
    out.push(n);
    this.list = out.sort((x, y) => x.a - y.a);
  }

  /** Takes i out; before and after are the keys beside it. */
  remove(i: number, before: string, after: string): void {
    const r = this.at(i);
    if (!r) return;
    const parts: Range[] = [];
    if (i > r.a) parts.push({ a: r.a, b: i - 1, from: r.from, to: before });
    if (i < r.b) parts.push({ a: i + 1, b: r.b, from: after, to: r.to });
    this.list.splice(this.list.indexOf(r), 1, ...parts);
  }

  /** The position of the n-th member. */
  nth(n: number): number {
    for (const r of this.list) {
      if (n <= r.b - r.a) return r.a + n;
      n -= r.b - r.a + 1;
    }
    return -1;
  }

  /** The set as people and programs write it. */
  text(): string {
    return this.list.map((r) => (r.a === r.b ? r.from : r.from + ".." + r.to)).join(",");
  }
}
