// The bar above the graph and the legend in its corner.

import { context, el, fitCanvas } from "../shared/dom";
import { drawGlyph, statusOf } from "../shared/status";
import type { Theme } from "../shared/theme";
import type { Model } from "./model";
import { button } from "./panel";
import type { State } from "./state";

export interface Wishes {
  query(text: string, next: number): void;
  filter(which: "kind" | "group" | "status", value: string): void;
  zoom(factor: number): void;
  fit(): void;
  list(on: boolean): void;
  collapse(all: boolean): void;
  depth(up: string, down: string): void;
}

export class Controls {
  readonly bar = el("div", { class: "bar", role: "toolbar", "aria-label": "Graph" });
  readonly legend = el("div", { class: "legend", role: "group", "aria-label": "Statuses" });
  private readonly search = el("input", { type: "search", placeholder: "Find an asset", "aria-label": "Find an asset", autocomplete: "off", spellcheck: "false" });
  private readonly found = el("span", { class: "hits", "aria-hidden": "true" });
  private readonly kind = el("select", { "aria-label": "Kind" });
  private readonly group = el("select", { "aria-label": "Group" });
  private readonly up = el("select", { "aria-label": "Levels upstream" });
  private readonly down = el("select", { "aria-label": "Levels downstream" });
  private readonly listButton: HTMLButtonElement;
  private readonly collapseButton: HTMLButtonElement;
  private readonly depths: HTMLElement;
  private readonly finding: HTMLElement;
  private readonly filters: HTMLElement;
  private typing = 0;
  private status = "";

  constructor(private readonly wish: Wishes) {
    const icon = (sign: string, label: string, run: () => void) => {
      const b = button(sign, run, "icon");
      b.setAttribute("aria-label", label);
      b.title = label;
      return b;
    };
    this.listButton = button("List", () => wish.list(this.listButton.getAttribute("aria-pressed") !== "true"));
    this.collapseButton = button("Collapse groups", () => wish.collapse(this.collapseButton.getAttribute("aria-pressed") !== "true"));
    this.finding = el("span", { class: "set" }, this.search, this.found);
    this.filters = el("span", { class: "set" }, this.group, this.kind, this.collapseButton);
    this.depths = el("span", { class: "set" }, "Upstream", this.up, "Downstream", this.down);
    this.bar.append(this.finding, this.depths, this.filters, el("span", { class: "set push" }, this.listButton,
      icon("−", "Zoom out", () => wish.zoom(1 / 1.4)), icon("+", "Zoom in", () => wish.zoom(1.4)), icon("⤢", "Show all", () => wish.fit())));
    this.search.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = window.setTimeout(() => wish.query(this.search.value, 0), 90);
    });
    this.search.addEventListener("keydown", (ev) => {
      if (ev.key !== "Enter") return;
      clearTimeout(this.typing);
      wish.query(this.search.value, ev.shiftKey ? -1 : 1);
      ev.preventDefault();
    });
    this.kind.addEventListener("change", () => wish.filter("kind", this.kind.value));
    this.group.addEventListener("change", () => wish.filter("group", this.group.value));
    for (const s of [this.up, this.down]) s.addEventListener("change", () => wish.depth(this.up.value, this.down.value));
  }

  /** Shows what a place in the page needs. */
  setUp(compact: boolean, depth: string, state: State): void {
    this.finding.hidden = compact;
    this.filters.hidden = compact;
    this.legend.hidden = compact;
    this.depths.hidden = depth === "";
    for (const [select, value] of [[this.up, state.up], [this.down, state.down]] as const) {
      select.replaceChildren(...["0", "1", "2", "3", "5", "10", "all"].map((d) => el("option", { value: d }, d)));
      select.value = value === "" ? depth : value;
    }
    this.search.value = state.query;
  }

  /** Fills the choices of a model. */
  take(m: Model, state: State, theme: Theme): void {
    const groups = [...m.groups.filter((g) => g !== ""), ...state.collapsed].sort();
    options(this.group, "All groups", groups, state.group);
    options(this.kind, "All kinds", m.allKinds(), state.kind);
    this.collapseButton.disabled = groups.length === 0;
    this.collapseButton.setAttribute("aria-pressed", String(state.collapsed.length > 0));
    this.collapseButton.textContent = state.collapsed.length > 0 ? "Expand groups" : "Collapse groups";
    this.search.value = state.query;
    this.count(m, theme, state.status);
  }

  setList(on: boolean): void {
    this.listButton.setAttribute("aria-pressed", String(on));
  }

  focusSearch(): void {
    this.search.focus();
    this.search.select();
  }

  hits(words: string): void {
    this.found.textContent = words;
  }

  /** Writes the legend: each status that occurs, with its number. */
  count(m: Model | undefined, theme: Theme | undefined, status = this.status): void {
    this.status = status;
    if (m === undefined || theme === undefined) return;
    const counts = new Map<string, number>();
    for (const l of m.letters) counts.set(l, (counts.get(l) ?? 0) + 1);
    const entries = [...counts].sort((a, b) => statusOf(b[0]).weight - statusOf(a[0]).weight);
    this.legend.replaceChildren(...entries.map(([letter, n]) => this.entry(letter, n, theme)));
  }

  private entry(letter: string, n: number, theme: Theme): HTMLElement {
    const s = statusOf(letter);
    const sign = el("canvas", { "aria-hidden": "true" });
    const ratio = Math.min(3, devicePixelRatio || 1);
    fitCanvas(sign, 14, 14, ratio);
    const ctx = context(sign);
    ctx.scale(ratio, ratio);
    drawGlyph(ctx, letter, 7, 7, 5, theme[s.token]);
    const b = button("", () => this.wish.filter("status", this.status === s.word ? "" : s.word));
    b.append(sign, `${n.toLocaleString("en")} ${s.word}`);
    b.setAttribute("aria-pressed", String(this.status === s.word));
    return b;
  }
}

function options(select: HTMLSelectElement, all: string, values: readonly string[], chosen: string): void {
  select.replaceChildren(el("option", { value: "" }, all), ...values.map((v) => el("option", { value: v }, v)));
  select.value = chosen;
  select.disabled = values.length === 0;
}
