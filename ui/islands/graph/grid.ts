// Which things lie in a rectangle: a grid of cells with the rectangles that touch
// each, in two arrays.

export class Grid {
  private readonly columns: number;
  private readonly rows: number;
  private readonly start: Int32Array;
  private readonly list: Int32Array;
  private readonly seen: Uint32Array;
  private round = 0;

  /** rects holds x0, y0, x1, y1 of each thing, in any order of the corners. owners,
   * if given, says of each rectangle whose it is, in order; a thing may have several. */
  constructor(private readonly rects: Float32Array, width: number, height: number, private readonly cell: number,
    private readonly owners?: Int32Array) {
    this.columns = Math.max(1, Math.ceil(width / cell));
    this.rows = Math.max(1, Math.ceil(height / cell));
    const n = rects.length / 4;
    this.seen = new Uint32Array(owners === undefined ? n : 1 + (owners[n - 1] ?? 0));
    this.start = new Int32Array(this.columns * this.rows + 1);
    for (let i = 0; i < n; i++) this.each(i, (c) => { this.start[c + 1] = (this.start[c + 1] ?? 0) + 1; });
    for (let c = 0; c + 1 < this.start.length; c++) this.start[c + 1] = (this.start[c + 1] ?? 0) + (this.start[c] ?? 0);
    const next = this.start.slice();
    this.list = new Int32Array(this.start[this.start.length - 1] ?? 0);
    for (let i = 0; i < n; i++) {
      this.each(i, (c) => {
        const at = next[c] ?? 0;
        next[c] = at + 1;
        this.list[at] = i;
      });
    }
  }

  private clampColumn(x: number): number {
    return Math.max(0, Math.min(this.columns - 1, Math.floor(x / this.cell)));
  }

  private clampRow(y: number): number {
    return Math.max(0, Math.min(this.rows - 1, Math.floor(y / this.cell)));
  }

  private each(i: number, visit: (cell: number) => void): void {
    const r = this.rects;
    const x0 = r[4 * i] ?? 0, y0 = r[4 * i + 1] ?? 0, x1 = r[4 * i + 2] ?? 0, y1 = r[4 * i + 3] ?? 0;
    const left = this.clampColumn(Math.min(x0, x1)), right = this.clampColumn(Math.max(x0, x1));
    const top = this.clampRow(Math.min(y0, y1)), bottom = this.clampRow(Math.max(y0, y1));
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) visit(row * this.columns + column);
    }
  }

  /** The things that touch a rectangle, each once, in no order. */
  query(x0: number, y0: number, x1: number, y1: number): number[] {
    this.round++;
    const found: number[] = [];
    const left = this.clampColumn(x0), right = this.clampColumn(x1);
    const top = this.clampRow(y0), bottom = this.clampRow(y1);
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const c = row * this.columns + column;
        for (let k = this.start[c] ?? 0; k < (this.start[c + 1] ?? 0); k++) {
          const i = this.list[k] ?? 0, owner = this.owners?.[i] ?? i;
          if (this.seen[owner] === this.round || !this.touches(i, x0, y0, x1, y1)) continue;
          this.seen[owner] = this.round;
          found.push(owner);
        }
      }
    }
    return found;
  }

  private touches(i: number, x0: number, y0: number, x1: number, y1: number): boolean {
    const r = this.rects;
    const a0 = r[4 * i] ?? 0, b0 = r[4 * i + 1] ?? 0, a1 = r[4 * i + 2] ?? 0, b1 = r[4 * i + 3] ?? 0;
    return Math.min(a0, a1) <= x1 && Math.max(a0, a1) >= x0 && Math.min(b0, b1) <= y1 && Math.max(b0, b1) >= y0;
  }
}
