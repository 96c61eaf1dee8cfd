// <rivers-gantt src run data-logs state>: the Gantt chart of a run.
//
//	src        the chart; see the Go package ui/gantt
//	data-logs  the address of the run's logs: Enter and a double click open it
//	           with step, partition and attempt added
//	state      "none" keeps the state out of the page's address
//
// Event, bubbling and composed: rivers-step {step, partition}, both empty when
// nothing is selected any more. refresh() asks for what changed; a run that is
// not finished is also asked for every few seconds.

import { Announcer, context, el, fitCanvas, perFrame } from "../shared/dom";
import { drawGlyph, statusOf } from "../shared/status";
import { readTheme, reducedMotion, styleSheet, watchTheme } from "../shared/theme";
import { duration } from "../shared/time";
import { params, setParams } from "../shared/url";
import { Chart, countStates, linesOf, titleOf, wordOf, type Line, type Row, type Wire } from "./chart";
import { axisHeight, describe, lineHeight, Painter } from "./paint";
import { css } from "./style";

const sheet = styleSheet(css);
/** How often a running chart asks by itself, in case no hint comes. */
const safety = 5000;

export class RiversGantt extends HTMLElement {
  static readonly observedAttributes = ["src"];

  private readonly chart = new Chart();
  private lines: Line[] = [];
  private grouped = false;
  private window: [number, number] | undefined;
  private selected = "";
  private hover = -1;
  private active = -1;
  private pointer: number | undefined;
  private brush: [number, number] | undefined;
  private filter = "";
  private text = "";
  private turned = new Set<string>();
  private follow = true;
  private life = new AbortController();
  private busy = false;
  private again = false;
  private timer = 0;
  private width = 0;
  private height = 0;
  private painter: Painter | undefined;

