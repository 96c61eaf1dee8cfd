// Names cut to the width of their nodes, measured once.

export class Labels {
  private readonly cut = new Map<string, string>();

  constructor(private readonly ctx: CanvasRenderingContext2D) {}

  /** Forgets everything, after a change of fonts. */
  clear(): void {
    this.cut.clear();
  }

  /** The text as it fits into a width in a font; what is cut is in the middle,
   * because names of one group begin alike. */
  fit(text: string, font: string, width: number): string {
    const key = `${font} ${width} ${text}`;
    let found = this.cut.get(key);
    if (found === undefined) {
      if (this.cut.size > 60_000) this.cut.clear();
      found = this.measure(text, font, width);
      this.cut.set(key, found);
    }
    return found;
  }

  private measure(text: string, font: string, width: number): string {
    this.ctx.font = font;
    if (this.ctx.measureText(text).width <= width) return text;
    const letters = Array.from(text);
    let low = 0;
    let high = letters.length;
    while (low < high) {
      const keep = (low + high + 1) >> 1;
      if (this.ctx.measureText(shorten(letters, keep)).width <= width) low = keep;
      else high = keep - 1;
    }
    return low > 1 ? shorten(letters, low) : "";
  }
}

function shorten(letters: readonly string[], keep: number): string {
  const head = Math.ceil(keep * 0.35);
  return letters.slice(0, head).join("") + "…" + letters.slice(letters.length - (keep - head)).join("");
}
