// <rivers-picker src name>: chooses partition keys. A window onto the list of
// keys, fetched in pages; what is chosen is a set of ranges, written into the
// text field inside, which is what the form sends and what works without script.

import { count, make, one, plural, toast } from "./dom";
import { KeyList, type Key } from "./keylist";
import { Ranges, type Range } from "./ranges";
import { Window } from "./window";

const rowHeight = 28, overscan = 8;

/** An answer in ranges; note says what it leaves out. */
interface Chosen { ranges: Range[]; note?: string; error?: string }

const words: Record<string, string> = { m: "materialized", f: "failed", "": "missing" };

export class RiversPicker extends HTMLElement {
  private src = "";
  private field: HTMLInputElement | null = null;
  private chosen = new Ranges();
  /** All keys, where a key's row is its position. */
  private readonly whole = this.listOf("");
  /** What is looked through: all keys, or the matches of a search. */
  private list = this.whole;
  /** Shows what is chosen instead, whatever the search. */
  private only = false;
  private cursor = 0;
  /** The row of the list that a range begins at; -1 when there is none. */
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
    void this.list.fetch(0);
  }

  private listOf(query: string): KeyList {
    return new KeyList(query, (q) => this.ask(q), (list) => this.arrived(list));
  }

  /** Keys came: of the list, or of what is chosen. Others came too late. */
  private arrived(list: KeyList): void {
    if (list !== this.list && !(this.only && list === this.whole)) return;
    this.window?.resize(this.length);
    this.window?.redraw();
    this.say();
  }

  /** How many rows the list has now. */
  private get length(): number {
    return this.only ? this.chosen.count : this.list.total;
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

  /** Where the key of a row is found: in a list, at a place of it. */
  private place(row: number): [KeyList, number] {
    return this.only ? [this.whole, this.chosen.nth(row)] : [this.list, row];
  }

  private keyOf(row: number): Key | undefined {
    const [list, at] = this.place(row);
    return at < 0 ? undefined : list.at(at);
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
  private async pick(row: number, range: boolean): Promise<void> {
    const from = this.only ? -1 : this.anchor, [list, at] = this.place(row);
    this.cursor = row;
    const key = await list.fetch(at);
    if (!key) return;
    if (range && from >= 0) await this.pickRange(list, Math.min(from, row), Math.max(from, row));
    else if (this.chosen.has(key.o)) await this.drop(key.o);
    else this.chosen.add({ a: key.o, b: key.o, from: key.k, to: key.k });
    this.anchor = this.only || list !== this.list ? -1 : row;
    this.write();
  }

  /** Chooses the rows from a to b of a list: of a search, the matches alone. */
  private async pickRange(list: KeyList, a: number, b: number): Promise<void> {
    if (list.query !== "") {
      await this.add({ choose: "all", q: list.query, offset: String(a), limit: String(b - a + 1) });
      return;
    }
    const [first, last] = await Promise.all([list.fetch(a), list.fetch(b)]);
    if (first && last) this.chosen.add({ a, b, from: first.k, to: last.k });
  }

  /** Takes a position back; the keys beside it end what is left. */
  private async drop(o: number): Promise<void> {
    const [before, after] = await Promise.all([this.whole.fetch(o - 1), this.whole.fetch(o + 1)]);
    this.chosen.remove(o, before?.k ?? "", after?.k ?? "");
  }

  /** Chooses what the server answers in ranges. */
  private async add(query: Record<string, string>): Promise<void> {
    const answer = await this.ask<Chosen>(query);
    if (!answer) return;
    for (const r of answer.ranges) this.chosen.add(r);
    if (answer.note) toast(answer.note, true);
  }

  private search(text: string): void {
    const query = text.trim();
    this.list = query === "" ? this.whole : this.listOf(query);
    this.showChosen(false);
    void this.list.fetch(0);
  }

  private async jump(text: string): Promise<void> {
    this.search("");
    const answer = await this.ask<{ index: number }>({ index: text.trim() });
    if (!answer || answer.index < 0) return;
    await this.whole.fetch(0);
    this.cursor = answer.index;
    this.window?.go(answer.index, "center");
    this.window?.redraw();
    this.view.focus();
  }

  /** Chooses all keys, or those of a state; with a search, those that match. */
  private async choose(what: string): Promise<void> {
    await this.add({ choose: what, q: this.list.query });
    this.write();
  }

  private showChosen(only: boolean): void {
    this.only = only;
    this.toggle.setAttribute("aria-pressed", String(only));
    this.cursor = 0;
    this.anchor = -1;
    this.view.scrollTop = 0;
    this.window?.resize(this.length);
    this.window?.redraw();
    this.say();
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
    this.cursor = Math.max(0, Math.min(this.cursor, this.length - 1));
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
    const answer = text === "" ? { ranges: [] } : await this.ask<Chosen>({ parse: text });
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
    if (!first || this.only || this.list !== this.whole || this.view.contains(document.activeElement)) return;
    this.cursor = first.a;
    this.window?.resize(Math.max(this.list.total, first.a + 1));
    this.window?.go(first.a, "center");
  }

  private say(): void {
    const n = this.chosen.count;
    this.toggle.textContent = `Selected (${count(n)})`;
    this.tally.textContent = plural(this.list.total, this.list === this.whole ? "key" : "match").replace("matchs", "matches");
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