  private readonly root = this.attachShadow({ mode: "open" });
  private readonly canvas = el("canvas");
  private readonly ctx = context(this.canvas);
  private readonly spacer = el("div", { class: "spacer" });
  private readonly pane = el("div", {
    class: "scroll", tabindex: 0, role: "application", "aria-roledescription": "timeline", "aria-label": "Timeline of the run", "aria-describedby": "how",
  }, el("div", { class: "stick" }, this.canvas), this.spacer);
  private readonly sum = el("p", { class: "sum" });
  private readonly states = el("div", { class: "states", role: "group", "aria-label": "Steps by state" });
  private readonly find = el("input", { type: "search", placeholder: "Find a step", "aria-label": "Find a step", autocomplete: "off", spellcheck: "false" });
  private readonly whole = el("button", { type: "button", hidden: true }, "Whole run");
  private readonly legend = el("ul", { class: "key", "aria-hidden": "true", hidden: true });
  private readonly tip = el("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  private readonly note = el("p", { class: "note" }, "Reading the run's events …");
  private readonly announcer = new Announcer();
  private readonly ask = perFrame((now) => this.draw(now));

  constructor() {
    super();
    this.root.adoptedStyleSheets = [sheet];
    const bar = el("div", { class: "bar" }, this.sum, el("span", { class: "push" }), this.states, this.find, this.whole);
    this.root.append(bar, this.pane, this.legend, this.note, this.tip, this.announcer.node, el("p", { class: "unseen", id: "how" },
      "Up and down walk the steps, Space selects, right opens and left closes an asset, Enter opens the logs, plus, minus and 0 zoom."));
  }

  connectedCallback(): void {
    this.life = new AbortController();
    const signal = this.life.signal;
    if (this.usesAddress()) this.readAddress();
    watchTheme(() => {
      this.painter = undefined;
      this.showStates();
      this.ask();
    }, signal);
    const observer = new ResizeObserver(() => this.resized());
    observer.observe(this.pane);
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
    this.listen(signal);
    void this.refresh();
  }

  disconnectedCallback(): void {
    this.life.abort();
    clearTimeout(this.timer);
  }

  attributeChangedCallback(_: string, before: string | null, now: string | null): void {
    if (!this.isConnected || before === null || before === now) return;
    this.chart.seq = 0;
    void this.refresh();
  }

  /** Asks for what changed. */
  async refresh(): Promise<void> {
    const src = this.getAttribute("src");
    if (src === null) return;
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      const url = new URL(src, document.baseURI);
      if (this.chart.seq > 0) url.searchParams.set("after", String(this.chart.seq));
      const answer = await fetch(url, { signal: this.life.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      this.take((await answer.json()) as Wire);
    } catch (err) {
      if (!this.life.signal.aborted) this.fail(err);
    } finally {
      this.busy = false;
      clearTimeout(this.timer);
      if (this.again) {
        this.again = false;
        void this.refresh();
      } else if (!this.chart.finished && this.isConnected) {
        this.timer = window.setTimeout(() => void this.refresh(), document.hidden ? safety * 6 : safety);
      }
    }
  }

  private usesAddress(): boolean {
    return this.getAttribute("state") !== "none";
  }

  private readAddress(): void {
    const p = params();
    const step = p.get("step") ?? "", key = p.get("partition") ?? "";
    this.selected = step === "" ? "" : key === "" ? step : `${step}[${key}]`;
    this.filter = p.get("gantt") ?? "";
    this.turned = new Set(p.getAll("open"));
    const [a, b] = (p.get("span") ?? "").split("-").map(Number);
    if (a !== undefined && b !== undefined && b > a) this.window = [a, b];
  }

  private save(): void {
    if (!this.usesAddress()) return;
    const row = this.selectedRow();
    setParams({
      step: row === undefined ? [] : [row.asset], partition: row === undefined || row.key === "" ? [] : [row.key],
      gantt: this.filter === "" ? [] : [this.filter], open: [...this.turned],
      span: this.window === undefined ? [] : [`${Math.round(this.window[0])}-${Math.round(this.window[1])}`],
    });
  }

  private selectedRow(): Row | undefined {
    return this.selected === "" ? undefined : this.chart.rows.find((r) => titleOf(r) === this.selected);
  }

  // Data.

  private take(wire: Wire): void {
    const first = this.chart.seq === 0;
    this.chart.take(wire, Date.now());
    this.note.hidden = this.chart.rows.length > 0;
    if (this.chart.rows.length === 0) this.note.textContent = this.chart.finished ? "The run ended before any step was launched." : "No step has been launched yet.";
    this.arrange();
    if (first && this.selected !== "") this.reveal();
    else if (this.follow && !this.chart.finished) this.toRunning();
    if (first) this.announcer.say(this.sum.textContent ?? "");
  }

  private fail(err: unknown): void {
    this.note.textContent = `The timeline could not be loaded: ${err instanceof Error ? err.message : String(err)}. It is asked for again.`;
    this.note.hidden = false;
  }

  private arrange(): void {
    this.lines = linesOf(this.chart.rows, { state: this.filter, text: this.text, turned: this.turned });
    this.grouped = this.lines.some((l) => l.row === undefined);
    this.hover = Math.min(this.hover, this.lines.length - 1);
    this.active = Math.min(this.active, this.lines.length - 1);
    const all = this.lines.length * lineHeight;
    const seen = Math.max(lineHeight * 3, Math.min(all, Math.max(260, window.innerHeight * 0.55)));
    this.spacer.style.blockSize = `${all + axisHeight}px`;
    this.pane.style.blockSize = `${seen + axisHeight}px`;
    this.pane.hidden = this.chart.rows.length === 0;
    this.showSum();
    this.showStates();
    this.showLegend();
    this.resized();
  }

  private showSum(): void {
    const c = this.chart, rows = c.rows;
    const number = (n: number) => n.toLocaleString("en");
    const done = rows.filter((r) => "mfkc".includes(r.state)).length;
    const retries = rows.reduce((n, r) => n + Math.max(0, r.attempts.length - 1), 0);
    const parts = [done === rows.length ? `${number(done)} steps` : `${number(done)} of ${number(rows.length)} steps done`];
    if (c.started > 0) parts.push(`${duration(c.took(Date.now()))}${c.finished ? "" : " so far"}`);
    if (retries > 0) parts.push(retries === 1 ? "1 retry" : `${number(retries)} retries`);
    const { difference, steps } = c.compared();
    if (steps > 0) {
      const how = Math.abs(difference) < 1 ? "as much work as" : `${duration(Math.abs(difference))} ${difference > 0 ? "more" : "less"} work than`;
      parts.push(`${how} in the previous run (${steps === 1 ? "1 step" : `${steps} steps`} compared)`);
    }
    this.sum.textContent = parts.join(" · ");
  }

  /** Says what the signs mean that the chart has. */
  private showLegend(): void {
    const rows = this.chart.rows;
    const signs: [string, string, boolean][] = [
      ["critical", "critical path", rows.some((r) => r.critical)],
      ["wait", "waits, though ready", rows.some((r) => r.ready > 0 && r.attempts.length > 0)],
      ["back", "back-off before a retry", rows.some((r) => r.attempts.some((a) => a.notBefore > 0))],
      ["ghost", "previous run", rows.some((r) => r.previous > 0)],
    ];
    this.legend.replaceChildren(...signs.filter((s) => s[2]).map(([sign, words]) => el("li", {}, el("i", { class: sign }), words)));
    this.legend.hidden = rows.length === 0;
  }

  private showStates(): void {
    const theme = this.themed().theme;
    const ratio = Math.min(3, devicePixelRatio || 1);
    const counts = countStates(this.chart.rows);
    this.states.replaceChildren(...(counts.length < 2 && this.filter === "" ? [] : counts).map(({ word, letter, count }) => {
      const sign = el("canvas", { "aria-hidden": "true" });
      fitCanvas(sign, 14, 14, ratio);
      const ctx = context(sign);
      ctx.scale(ratio, ratio);
      drawGlyph(ctx, letter, 7, 7, 4.8, theme[statusOf(letter).token]);
      const b = el("button", { type: "button", "aria-pressed": String(this.filter === word) }, sign, `${count.toLocaleString("en")} ${word}`);
      b.addEventListener("click", () => {
        this.filter = this.filter === word ? "" : word;
        this.arrange();
        this.save();
      });
      return b;
    }));
    this.find.hidden = this.chart.rows.length < 15;
  }

  // Drawing.

  private themed(): Painter {
    this.painter ??= new Painter(this.ctx, readTheme(this, this.root));
    return this.painter;
  }

  private resized(): void {
    this.width = this.pane.clientWidth;
    this.height = this.pane.clientHeight;
    if (this.width === 0) return;
    fitCanvas(this.canvas, this.width, this.height, Math.min(3, devicePixelRatio || 1));
    this.canvas.style.inlineSize = `${this.width}px`;
    this.canvas.style.blockSize = `${this.height}px`;
    this.ask();
  }

  private names(): number {
    return Math.round(Math.max(130, Math.min(280, this.width * (this.width < 600 ? 0.4 : 0.3))));
  }

  /** The part of time that is shown. */
  private span(): [number, number] {
    if (this.window !== undefined) return this.window;
    const from = this.chart.started > 0 ? this.chart.started : 1;
    const to = this.chart.end(Date.now());
    const room = Math.max(to - from, 10);
    return [from, from + room * 1.08];
  }

  private draw(now: number): void {
    if (!this.isConnected || this.width === 0 || this.chart.rows.length === 0) return;
    const [from, to] = this.span();
    const running = !this.chart.finished && this.chart.rows.some((r) => r.state === "r" || r.state === "b");
    this.whole.hidden = this.window === undefined;
    this.themed().draw({
      chart: this.chart, lines: this.lines, grouped: this.grouped, width: this.width, height: this.height, names: this.names(), from, to,
      top: this.pane.scrollTop, now: this.chart.now(Date.now()), selected: this.selected, hover: this.hover, active: this.active,
      focused: this.root.activeElement === this.pane, turn: reducedMotion() ? 0.1 : (now / 1400) % 1, brush: this.brush, pointer: this.pointer,
    }, Math.min(3, devicePixelRatio || 1));
    if (!running || document.hidden) return;
    if (Math.floor(now / 1000) !== Math.floor(this.lastSum / 1000)) {
      this.lastSum = now;
      this.showSum();
    }
    if (reducedMotion()) setTimeout(this.ask, 1000);
    else this.ask();
  }

  private lastSum = 0;

  private lineAt(y: number): number {
    const i = Math.floor((y - axisHeight + this.pane.scrollTop) / lineHeight);
    return y < axisHeight || i < 0 || i >= this.lines.length ? -1 : i;
  }

  private timeAt(x: number): number {
    const [from, to] = this.span(), names = this.names();
    return from + (Math.max(0, x - names) / (this.width - names - 12)) * (to - from);
  }

  // Moving about.

  /** Brings the first running step into view. */
  private toRunning(): void {
    const i = this.lines.findIndex((l) => (l.row === undefined ? !l.open && l.rows.some((r) => r.state === "r") : l.row.state === "r"));
    if (i >= 0) this.bring(i);
  }

  private bring(i: number): void {
    const top = i * lineHeight, seen = this.height - axisHeight;
    const at = this.pane.scrollTop;
    if (top < at) this.pane.scrollTop = top;
    else if (top + lineHeight > at + seen) this.pane.scrollTop = top + lineHeight * 2 - seen;
  }

  private reveal(): void {
    const row = this.selectedRow();
    if (row === undefined) return;
    let i = this.lines.findIndex((l) => l.row === row);
    if (i < 0) {
      this.turn(row.asset);
      i = this.lines.findIndex((l) => l.row === row);
    }
    this.active = i;
    this.bring(i);
    this.ask();
  }

  private zoom(factor: number, center: number): void {
    const [from, to] = this.span();
    const a = center - (center - from) * factor, b = center + (to - center) * factor;
    this.setWindow(a, b);
  }

  private setWindow(from: number, to: number): void {
    const first = Math.max(1, this.chart.started), last = this.chart.end(Date.now());
    const room = Math.max(last - first, 10) * 1.08;
    if (to - from >= room * 0.999) this.window = undefined;
    else {
      const length = Math.max(to - from, 2);
      const start = Math.max(first - length * 0.05, Math.min(from, first + room - length));
      this.window = [start, start + length];
    }
    this.follow = this.window === undefined;
    this.save();
    this.ask();
  }

  private turn(asset: string): void {
    if (!this.turned.delete(asset)) this.turned.add(asset);
    this.arrange();
    this.save();
  }

  private select(i: number): void {
    const line = this.lines[i];
    if (line === undefined) return;
    this.active = i;
    if (line.row === undefined) {
      this.turn(line.asset);
      return;
    }
    const title = titleOf(line.row);
    this.selected = this.selected === title ? "" : title;
    this.save();
    this.ask();
    this.announcer.say(this.selected === "" ? "Nothing selected" : `Selected ${this.words(i)}`);
    const row = this.selectedRow();
    this.dispatchEvent(new CustomEvent("rivers-step", { detail: { step: row?.asset ?? "", partition: row?.key ?? "" }, bubbles: true, composed: true }));
  }

  private openLogs(i: number): void {
    const logs = this.dataset["logs"], row = this.lines[i]?.row;
    if (logs === undefined || row === undefined) return;
    const url = new URL(logs, document.baseURI);
    url.searchParams.set("step", row.asset);
    if (row.key !== "") url.searchParams.set("partition", row.key);
    location.assign(url);
  }

  private words(i: number): string {
    const line = this.lines[i];
    return line === undefined ? "" : describe(line, this.chart.now(Date.now())).join(", ");
  }

  // Listening.

  private listen(signal: AbortSignal): void {
    const options = { signal };
    const at = (ev: MouseEvent): [number, number] => {
      const box = this.pane.getBoundingClientRect();
      return [ev.clientX - box.left, ev.clientY - box.top];
    };
    this.pane.addEventListener("scroll", () => this.ask(), options);
    this.pane.addEventListener("pointermove", (ev) => this.moved(...at(ev), ev), options);
    this.pane.addEventListener("pointerleave", () => this.left(), options);
    this.pane.addEventListener("pointerdown", (ev) => {
      const [x, y] = at(ev);
      if (ev.button !== 0 || y > axisHeight || x < this.names() || x > this.pane.clientWidth) return;
      this.brush = [this.timeAt(x), this.timeAt(x)];
      this.pane.setPointerCapture(ev.pointerId);
      ev.preventDefault();
    }, options);
    this.pane.addEventListener("pointerup", () => this.released(), options);
    this.pane.addEventListener("click", (ev) => {
      const [x, y] = at(ev);
      const i = x > this.pane.clientWidth ? -1 : this.lineAt(y);
      if (i >= 0) this.select(i);
    }, options);
    this.pane.addEventListener("dblclick", (ev) => {
      const [, y] = at(ev);
      if (y < axisHeight) this.setWindow(0, Infinity);
      else this.openLogs(this.lineAt(y));
    }, options);
    this.pane.addEventListener("wheel", (ev) => this.wheel(ev, at(ev)[0]), { ...options, passive: false });
    this.pane.addEventListener("keydown", (ev) => {
      if (ev.target === this.pane && !ev.ctrlKey && !ev.metaKey && !ev.altKey && this.key(ev.key)) ev.preventDefault();
    }, options);
    for (const type of ["focus", "blur"]) this.pane.addEventListener(type, this.ask, options);
    this.find.addEventListener("input", () => {
      this.text = this.find.value;
      this.arrange();
    }, options);
    this.whole.addEventListener("click", () => this.setWindow(0, Infinity), options);
    for (const type of ["wheel", "pointerdown"]) this.pane.addEventListener(type, () => { this.follow = false; }, { ...options, passive: true });
  }

  private moved(x: number, y: number, ev: PointerEvent): void {
    this.pointer = x;
    if (this.brush !== undefined) {
      this.brush = [this.brush[0], this.timeAt(x)];
      this.ask();
      return;
    }
    const i = x > this.pane.clientWidth ? -1 : this.lineAt(y);
    this.hover = i;
    this.pane.classList.toggle("axis", y < axisHeight && x > this.names());
    this.showTip(i, ev.clientX, ev.clientY);
    this.ask();
  }

  private left(): void {
    this.hover = -1;
    this.pointer = undefined;
    this.tip.hidden = true;
    this.ask();
  }

  private released(): void {
    if (this.brush === undefined) return;
    const [a, b] = this.brush;
    this.brush = undefined;
    const [from, to] = this.span();
    if (Math.abs(a - b) > (to - from) * 0.005) this.setWindow(Math.min(a, b), Math.max(a, b));
    this.ask();
  }

  private wheel(ev: WheelEvent, x: number): void {
    if (ev.ctrlKey || ev.metaKey) {
      ev.preventDefault();
      this.zoom(Math.exp(Math.max(-240, Math.min(240, ev.deltaY)) * 0.004), this.timeAt(x));
    } else if (this.window !== undefined && Math.abs(ev.deltaX) > Math.abs(ev.deltaY)) {
      ev.preventDefault();
      const [from, to] = this.window;
      const shift = (ev.deltaX / (this.width - this.names())) * (to - from);
      this.setWindow(from + shift, to + shift);
    }
  }

  private showTip(i: number, x: number, y: number): void {
    const line = this.lines[i];
    this.tip.hidden = line === undefined;
    if (line === undefined) return;
    const [title = "", ...rest] = describe(line, this.chart.now(Date.now()));
    this.tip.replaceChildren(el("strong", {}, title), ...rest.map((r) => el("div", {}, r)));
    const box = this.tip.getBoundingClientRect();
    this.tip.style.left = `${Math.min(x + 14, window.innerWidth - box.width - 8)}px`;
    this.tip.style.top = `${y + 18 + box.height > window.innerHeight ? y - box.height - 10 : y + 18}px`;
  }

  private key(key: string): boolean {
    const [from, to] = this.span(), line = this.lines[this.active];
    switch (key) {
      case "ArrowDown": this.activate(this.active + 1); return true;
      case "ArrowUp": this.activate(this.active - 1); return true;
      case "PageDown": this.activate(this.active + 10); return true;
      case "PageUp": this.activate(this.active - 10); return true;
      case "Home": this.activate(0); return true;
      case "End": this.activate(this.lines.length - 1); return true;
      case "ArrowRight": case "ArrowLeft":
        if (line !== undefined && line.row === undefined && line.open === (key === "ArrowLeft")) this.turn(line.asset);
        else if (this.window !== undefined) this.setWindow(...shifted(this.window, key === "ArrowRight" ? 0.2 : -0.2));
        return true;
      case " ": this.select(this.active); return true;
      case "Enter": if (line?.row === undefined) this.select(this.active); else this.openLogs(this.active); return true;
      case "+": case "=": this.zoom(0.7, (from + to) / 2); return true;
      case "-": this.zoom(1 / 0.7, (from + to) / 2); return true;
      case "0": this.setWindow(0, Infinity); return true;
      case "Escape": if (this.selected !== "") this.select(this.lines.findIndex((l) => l.row !== undefined && titleOf(l.row) === this.selected)); return true;
      default: return false;
    }
  }

  private activate(i: number): void {
    this.active = Math.max(0, Math.min(this.lines.length - 1, i));
    this.follow = false;
    this.bring(this.active);
    this.announcer.say(this.words(this.active));
    this.ask();
  }

  /** The states of the rows, for whoever wants them in words. */
  get summary(): string {
    return this.chart.rows.map((r) => `${titleOf(r)} ${wordOf(r)}`).join("\n");
  }
}

function shifted([from, to]: [number, number], part: number): [number, number] {
  const by = (to - from) * part;
  return [from + by, to + by];
}
