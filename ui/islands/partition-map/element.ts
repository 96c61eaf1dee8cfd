// <rivers-partition-map src asset href select state>: the state of all partitions.
//
//	src    the map; see the Go package ui/partitions
//	asset  the asset's name, for what is asked to be materialized
//	href   the address of a key's page, with {key} for the key: Enter and a
//	       double click open it
//	select "false" leaves out the button that materializes what is selected
//	state  "none" keeps the state out of the page's address
//
// Events, bubbling and composed: rivers-partitions {asset, partitions, count}
// after each change of the selection, rivers-materialize {selection, partitions}
// when the button is pressed; partitions is a selection such as
// "2001-01-01..2001-01-31,2001-02-07". clear() empties the selection, refresh()
// fetches the map again.

import { Announcer, context, el, fitCanvas, perFrame } from "../shared/dom";
import { drawGlyph, statusOf } from "../shared/status";
import { readTheme, styleSheet, watchTheme, type Theme } from "../shared/theme";
import { params, setParams } from "../shared/url";
import { arrange, neighbour, type Arrangement } from "./arrange";
import { cellsOf, Keys, letterOf, nameOf, Selection, type Cell, type MapWire } from "./keys";
import { paint } from "./paint";
import { css } from "./style";

const sheet = styleSheet(css);
/** The height above which the map scrolls. */
const largest = 820;

export class RiversPartitionMap extends HTMLElement {
  static readonly observedAttributes = ["src"];

  private wire: MapWire | undefined;
  private cells: Cell[] = [];
  private place: Arrangement | undefined;
  private readonly keys = new Keys();
  private readonly chosen = new Selection();
  private wanted = "";
  private opened: [number, number] | undefined;
  private hover = -1;
  private active = -1;
  private anchor = -1;
  private brush: { from: number; to: number; add: boolean } | undefined;
  private theme: Theme | undefined;
  private life = new AbortController();
  private round = 0;

