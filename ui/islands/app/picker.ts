// <rivers-picker src name>: chooses partition keys. A window onto the list of
// keys, fetched in pages; what is chosen is a set of ranges, written into the
// text field inside, which is what the form sends and what works without script.

import { count, make, one, plural, toast } from "./dom";
import { Ranges, type Range } from "./ranges";
import { Window } from "./window";

const rowHeight = 28, pageSize = 200, overscan = 8;

interface Key { o: number; k: string; s?: string }
interface Page { total: number; keys: Key[] }

const words: Record<string, string> = { m: "materialized", f: "failed", "": "missing" };

export class RiversPicker extends HTMLElement {
  private src = "";
  private field: HTMLInputElement | null = null;
  private chosen = new Ranges();
  private pages = new Map<number, Key[] | null>();
  private total = 0;
  private query = "";
  private only = false;
  private newest = 0;
  private cursor = 0;
  private anchor = -1;
  private window: Window | null = null;
  private readonly space = make("div", { class: "picker-space" });
  private readonly view = make("div", {
    class: "picker-view", tabindex: "0", role: "listbox", "aria-multiselectable": "true", "aria-label": "Partition keys",
  }, this.space);
  private readonly tally = make("span", { class: "num" });
  private readonly toggle = make("button", { type: "button", "aria-pressed": "false" }, "Selected");

  connectedCallback(): void {
    this.src = this.getAttribute("src") ?? "";
    this.field = one<HTMLInputElement>("input[name=partitions]", this);
    if (!this.field || this.window) return;
    const search = make("input", { type: "search", placeholder: "Search, Enter", "aria-label": "Search keys" });
    const jump = make("input", { type: "search", placeholder: "Jump to key, Enter", "aria-label": "Jump to key" });
    const every = make("button", { type: "button" }, "Select all");
    const missing = make("button", { type: "button" }, "Missing");
    const failed = make("button", { type: "button" }, "Failed");
    const none = make("button", { type: "button" }, "Clear");
    const bar = make("div", { class: "picker-bar" }, search, jump, every, missing, failed, none, this.toggle, this.tally);
    this.append(make("div", { class: "picker" }, bar, this.view));
    this.window = new Window(this.view, rowHeight, overscan, (i) => this.row(i), this.space);

    onEnter(search, () => this.search(search.value));
    onEnter(jump, () => void this.jump(jump.value));
    every.addEventListener("click", () => void this.choose("all"));
    missing.addEventListener("click", () => void this.choose("missing"));
    failed.addEventListener("click", () => void this.choose("failed"));
    none.addEventListener("click", () => this.set(new Ranges()));
    this.toggle.addEventListener("click", () => this.showChosen(!this.only));
    this.view.addEventListener("click", (e) => this.clicked(e));
    this.view.addEventListener("keydown", (e) => this.key(e));
    this.field.addEventListener("input", () => void this.readField());
    void this.readField();
    void this.page(0);
  }

  /** How many rows the list has now. */
  private get length(): number {
    return this.only ? this.chosen.count : this.total;
  }

