// A window onto a long list: only the rows in view and a few beside them are in
// the page, whatever the length. Browsers cap the height of an element, so the
// spacer is capped and positions beyond it are scaled.

const cap = 10_000_000; // px

export class Window {
  private readonly space: HTMLElement;
  private rows = new Map<number, HTMLElement>();
  private length = 0;
  // Where the last jump led. A pixel of a scaled scroll bar is many rows, so the
  // bar alone cannot tell the row; it can tell that nobody has moved it since.
  private jump = { at: -1, top: 0 };

  constructor(
    private readonly view: HTMLElement,
    private readonly height: number,
    private readonly overscan: number,
    private readonly draw: (index: number) => HTMLElement,
    space: HTMLElement,
  ) {
    this.space = space;
    view.addEventListener("scroll", () => this.paint(), { passive: true });
    new ResizeObserver(() => this.paint()).observe(view);
  }

  /** Sets how many rows there are and paints anew. */
  resize(length: number): void {
    this.length = length;
    const height = Math.min(length * this.height, cap) + "px";
    if (this.space.style.height !== height) this.space.style.height = height;
    this.paint();
  }

  /** How far true positions exceed the positions of the scroll bar. */
  private get scale(): number {
    const shown = Math.min(this.length * this.height, cap) - this.view.clientHeight;
    const whole = this.length * this.height - this.view.clientHeight;
    return shown > 0 && whole > shown ? whole / shown : 1;
  }

  /** The true position of the upper edge. */
  private get top(): number {
    const at = this.view.scrollTop;
    return at === this.jump.at && this.jump.top < this.length * this.height ? this.jump.top : at * this.scale;
  }

  /** The first row in view. */
  get first(): number {
    return Math.max(0, Math.floor(this.top / this.height));
  }

  get visible(): number {
    return Math.ceil(this.view.clientHeight / this.height);
  }

  get atEnd(): boolean {
    return this.view.scrollTop + this.view.clientHeight >= this.space.offsetHeight - this.height;
  }

  /** Brings a row into view. */
  go(index: number, where: "start" | "center" | "nearest" = "nearest"): void {
    const top = this.top, y = index * this.height;
    let to = top;
    if (where === "start") to = y;
    else if (where === "center") to = y - this.view.clientHeight / 2;
    else if (y < top) to = y;
    else if (y + this.height > top + this.view.clientHeight) to = y + this.height - this.view.clientHeight;
    if (to !== top) {
      to = Math.max(0, Math.min(to, this.length * this.height - this.view.clientHeight));
      this.view.scrollTop = to / this.scale;
      this.jump = { at: this.view.scrollTop, top: to };
    }
    this.paint();
  }

  end(): void {
    this.view.scrollTop = this.space.offsetHeight;
    this.paint();
  }

  /** Draws rows again whose content changed. */
  redraw(): void {
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    this.paint();
  }

  paint(): void {
    const from = Math.max(0, this.first - this.overscan);
    const to = Math.min(this.length, this.first + this.visible + 1 + this.overscan);
    for (const [i, row] of this.rows) {
      if (i < from || i >= to) {
        row.remove();
        this.rows.delete(i);
      }
    }
    const shift = this.view.scrollTop - this.top;
    for (let i = from; i < to; i++) {
      let row = this.rows.get(i);
      if (!row) {
        row = this.draw(i);
        this.rows.set(i, row);
        this.space.append(row);
      }
      row.style.top = i * this.height + shift + "px";
    }
  }
}