  private readonly root = this.attachShadow({ mode: "open" });
  private readonly canvas = el("canvas");
  private readonly ctx = context(this.canvas);
  private readonly spacer = el("div");
  private readonly pane = el("div", {
    class: "pane", tabindex: 0, role: "application", "aria-roledescription": "partition map", "aria-label": "Partitions", "aria-describedby": "how",
  }, el("div", { class: "stick" }, this.canvas), this.spacer);
  private readonly path = el("nav", { class: "path", "aria-label": "Shown part" });
  private readonly legend = el("ul", { class: "legend" });
  private readonly bar = el("div", { class: "chosen", hidden: true });
  private readonly tip = el("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  private readonly note = el("p", { class: "note" }, "Reading the partitions …");
  private readonly announcer = new Announcer();
  private readonly ask = perFrame(() => this.draw());

  constructor() {
    super();
    this.root.adoptedStyleSheets = [sheet];
    this.root.append(el("div", { class: "head" }, this.path, this.legend), this.pane, this.note, this.bar, this.tip, this.announcer.node,
      el("p", { class: "unseen", id: "how" }, "Arrow keys walk the cells, with Shift they select a range, Space selects, Enter opens, Escape goes back."));
  }

  connectedCallback(): void {
    this.life = new AbortController();
    const signal = this.life.signal;
    if (this.usesAddress()) {
      const [a, b] = (params().get("part") ?? "").split("-").map(Number);
      if (a !== undefined && b !== undefined && b > a) this.opened = [a, b];
      this.wanted = params().get("keys") ?? "";
    }
    watchTheme(() => {
      this.theme = undefined;
      this.showLegend();
      this.ask();
    }, signal);
    const observer = new ResizeObserver(() => this.arrange());
    observer.observe(this.pane);
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
    this.listen(signal);
    void this.refresh();
  }

  disconnectedCallback(): void {
    this.life.abort();
  }

  attributeChangedCallback(_: string, before: string | null, now: string | null): void {
    if (this.isConnected && before !== null && before !== now) void this.refresh();
  }

  /** Fetches the map again. */
  async refresh(): Promise<void> {
    const src = this.getAttribute("src");
    if (src === null) return;
    const round = ++this.round;
    try {
      const url = new URL(src, document.baseURI);
      if (this.opened !== undefined) {
        url.searchParams.set("from", String(this.opened[0]));
        url.searchParams.set("to", String(this.opened[1]));
      }
      const answer = await fetch(url, { signal: this.life.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      const wire = (await answer.json()) as MapWire;
      if (round === this.round) this.take(wire);
    } catch (err) {
      if (this.life.signal.aborted || round !== this.round) return;
      this.note.textContent = `The partitions could not be loaded: ${err instanceof Error ? err.message : String(err)}`;
      this.note.hidden = false;
    }
  }

  /** Empties the selection. */
  clear(): void {
    this.chosen.ranges = [];
    this.changed();
  }

  /** The selected keys as text, and the cells in words. */
  get partitions(): string {
    return this.chosen.text(this.keys);
  }

  get cellCount(): number {
    return this.cells.length;
  }

  private usesAddress(): boolean {
    return this.getAttribute("state") !== "none";
  }

  private take(wire: MapWire): void {
    this.wire = wire;
    this.keys.learn(wire);
    this.cells = cellsOf(wire);
    this.note.hidden = this.cells.length > 0;
    this.pane.hidden = this.cells.length === 0;
    if (this.cells.length === 0) this.note.textContent = "There are no keys yet.";
    if (this.wanted !== "") this.restore();
    this.active = Math.min(this.active, this.cells.length - 1);
    this.showPath();
    this.showLegend();
    this.arrange();
    this.showChosen();
  }

  /** Takes the selection that the page's address names. */
  private restore(): void {
    for (const range of this.wanted.split(",")) {
      const [a = "", b = a] = range.split("..");
      const from = this.keys.ordinal(a), to = this.keys.ordinal(b);
      if (from !== undefined && to !== undefined && to >= from && to < (this.wire?.total ?? 0)) this.chosen.add(from, to + 1);
    }
    this.wanted = "";
  }

  private arrange(): void {
    const width = this.pane.clientWidth;
    if (this.wire === undefined || width === 0) return;
    this.place = arrange(this.wire, this.cells, this.keys, width);
    const seen = Math.min(largest, Math.ceil(this.place.height) + 8);
    this.pane.style.blockSize = `${seen}px`;
    this.spacer.style.blockSize = `${Math.ceil(this.place.height) + 8}px`;
    fitCanvas(this.canvas, width, seen, Math.min(3, devicePixelRatio || 1));
    this.canvas.style.inlineSize = `${width}px`;
    this.canvas.style.blockSize = `${seen}px`;
    this.ask();
  }

  private colors(): Theme {
    this.theme ??= readTheme(this, this.root);
    return this.theme;
  }

  private draw(): void {
    if (this.place === undefined || this.wire === undefined) return;
    const ratio = Math.min(3, devicePixelRatio || 1);
    const brush = this.brush;
    paint(this.ctx, {
      place: this.place, cells: this.cells, theme: this.colors(), width: this.pane.clientWidth, height: this.pane.clientHeight, top: this.pane.scrollTop, ratio,
      selected: (c) => this.chosen.holds(c.from, c.to) || (brush !== undefined && this.between(brush.from, brush.to, c)),
      partly: (c) => this.chosen.touches(c.from, c.to), hover: this.hover,
      active: this.root.activeElement === this.pane ? this.active : -1,
    });
  }

  private between(a: number, b: number, c: Cell): boolean {
    const from = this.cells[Math.min(a, b)]?.from ?? 0, to = this.cells[Math.max(a, b)]?.to ?? 0;
    return c.from >= from && c.to <= to;
  }

  // The parts around the picture.

  private showPath(): void {
    const w = this.wire;
    if (w === undefined) return;
    const unit = w.kind === "daily" ? "days" : w.kind === "hourly" ? "hours" : "keys";
    const all = `${w.total.toLocaleString("en")} ${w.total === 1 ? unit.slice(0, -1) : unit}`;
    if (this.opened === undefined) {
      const names: Record<string, string> = { key: "", day: ", by day", month: ", by month", year: ", by year", block: `, in blocks of ${(w.sizes?.[0] ?? 0).toLocaleString("en")}` };
      this.path.replaceChildren(el("span", {}, all + (names[w.unit] ?? "")));
      return;
    }
    const back = el("button", { type: "button", class: "link" }, `All ${all}`);
    back.addEventListener("click", () => this.go(undefined));
    this.path.replaceChildren(back, el("span", { "aria-hidden": "true" }, "›"), el("span", {}, this.keys.range(w.from, w.to).replace("..", " … ")));
  }

  private showLegend(): void {
    const w = this.wire;
    if (w === undefined) return;
    const { materialized, failed, running } = w.counts;
    const rows: [string, string, number][] = [["m", "materialized", materialized], ["f", "failed", failed], ["r", "in progress", running],
      ["-", "missing", w.total - materialized - failed - running]];
    const ratio = Math.min(3, devicePixelRatio || 1);
    this.legend.replaceChildren(...rows.map(([letter, word, n]) => {
      const sign = el("canvas", { "aria-hidden": "true" });
      fitCanvas(sign, 14, 14, ratio);
      const ctx = context(sign);
      ctx.scale(ratio, ratio);
      drawGlyph(ctx, letter, 7, 7, 5, this.colors()[statusOf(letter).token]);
      return el("li", {}, sign, `${n.toLocaleString("en")} ${word}`);
    }));
  }

  private showChosen(): void {
    const count = this.chosen.count, w = this.wire;
    this.bar.hidden = count === 0;
    if (count === 0 || w === undefined) return;
    const go = el("button", { type: "button", class: "primary" }, "Materialize …");
    go.addEventListener("click", () => this.emit("rivers-materialize", { selection: this.getAttribute("asset") ?? "", partitions: this.partitions }));
    const clear = el("button", { type: "button" }, "Clear");
    clear.addEventListener("click", () => this.clear());
    const text = this.partitions;
    this.bar.replaceChildren(el("strong", {}, `${count.toLocaleString("en")} ${count === 1 ? "key" : "keys"} selected`),
      el("code", { title: text }, text.length > 160 ? `${text.slice(0, 160)}…` : text), el("span", { class: "push" }), clear,
      ...(this.getAttribute("select") === "false" ? [] : [go]));
  }

  private showTip(i: number, x: number, y: number): void {
    const c = this.cells[i];
    this.tip.hidden = c === undefined;
    if (c === undefined) return;
    const lines = [el("strong", {}, nameOf(c, this.wire?.unit ?? "key", this.keys)), el("div", {}, this.facts(c))];
    if (c.to - c.from > 1) lines.push(el("div", { class: "dim" }, "Double click opens, drag selects"));
    this.tip.replaceChildren(...lines);
    const box = this.tip.getBoundingClientRect();
    this.tip.style.left = `${Math.min(x + 14, innerWidth - box.width - 8)}px`;
    this.tip.style.top = `${y + 18 + box.height > innerHeight ? y - box.height - 10 : y + 18}px`;
  }

  private facts(c: Cell): string {
    const size = c.to - c.from;
    if (size === 1) return { m: "materialized", f: "failed", r: "in progress" }[letterOf(c)] ?? "missing";
    const parts = [`${c.m.toLocaleString("en")} of ${size.toLocaleString("en")} materialized`];
    if (c.f > 0) parts.push(`${c.f.toLocaleString("en")} failed`);
    if (c.r > 0) parts.push(`${c.r.toLocaleString("en")} in progress`);
    return parts.join(", ");
  }

  // Acting.

  private go(part: [number, number] | undefined): void {
    this.opened = part;
    this.active = part === undefined ? this.active : 0;
    this.pane.scrollTop = 0;
    this.save();
    void this.refresh();
  }

  private changed(): void {
    this.showChosen();
    this.save();
    this.ask();
    this.announcer.say(this.chosen.count === 0 ? "Nothing selected" : `${this.chosen.count} keys selected`);
    this.emit("rivers-partitions", { asset: this.getAttribute("asset") ?? "", partitions: this.partitions, count: this.chosen.count });
  }

  private emit(type: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  private save(): void {
    if (!this.usesAddress()) return;
    const text = this.partitions;
    setParams({ part: this.opened === undefined ? [] : [this.opened.join("-")], keys: text === "" || text.length > 1500 ? [] : [text] });
  }

  /** Opens a cell: the keys of a tile, or the page of a key. */
  private openCell(i: number): void {
    const c = this.cells[i];
    if (c === undefined) return;
    if (c.to - c.from > 1) {
      // What only marked the tile is no choice of all its keys.
      if (this.chosen.holds(c.from, c.to) && this.chosen.count === c.to - c.from) this.clear();
      this.go([c.from, c.to]);
      return;
    }
    const href = this.getAttribute("href");
    if (href !== null) location.assign(href.replace("{key}", encodeURIComponent(this.keys.key(c.from))));
  }

  private choose(a: number, b: number, add: boolean): void {
    const from = this.cells[Math.min(a, b)]?.from, to = this.cells[Math.max(a, b)]?.to;
    if (from === undefined || to === undefined) return;
    const only = this.chosen.ranges.length === 1 && this.chosen.holds(from, to) && this.chosen.count === to - from;
    if (!add) {
      this.chosen.ranges = [];
      if (!only || a !== b) this.chosen.add(from, to);
    } else if (a === b && this.chosen.holds(from, to)) this.chosen.remove(from, to);
    else this.chosen.add(from, to);
    this.changed();
  }

  // Listening.

  private cellAt(x: number, y: number): number {
    const p = this.place;
    if (p === undefined) return -1;
    const top = y + this.pane.scrollTop, slack = 1.5;
    for (let i = 0; i < p.x.length; i++) {
      const dx = x - (p.x[i] ?? 0), dy = top - (p.y[i] ?? 0);
      if (dx >= -slack && dy >= -slack && dx <= p.cell + slack && dy <= p.cell + slack) return i;
    }
    return -1;
  }

  private listen(signal: AbortSignal): void {
    const options = { signal };
    const at = (ev: MouseEvent): [number, number] => {
      const box = this.pane.getBoundingClientRect();
      return [ev.clientX - box.left, ev.clientY - box.top];
    };
    this.pane.addEventListener("scroll", () => this.ask(), options);
    this.pane.addEventListener("pointerdown", (ev) => {
      const i = this.cellAt(...at(ev));
      if (ev.button !== 0 || i < 0) return;
      this.brush = { from: i, to: i, add: ev.shiftKey || ev.ctrlKey || ev.metaKey };
      this.pane.setPointerCapture(ev.pointerId);
      this.ask();
    }, options);
    this.pane.addEventListener("pointermove", (ev) => {
      const i = this.cellAt(...at(ev));
      if (this.brush !== undefined && i >= 0) this.brush.to = i;
      this.hover = i;
      this.showTip(i, ev.clientX, ev.clientY);
      this.ask();
    }, options);
    this.pane.addEventListener("pointerup", () => this.released(), options);
    this.pane.addEventListener("pointercancel", () => { this.brush = undefined; this.ask(); }, options);
    this.pane.addEventListener("pointerleave", () => {
      this.hover = -1;
      this.tip.hidden = true;
      this.ask();
    }, options);
    this.pane.addEventListener("dblclick", (ev) => this.openCell(this.cellAt(...at(ev))), options);
    this.pane.addEventListener("keydown", (ev) => {
      if (ev.target === this.pane && !ev.ctrlKey && !ev.metaKey && !ev.altKey && this.key(ev.key, ev.shiftKey)) {
        ev.preventDefault();
        ev.stopPropagation();
      }
    }, options);
    for (const type of ["focus", "blur"]) this.pane.addEventListener(type, this.ask, options);
  }

  private released(): void {
    const b = this.brush;
    this.brush = undefined;
    if (b === undefined) return;
    this.active = b.to;
    this.anchor = b.from;
    this.choose(b.from, b.to, b.add);
  }

  private key(key: string, shift: boolean): boolean {
    const move = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
    if (move !== undefined && this.place !== undefined) {
      if (shift && this.anchor < 0) this.anchor = Math.max(this.active, 0);
      if (!shift) this.anchor = -1;
      this.activate(this.active < 0 ? 0 : neighbour(this.place, this.active, move[0] ?? 0, move[1] ?? 0));
      if (shift) this.choose(this.anchor, this.active, false);
      return true;
    }
    switch (key) {
      case "Home": this.activate(0); return true;
      case "End": this.activate(this.cells.length - 1); return true;
      case " ": this.choose(this.active, this.active, true); return true;
      case "Enter": this.openCell(this.active); return true;
      case "Escape": case "Backspace":
        if (this.opened !== undefined) this.go(undefined);
        else if (this.chosen.count > 0) this.clear();
        else return false;
        return true;
      default: return false;
    }
  }

  private activate(i: number): void {
    this.active = i;
    const c = this.cells[i], y = this.place?.y[i] ?? 0, cell = this.place?.cell ?? 0;
    if (y < this.pane.scrollTop) this.pane.scrollTop = y - 24;
    else if (y + cell > this.pane.scrollTop + this.pane.clientHeight) this.pane.scrollTop = y + cell + 24 - this.pane.clientHeight;
    if (c !== undefined) this.announcer.say(`${nameOf(c, this.wire?.unit ?? "key", this.keys)}, ${this.facts(c)}`);
    this.ask();
  }
}