  private async ask<T>(query: Record<string, string>): Promise<T | null> {
    const url = new URL(this.src, location.href);
    for (const [k, v] of Object.entries(query)) url.searchParams.set(k, v);
    const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer) return null;
    if (!answer.ok) {
      toast((await answer.text()).trim(), true);
      return null;
    }
    return (await answer.json()) as T;
  }

  /** Fetches a page of rows once; an answer to an older search is dropped. */
  private async page(n: number): Promise<void> {
    if (this.pages.has(n)) return;
    this.pages.set(n, null);
    const mine = this.newest;
    const answer = await this.ask<Page>({ offset: String(n * pageSize), limit: String(pageSize), q: this.query });
    if (mine !== this.newest) return;
    if (!answer) {
      this.pages.delete(n);
      return;
    }
    this.pages.set(n, answer.keys);
    const first = this.total === 0;
    this.total = answer.total;
    this.window?.resize(this.length);
    this.window?.redraw();
    if (first) this.say();
  }

  /** The key at a row, if it is here. */
  private at(i: number): Key | undefined {
    const n = Math.floor(i / pageSize), page = this.pages.get(n);
    if (page === undefined) void this.page(n);
    return page?.[i % pageSize];
  }

  /** The row of the list as the key's position and text. */
  private keyOf(row: number): Key | undefined {
    if (!this.only) return this.at(row);
    const o = this.chosen.nth(row);
    return o < 0 ? undefined : this.query === "" ? this.at(o) : undefined;
  }

  private row(i: number): HTMLElement {
    const key = this.keyOf(i);
    const row = make("div", { class: "picker-row" + (i === this.cursor ? " cursor" : ""), role: "option", "data-row": String(i), "aria-posinset": String(i + 1), "aria-setsize": String(this.length) });
    if (!key) {
      row.append(make("span", { class: "box" }), "…");
      row.setAttribute("aria-selected", "false");
      return row;
    }
    row.setAttribute("aria-selected", String(this.chosen.has(key.o)));
    row.append(make("span", { class: "box" }), make("bdi", {}, key.k), make("span", { class: "dim" }, words[key.s ?? ""] ?? ""));
    return row;
  }

  private clicked(e: MouseEvent): void {
    const row = (e.target as Element).closest<HTMLElement>("[data-row]");
    if (row) void this.pick(Number(row.dataset.row), e.shiftKey);
  }

  private key(e: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12, Home: -Infinity, End: Infinity }[e.key];
    if (e.key === " " || e.key === "Enter") void this.pick(this.cursor, e.shiftKey);
    else if (step !== undefined) this.move(this.cursor + step);
    else return;
    e.preventDefault();
  }

  private move(to: number): void {
    this.cursor = Math.max(0, Math.min(this.length - 1, to));
    this.window?.go(this.cursor);
    this.window?.redraw();
  }

  /** Chooses a row or takes it back; with shift, everything from the last one. */
  private async pick(i: number, range: boolean): Promise<void> {
    this.cursor = i;
    const key = this.keyOf(i);
    if (!key) return;
    if (range && this.anchor >= 0 && !this.only && this.query === "") {
      const [a, b] = [Math.min(this.anchor, key.o), Math.max(this.anchor, key.o)];
      const ends = await Promise.all([this.fetchKey(a), this.fetchKey(b)]);
      this.chosen.add({ a, b, from: ends[0], to: ends[1] });
    } else if (this.chosen.has(key.o)) {
      const beside = await Promise.all([this.fetchKey(key.o - 1), this.fetchKey(key.o + 1)]);
      this.chosen.remove(key.o, beside[0], beside[1]);
    } else {
      this.chosen.add({ a: key.o, b: key.o, from: key.k, to: key.k });
    }
    this.anchor = key.o;
    this.write();
  }

  /** The text of a key by its position in the whole list. */
  private async fetchKey(o: number): Promise<string> {
    const here = this.query === "" ? this.pages.get(Math.floor(o / pageSize))?.[o % pageSize] : undefined;
    if (here) return here.k;
    const answer = await this.ask<Page>({ offset: String(Math.max(0, o)), limit: "1" });
    return answer?.keys[0]?.k ?? "";
  }

  private search(text: string): void {
    this.query = text.trim();
    this.newest++;
    this.pages.clear();
    this.total = 0;
    this.cursor = 0;
    this.view.scrollTop = 0;
    this.window?.resize(0);
    this.window?.redraw();
    void this.page(0);
  }

  private async jump(text: string): Promise<void> {
    if (this.query !== "") this.search("");
    this.showChosen(false);
    const answer = await this.ask<{ index: number }>({ index: text.trim() });
    if (!answer || answer.index < 0) return;
    await this.page(0);
    this.cursor = answer.index;
    this.window?.go(answer.index, "center");
    this.window?.redraw();
    this.view.focus();
  }

  /** Chooses all keys, or those of a state; with a search, those that match. */
  private async choose(what: string): Promise<void> {
    const answer = await this.ask<{ ranges: Range[] }>({ choose: what, q: this.query });
    if (!answer) return;
    for (const r of answer.ranges) this.chosen.add(r);
    this.write();
  }

  private showChosen(only: boolean): void {
    this.only = only;
    this.toggle.setAttribute("aria-pressed", String(only));
    this.cursor = 0;
    this.view.scrollTop = 0;
    this.window?.resize(this.length);
    this.window?.redraw();
  }

  private set(chosen: Ranges): void {
    this.chosen = chosen;
    this.write();
  }

  private write(): void {
    if (this.field) {
      this.field.value = this.chosen.text();
      this.field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.window?.resize(this.length);
    this.window?.redraw();
    this.say();
  }

  /** Follows what is typed into the field. */
  private async readField(): Promise<void> {
    const text = this.field?.value.trim() ?? "";
    if (text === this.chosen.text()) {
      this.say();
      return;
    }
    const mine = ++this.parsed;
    const answer = text === "" ? { ranges: [] } : await this.ask<{ ranges: Range[]; error?: string }>({ parse: text });
    if (!answer || mine !== this.parsed) return;
    this.chosen = new Ranges(answer.ranges);
    this.showFirst();
    this.window?.resize(this.length);
    this.window?.redraw();
    this.say();
  }

  private parsed = 0;

  /** Brings the first chosen key into view once the list is there. */
  private showFirst(): void {
    const first = this.chosen.list[0];
    if (!first || this.only || this.query !== "" || this.view.contains(document.activeElement)) return;
    this.cursor = first.a;
    this.window?.resize(Math.max(this.total, first.a + 1));
    this.window?.go(first.a, "center");
  }

  private say(): void {
    const n = this.chosen.count;
    this.toggle.textContent = `Selected (${count(n)})`;
    this.tally.textContent = plural(this.total, this.query === "" ? "key" : "match").replace("matchs", "matches");
  }
}

function onEnter(field: HTMLInputElement, act: () => void): void {
  field.addEventListener("keydown", (e) => {
    if (e.key !== "Enter") return;
    e.preventDefault();
    act();
  });
  field.addEventListener("input", (e) => e.stopPropagation());
  field.addEventListener("search", () => { if (field.value === "") act(); });
}
