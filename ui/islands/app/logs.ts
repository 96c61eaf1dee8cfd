// <rivers-logs src run data-final>: all lines of a run in a window, as they are
// written. The server filters; the lines of the page serve readers without script.

import { count, make, onChanged, one, toast } from "./dom";
import { localClock } from "./time";
import { Window } from "./window";

interface Line {
  n: number; t: string; s?: string; o: string; l?: string; x: string; a?: Record<string, unknown>; d?: number;
}

const rowHeight = 20;

export class RiversLogs extends HTMLElement {
  private lines: Line[] = [];
  private window: Window | null = null;
  private view: HTMLElement | null = null;
  private follow = true;
  private seen = 0;
  private reading = false;
  private again = false;
  private status: HTMLElement | null = null;
  private life = new AbortController();
  private target = Number(location.hash.replace(/^#L/, "")) || 0;

  connectedCallback(): void {
    this.dataset.listen = "events";
    this.follow = this.target === 0 && !this.hasAttribute("data-final");
    onChanged("events", this.getAttribute("run") ?? "", () => void this.read(), this.life.signal);
    addEventListener("hashchange", () => {
      this.target = Number(location.hash.replace(/^#L/, "")) || 0;
      this.jump();
    }, { signal: this.life.signal });
    void this.read();
  }

  disconnectedCallback(): void {
    this.life.abort();
  }

  /** Reads what is new, page by page. */
  private async read(): Promise<void> {
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    try {
      for (let more = true; more;) {
        this.again = false;
        const src = new URL(this.getAttribute("src") ?? "", location.href);
        src.searchParams.set("after", String(this.seen));
        const answer = await fetch(src, { headers: { Accept: "application/json" }, signal: this.life.signal });
        if (!answer.ok) throw new Error(String(answer.status));
        const page = (await answer.json()) as { lines: Line[]; more: boolean };
        this.add(page.lines);
        more = page.more || this.again;
      }
    } catch (e) {
      if (!this.life.signal.aborted) toast("Log lines could not be read: " + String(e), true);
    } finally {
      this.reading = false;
    }
  }

  private add(lines: Line[]): void {
    if (lines.length === 0) return;
    if (!this.window) this.build();
    for (const l of lines) this.lines.push(l);
    this.seen = lines[lines.length - 1]?.n ?? this.seen;
    this.window?.resize(this.lines.length);
    if (this.target) this.jump();
    else if (this.follow) this.window?.end();
    if (this.status) this.status.textContent = count(this.lines.length) + (this.lines.length === 1 ? " line" : " lines");
  }

  private build(): void {
    const space = make("div", { class: "log-space" });
    this.view = make("div", { class: "log-view", tabindex: "0", role: "log", "aria-label": "Log lines", "aria-live": "off" }, space);
    this.status = make("span", { class: "num" });
    const follow = make("input", { type: "checkbox" });
    follow.checked = this.follow;
    follow.addEventListener("change", () => {
      this.follow = follow.checked;
      if (this.follow) this.window?.end();
    });
    const copy = make("button", { type: "button" }, "Copy all");
    copy.addEventListener("click", () => void this.copy());
    const bar = make("div", { class: "log-bar" }, this.status, make("label", {}, follow, "Follow the end"), copy);
    this.replaceChildren(bar, this.view);
    this.window = new Window(this.view, rowHeight, 20, (i) => this.row(i), space);
    this.view.addEventListener("scroll", () => {
      const end = this.window?.atEnd ?? false;
      if (this.follow !== end && !this.hasAttribute("data-final")) {
        this.follow = end;
        follow.checked = end;
      }
    }, { passive: true });
    this.view.addEventListener("keydown", (e) => {
      if (e.key === "End") this.window?.end();
      else if (e.key === "Home") this.window?.go(0, "start");
      else return;
      e.preventDefault();
    });
  }

  private row(i: number): HTMLElement {
    const l = this.lines[i];
    if (!l) return make("div", { class: "log-line" });
    const cls = l.d ? "dropped" : l.l ? l.l.toLowerCase() : l.o;
    const number = make("a", { class: "ln", href: "#L" + l.n }, String(l.n));
    number.addEventListener("click", (e) => {
      e.preventDefault();
      history.replaceState(history.state, "", "#L" + l.n);
      this.target = l.n;
      this.window?.redraw();
    });
    const time = make("time", { datetime: l.t, title: l.t }, localClock(new Date(l.t)));
    const step = make("span", { class: "ls", title: l.s ?? "" }, make("bdi", {}, l.s ?? ""));
    const text = make("span", { class: "lx" });
    text.append(...this.marked(this.text(l)));
    const row = make("div", { class: "log-line log-" + cls, id: "L" + l.n }, number, time, make("span", { class: "lo" }, l.l ?? l.o), step, text);
    if (l.n === this.target) row.classList.add("open");
    return row;
  }

  private text(l: Line): string {
    if (l.d) return "… " + count(l.d) + " bytes before this line were dropped …";
    const attrs = Object.entries(l.a ?? {}).sort().map(([k, v]) => ` ${k}=${typeof v === "string" ? v : JSON.stringify(v)}`);
    return l.x + attrs.join("");
  }

  /** Marks what was searched for. */
  private marked(text: string): (Node | string)[] {
    const q = new URL(this.getAttribute("src") ?? "", location.href).searchParams.get("q");
    if (!q) return [text];
    const parts: (Node | string)[] = [];
    text.split(q).forEach((piece, i) => {
      if (i > 0) parts.push(make("mark", {}, q));
      parts.push(piece);
    });
    return parts;
  }

  private jump(): void {
    const i = this.lines.findIndex((l) => l.n >= this.target);
    if (i >= 0 && this.target) {
      this.window?.redraw();
      this.window?.go(i, "center");
    }
  }

  private async copy(): Promise<void> {
    const text = this.lines.map((l) => [l.t, l.l ?? l.o, l.s, this.text(l)].filter(Boolean).join(" ")).join("\n");
    await navigator.clipboard.writeText(text).then(
      () => toast("Copied " + count(this.lines.length) + " lines."),
      () => toast("The browser did not allow copying.", true),
    );
    one<HTMLElement>(".log-view", this)?.focus();
  }
}
