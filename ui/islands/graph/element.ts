// <rivers-graph src status-src href label compact autosize depth state>: the lineage graph.
//
//	src         the drawing; see the Go package ui/graphs
//	status-src  the statuses, fetched again by refresh()
//	href        the address of an asset's page, with {name} for its name
//	label       what the graph is called, for screen readers
//	compact     for a part of a page: no search, no wheel zoom without focus
//	autosize    makes the element as high as its picture needs
//	depth       shows a choice of how far the neighbourhood reaches, such as "2"
//	panel       "none" leaves the panel beside the graph out
//	facts       the address of what the page says about a node, with {name}; see
//	            app/islands.ts, which fills the slot "facts" of the panel
//	state       "none" keeps the state out of the page's address
//
// Events, all bubbling and composed: rivers-select {names, groups}, of which groups
// is left out while no collapsed group is selected, rivers-open {name}
// (cancelable: otherwise the page of the asset is opened), rivers-materialize
// {selection}. What the server rendered inside is shown until the first drawing,
// when it fails, and as the list that says the same in words.

import { Announcer, context, el } from "../shared/dom";
import { statusOf } from "../shared/status";
import { readTheme, reducedMotion, styleSheet, watchTheme } from "../shared/theme";
import type { View } from "./camera";
import { Controls } from "./controls";
import { keyboard } from "./keyboard";
import { listOf } from "./list";
import { Menu } from "./menu";
import { Minimap } from "./minimap";
import { Model } from "./model";
import { Painter } from "./paint";
import { panel } from "./panel";
import { listen } from "./pointer";
import { Stage, type Light } from "./stage";
import { emptyState, readState, writeState, type LightKind, type State } from "./state";
import { css } from "./style";
import type { StatusWire, Wire } from "./wire";

const sheet = styleSheet(css);
const empty: ReadonlySet<number> = new Set();

export class RiversGraph extends HTMLElement {
  static readonly observedAttributes = ["src", "status-src"];

  private model: Model | undefined;
  private painter: Painter | undefined;
  private state: State = emptyState();
  private selected: ReadonlySet<number> = empty;
  private found: readonly number[] = [];
  private foundSet: ReadonlySet<number> = empty;
  private foundAt = -1;
  private light: Light | undefined;
  private shown: Uint8Array | undefined;
  private hover = -1;
  private active = -1;
  private life = new AbortController();
  private loading: AbortController | undefined;
  private loaded = "";
  private saving = 0;

  private readonly root = this.attachShadow({ mode: "open" });
  private readonly view = el("div", {
    class: "view", tabindex: 0, role: "application", "aria-roledescription": "lineage graph", "aria-describedby": "how",
  });
  private readonly how = el("p", { class: "unseen", id: "how" },
    "Arrow keys follow the edges, up and down walk a column, Space selects, Enter opens, M materializes, Shift F10 opens the menu, plus, minus and 0 zoom.");
  private readonly frame = el("div", { class: "frame" });
  private readonly aside = el("aside", { hidden: true, "aria-label": "Selection" });
  private readonly list = el("div", { class: "list", hidden: true }, el("slot"));
  private readonly note = el("div", { class: "note" });
  private readonly announcer = new Announcer();
  private readonly stage = new Stage(() => this.painter, () => ({
    hover: this.hover, active: this.active, selected: this.selected, found: this.foundSet, light: this.light, quiet: this.state.light === "",
    focused: this.root.activeElement === this.view,
  }), () => this.shown, () => this.cameraMoved());
  private readonly minimap = new Minimap(this.stage.camera, (x, y) => {
    this.stage.camera.go(this.stage.camera.around(x, y, this.stage.camera.view.scale), false);
    this.movedByHand();
  });
  private readonly menu = new Menu(() => this.view.focus());
  private readonly controls = new Controls({
    query: (text, next) => this.search(text, next),
    filter: (which, value) => this.filter(which, value),
    zoom: (factor) => this.zoom(factor),
    fit: () => this.fit(true),
    list: (on) => this.showList(on),
    collapse: (all) => this.collapse(all ? this.model?.groups.filter((g) => g !== "").concat(this.state.collapsed) ?? [] : []),
    depth: (up, down) => this.reach(up, down),
  });

  constructor() {
    super();
    this.root.adoptedStyleSheets = [sheet];
    this.view.append(this.stage.canvas, this.minimap.node, this.controls.legend);
    const work = el("div", { class: "work" }, this.view, this.list, this.aside, this.menu.node, this.note);
    this.frame.append(this.controls.bar, work);
    this.root.append(this.frame, this.how, this.announcer.node);
  }

  connectedCallback(): void {
    this.life = new AbortController();
    const signal = this.life.signal;
    if (this.usesAddress()) this.state = readState();
    this.controls.setUp(this.hasAttribute("compact"), this.getAttribute("depth") ?? "", this.state);
    this.view.setAttribute("aria-label", this.getAttribute("label") ?? "Lineage graph");
    watchTheme(() => this.retheme(), signal);
    const observer = new ResizeObserver(() => this.resized());
    observer.observe(this.view);
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
    this.listenToPointer(signal);
    keyboard(this.view, {
      model: () => this.model, active: () => this.active, activate: (v) => this.activate(v),
      toggle: (v) => this.toggle(v, true), open: (v) => this.open(v), materialize: (v) => this.materializeNode(v),
      menu: (v) => this.openMenu(v), clear: () => this.clear(), zoom: (f) => this.zoom(f), fit: () => this.fit(true),
      find: () => this.controls.focusSearch(), first: () => this.firstInView(),
    }, signal);
    for (const type of ["focus", "blur"]) this.view.addEventListener(type, this.stage.ask, { signal });
    this.showList(this.state.list);
    void this.load();
  }

  disconnectedCallback(): void {
    this.life.abort();
    this.loading?.abort();
    this.stage.stop();
    clearTimeout(this.saving);
  }

  attributeChangedCallback(_: string, before: string | null, now: string | null): void {
    if (this.isConnected && before !== now && before !== null) void this.load();
  }

  /** Fetches the statuses again, and the drawing when the assets changed. */
  async refresh(): Promise<void> {
    if (this.model === undefined) await this.load();
    else await this.loadStatus();
  }

  /** The milliseconds that the last frames took, for measuring. */
  get frameTimes(): readonly number[] {
    return this.stage.frames;
  }

  private usesAddress(): boolean {
    return this.getAttribute("state") !== "none";
  }

  // Loading.

  private address(): string {
    const url = new URL(this.getAttribute("src") ?? "", document.baseURI);
    for (const group of this.state.collapsed) url.searchParams.append("collapse", group);
    if (this.state.up !== "") url.searchParams.set("up", this.state.up);
    if (this.state.down !== "") url.searchParams.set("down", this.state.down);
    return url.href;
  }

  /** Fetches the drawing; keep says which point of which node stays in place. */
  private async load(keep?: { name: string; px: number; py: number }): Promise<void> {
    if (!this.hasAttribute("src")) return;
    this.loading?.abort();
    const loading = new AbortController();
    this.loading = loading;
    const slow = setTimeout(() => this.say("Drawing the lineage …", true), this.model === undefined ? 0 : 250);
    try {
      const answer = await fetch(this.address(), { signal: loading.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(await explain(answer));
      const wire = (await answer.json()) as Wire;
      this.take(new Model(wire), keep);
      await this.loadStatus();
    } catch (err) {
      if (!loading.signal.aborted) this.fail(err);
    } finally {
      clearTimeout(slow);
    }
  }

  private async loadStatus(): Promise<void> {
    const src = this.getAttribute("status-src");
    if (src === null || this.model === undefined) return;
    try {
      const answer = await fetch(src, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(await explain(answer));
      this.takeStatus((await answer.json()) as StatusWire);
    } catch (err) {
      this.announcer.say(`The statuses could not be refreshed: ${text(err)}`);
    }
  }

  private takeStatus(status: StatusWire): void {
    const first = this.model?.letters.every((l) => l === "-") ?? true;
    const changed = this.model?.update(status);
    if (changed === undefined) {
      // The declared assets are others by now.
      if (this.loaded !== status.source) {
        this.loaded = status.source;
        void this.load();
      }
      return;
    }
    if (changed.length === 0) return;
    if (first) this.stage.redraw();
    else this.stage.patch(changed);
    this.minimap.redraw(this.painter);
    this.controls.count(this.model, this.painter?.theme);
    if (this.state.status !== "") this.refilter();
    if (changed.some((v) => this.selected.has(v))) this.renderPanel();
  }

  private take(model: Model, keep?: { name: string; px: number; py: number }): void {
    const first = this.model === undefined;
    this.model = model;
    this.loaded = model.source;
    this.painter = new Painter(model, readTheme(this, this.root), context(document.createElement("canvas")));
    this.note.hidden = true;
    this.selected = new Set(this.state.selected.map((n) => model.find(n)).filter((v) => v >= 0));
    this.hover = -1;
    this.active = model.focus;
    this.light = this.lightFor(this.state.light);
    this.controls.take(model, this.state, this.painter.theme);
    if (model.count === 0) this.say("No assets yet. Declare one and it appears here.", false);
    this.autosize();
    this.resized();
    this.find(this.state.query);
    this.refilter();
    this.settle(first, keep);
    this.stage.reveal();
    this.minimap.redraw(this.painter);
    this.renderPanel();
    if (this.state.list) this.showList(true);
    if (this.selected.size > 0) this.tellSelection();
    this.view.setAttribute("aria-label", `${this.getAttribute("label") ?? "Lineage graph"}: ${model.count} assets, ${model.from.length} dependencies`);
  }

  /** Puts the camera where the address, the kept node or the picture says. */
  private settle(first: boolean, keep?: { name: string; px: number; py: number }): void {
    const { camera } = this.stage, model = this.model;
    const v = keep === undefined ? -1 : model?.find(keep.name) ?? -1;
    if (model !== undefined && keep !== undefined && v >= 0) {
      const scale = camera.view.scale;
      camera.go({ x: (model.x[v] ?? 0) - keep.px / scale, y: (model.y[v] ?? 0) - keep.py / scale, scale }, false);
    } else if (first && this.state.view !== undefined) {
      camera.go(this.state.view, false);
    } else {
      this.fit(false);
    }
  }

  private fail(err: unknown): void {
    const again = el("button", { type: "button" }, "Try again");
    again.addEventListener("click", () => void this.load());
    this.note.replaceChildren(el("p", {}, `The lineage could not be loaded: ${text(err)}`), again);
    this.note.hidden = false;
    this.note.classList.remove("over");
    if (this.model === undefined && this.children.length > 0) this.showList(true);
  }

  private say(words: string, over: boolean): void {
    this.note.replaceChildren(el("p", {}, words));
    this.note.hidden = false;
    this.note.classList.toggle("over", over && this.model !== undefined);
  }

  // The camera.

  private resized(): void {
    const width = this.view.clientWidth, height = this.view.clientHeight;
    const { camera } = this.stage;
    if (width === 0 || height === 0) return;
    if (camera.width === width && camera.height === height) {
      this.stage.redraw();
      return;
    }
    const fresh = camera.width <= 1;
    this.stage.resize(width, height);
    if (this.state.view === undefined && this.model !== undefined) this.fit(false);
    else if (!fresh) this.minimap.frame();
  }

  /** With autosize a graph is as high as its picture needs. */
  private autosize(): void {
    if (!this.hasAttribute("autosize") || this.model === undefined) return;
    const need = Math.max(220, Math.min(520, this.model.height + 90));
    this.frame.style.blockSize = `${need}px`;
  }

  private framing(): View {
    const m = this.model, { camera } = this.stage;
    if (m === undefined) return camera.view;
    return camera.framing(0, 0, m.width, m.height, 28, 1.1, this.covered());
  }

  /** How much of the view's right side the panel covers. */
  private covered(): number {
    return this.aside.hidden || this.aside.offsetWidth === this.view.clientWidth ? 0 : this.aside.offsetWidth;
  }

  private fit(smooth: boolean): void {
    this.state.view = undefined;
    this.stage.camera.go(this.framing(), smooth && !reducedMotion());
    this.cameraMoved();
    this.stage.ask();
    this.save();
  }

  private zoom(factor: number): void {
    const { camera } = this.stage;
    camera.zoom(factor, camera.width / 2, camera.height / 2, !reducedMotion());
    this.movedByHand();
  }

  private cameraMoved(): void {
    this.minimap.frame();
  }

  private movedByHand(): void {
    this.state.view = this.stage.camera.goal;
    this.cameraMoved();
    this.stage.ask();
    this.save();
  }

  /** Brings a node into view: to the middle when it is outside or too small. */
  private show(v: number, center: boolean): void {
    const m = this.model, { camera } = this.stage;
    if (m === undefined) return;
    const x = (m.x[v] ?? 0) + (m.w[v] ?? 0) / 2, y = m.middle(v), goal = camera.goal;
    const px = (x - goal.x) * goal.scale, py = (y - goal.y) * goal.scale;
    // The panel covers a part of the view.
    const covered = this.covered();
    const inside = px > 60 && py > 40 && px < camera.width - covered - 60 && py < camera.height - 40;
    if (!center && inside && goal.scale >= 0.34) return;
    const scale = center ? Math.max(goal.scale, 0.8) : Math.max(goal.scale, 0.5);
    camera.go(camera.around(x + covered / 2 / scale, y, scale), !reducedMotion());
    this.movedByHand();
  }

  /** The node in view that is first from the left, then from the top. */
  private firstInView(): number {
    const { view, width, height } = this.stage.camera, m = this.model;
    const seen = this.painter?.inside(view.x, view.y, view.x + width / view.scale, view.y + height / view.scale) ?? [];
    const rank = (v: number) => (m?.x[v] ?? 0) * 1e7 + (m?.y[v] ?? 0);
    return seen.reduce((a, b) => (rank(b) < rank(a) ? b : a), seen[0] ?? 0);
  }

  // Pointing.

  private listenToPointer(signal: AbortSignal): void {
    const nodeAt = (px: number, py: number) => this.painter?.nodeAt(...this.stage.camera.toPicture(px, py)) ?? -1;
    const groupAt = (px: number, py: number) => {
      const hit = this.painter?.boxAt(...this.stage.camera.toPicture(px, py));
      return hit?.label === true && this.stage.camera.view.scale >= 0.34 ? hit.box : undefined;
    };
    listen(this.view, this.stage.camera, {
      hover: (px, py) => {
        const v = nodeAt(px, py);
        this.view.classList.toggle("over", v >= 0 || groupAt(px, py) !== undefined);
        if (v === this.hover) return;
        this.hover = v;
        this.view.title = v >= 0 && this.stage.camera.view.scale < 0.66 ? this.describe(v) : "";
        if (this.state.light === "") this.light = this.lightFor("");
        this.stage.ask();
      },
      leave: () => {
        this.hover = -1;
        this.stage.ask();
      },
      click: (px, py, add) => {
        const v = nodeAt(px, py);
        const box = v < 0 ? groupAt(px, py) : undefined;
        this.view.focus({ preventScroll: true });
        if (box !== undefined) this.collapse([...this.state.collapsed, this.model?.groups[box.group] ?? ""]);
        else if (v >= 0) this.toggle(v, add);
        else if (!add) this.select([]);
      },
      double: (px, py) => this.doubleClick(nodeAt(px, py), px, py),
      menu: (px, py) => {
        const v = nodeAt(px, py);
        if (v < 0) return;
        if (!this.selected.has(v)) this.select([v]);
        this.openMenu(v, px, py);
      },
      moved: () => this.movedByHand(),
    }, () => this.hasAttribute("compact") && this.root.activeElement !== this.view, signal);
    for (const part of [this.minimap.node, this.controls.legend]) {
      for (const type of ["pointerdown", "wheel", "dblclick", "contextmenu"]) {
        part.addEventListener(type, (ev) => ev.stopPropagation(), { signal });
      }
    }
  }

  private doubleClick(v: number, px: number, py: number): void {
    if (v >= 0) {
      if ((this.model?.collapsed(v) ?? 0) > 0) this.expand(this.model?.name(v) ?? "");
      else this.open(v);
      return;
    }
    const { camera } = this.stage;
    const box = this.painter?.boxAt(...camera.toPicture(px, py))?.box;
    if (box === undefined) camera.zoom(2, px, py, !reducedMotion());
    else camera.go(camera.framing(box.x, box.y, box.w, box.h, 40, 1.1), !reducedMotion());
    this.movedByHand();
  }

  private openMenu(v: number, px?: number, py?: number): void {
    const m = this.model;
    if (m === undefined || v < 0) return;
    const [nx, ny] = this.stage.camera.toWindow((m.x[v] ?? 0) + 20, m.middle(v));
    const name = m.name(v), group = m.groupName(v);
    const light = (kind: LightKind, words: string) => ({ text: words, run: () => this.setLight(kind) });
    const asset = [
      { text: "Materialize", run: () => this.materializeNode(v) },
      { text: "Materialize with upstream", run: () => this.materialize(`+${name}`) },
      { text: "Materialize with downstream", run: () => this.materialize(`${name}+`) },
      undefined, { text: "Open", run: () => this.open(v) }, undefined,
      light("up", "Highlight ancestors"), light("down", "Highlight descendants"),
      ...(this.selected.size === 2 ? [light("path", "Highlight path between")] : []),
      ...(group === "" ? [] : [undefined, { text: "Collapse group", run: () => this.collapse([...this.state.collapsed, group]) }]),
    ];
    const collapsed = [
      { text: "Expand group", run: () => this.expand(name) },
      { text: "Materialize group", run: () => this.materialize(`group:${name}`) },
      undefined, light("up", "Highlight ancestors"), light("down", "Highlight descendants"),
    ];
    this.menu.open(m.collapsed(v) > 0 ? collapsed : asset, px ?? nx, py ?? ny);
  }

  // Selecting.

  private toggle(v: number, add: boolean): void {
    if (!add) {
      this.select(this.selected.size === 1 && this.selected.has(v) ? [] : [v]);
      return;
    }
    const next = new Set(this.selected);
    if (!next.delete(v)) next.add(v);
    this.select([...next]);
  }

  private select(nodes: number[]): void {
    const m = this.model;
    if (m === undefined) return;
    this.selected = new Set(nodes);
    this.state.selected = nodes.map((v) => m.name(v));
    if (nodes.length === 0 || (this.state.light === "path" && nodes.length !== 2)) this.state.light = "";
    this.light = this.lightFor(this.state.light);
    const last = nodes[nodes.length - 1];
    if (last !== undefined) this.active = last;
    this.renderPanel();
    if (last !== undefined && nodes.length === 1) this.show(last, false);
    this.save();
    this.stage.ask();
    this.announcer.say(nodes.length === 0 ? "Nothing selected" : nodes.length === 1 ? `Selected ${this.describe(nodes[0] ?? 0)}` : `${nodes.length} selected`);
    this.tellSelection();
  }

  /** Tells what is selected: the assets, and apart from them collapsed groups. */
  private tellSelection(): void {
    const m = this.model;
    if (m === undefined) return;
    const names: string[] = [], groups: string[] = [];
    for (const v of this.selected) (m.collapsed(v) > 0 ? groups : names).push(m.name(v));
    this.emit("rivers-select", groups.length === 0 ? { names } : { names, groups }, false);
  }

  private activate(v: number): void {
    this.active = v;
    this.show(v, false);
    this.stage.ask();
    this.announcer.say(this.describe(v));
  }

  private clear(): void {
    this.select([]);
    if (this.state.query !== "" || this.shown !== undefined) {
      Object.assign(this.state, { query: "", kind: "", group: "", status: "" });
      if (this.model !== undefined && this.painter !== undefined) this.controls.take(this.model, this.state, this.painter.theme);
      this.find("");
      this.refilter();
    }
  }

  private describe(v: number): string {
    const m = this.model;
    if (m === undefined) return "";
    const facts = [m.name(v), statusOf(m.letters[v] ?? "-").word];
    if (m.collapsed(v) > 0) facts.push(`group of ${m.collapsed(v)} assets`);
    else if (m.groupName(v) !== "") facts.push(`group ${m.groupName(v)}`);
    facts.push(`${m.neighbours(v, m.up).length} upstream, ${m.neighbours(v, m.down).length} downstream`);
    return facts.join(", ");
  }

  private renderPanel(): void {
    const m = this.model;
    this.aside.hidden = m === undefined || this.selected.size === 0 || this.getAttribute("panel") === "none";
    this.view.classList.toggle("beside", !this.aside.hidden);
    if (m === undefined || this.aside.hidden) {
      this.aside.replaceChildren();
      return;
    }
    this.aside.replaceChildren(...panel(m, [...this.selected], this.state.light, {
      select: (nodes) => {
        this.select(nodes);
        if (nodes[0] !== undefined) this.show(nodes[0], false);
      },
      open: (v) => this.open(v), materialize: (s) => this.materialize(s),
      light: (kind) => this.setLight(kind), expand: (g) => this.expand(g),
    }));
  }

  // Light.

  private setLight(kind: LightKind): void {
    this.state.light = kind;
    this.light = this.lightFor(kind);
    if (kind === "path" && this.light === undefined) this.announcer.say("No path joins the two");
    else if (this.light !== undefined) this.announcer.say(`${this.light.nodes.size} assets highlighted`);
    this.renderPanel();
    this.save();
    this.stage.ask();
  }

  /** What is lit: what was asked for, or around the node under the pointer. */
  private lightFor(kind: LightKind): Light | undefined {
    const m = this.model;
    if (m === undefined) return undefined;
    if (kind === "") return this.hover >= 0 ? around(m, this.hover) : this.selected.size === 1 ? around(m, [...this.selected][0] ?? 0) : undefined;
    const [a, b] = [...this.selected];
    if (a === undefined) return undefined;
    if (kind === "path") return b === undefined ? undefined : m.between(a, b);
    const nodes = new Set(this.selected), edges = new Set<number>();
    for (const along of kind === "up" ? [m.up] : kind === "down" ? [m.down] : [m.up, m.down]) {
      const part = m.reach(this.selected, along);
      part.nodes.forEach((v) => nodes.add(v));
      part.edges.forEach((e) => edges.add(e));
    }
    return { nodes, edges };
  }

  // Searching and filtering.

  private search(query: string, next: number): void {
    if (query !== this.state.query) {
      this.state.query = query;
      this.find(query);
      next = 0;
    } else if (next === 0) next = 1;
    if (this.found.length > 0) {
      this.foundAt = (this.foundAt + next + this.found.length) % this.found.length;
      const v = this.found[this.foundAt] ?? 0;
      this.active = v;
      this.show(v, true);
      this.announcer.say(`${this.foundAt + 1} of ${this.found.length}: ${this.describe(v)}`);
    }
    this.controls.hits(query === "" ? "" : this.found.length === 0 ? "none" : `${this.foundAt + 1} of ${this.found.length}`);
    this.save();
    this.stage.ask();
  }

  private find(query: string): void {
    this.found = this.model?.search(query) ?? [];
    this.foundSet = new Set(this.found);
    this.foundAt = this.found.length > 0 ? 0 : -1;
    this.controls.hits(query === "" ? "" : this.found.length === 0 ? "none" : `${this.found.length} found`);
    this.stage.ask();
  }

  private filter(which: "kind" | "group" | "status", value: string): void {
    this.state[which] = value;
    this.refilter();
    this.save();
    if (value === "" || which === "status") return;
    const box = this.shownBox();
    const { camera } = this.stage;
    if (box !== undefined) camera.go(camera.framing(box.x, box.y, box.w, box.h, 60, 1.1), !reducedMotion());
    this.movedByHand();
  }

  private refilter(): void {
    const m = this.model, { kind, group, status } = this.state;
    this.shown = undefined;
    if (m !== undefined && (kind !== "" || group !== "" || status !== "")) {
      this.shown = new Uint8Array(m.count);
      for (let v = 0; v < m.count; v++) {
        const fits = (kind === "" || m.kinds(v).includes(kind)) && (group === "" || m.groupName(v) === group || (m.collapsed(v) > 0 && m.name(v) === group)) &&
          (status === "" || statusOf(m.letters[v] ?? "-").word === status);
        this.shown[v] = fits ? 1 : 0;
      }
    }
    this.controls.count(m, this.painter?.theme, status);
    this.stage.redraw();
    if (this.state.list) this.showList(true);
  }

  private shownBox(): { x: number; y: number; w: number; h: number } | undefined {
    const m = this.model, shown = this.shown;
    if (m === undefined || shown === undefined) return undefined;
    let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
    shown.forEach((on, v) => {
      if (on !== 1) return;
      x0 = Math.min(x0, m.x[v] ?? 0);
      y0 = Math.min(y0, m.y[v] ?? 0);
      x1 = Math.max(x1, (m.x[v] ?? 0) + (m.w[v] ?? 0));
      y1 = Math.max(y1, (m.y[v] ?? 0) + m.nodeHeight);
    });
    return x1 < x0 ? undefined : { x: x0, y: y0, w: x1 - x0, h: y1 - y0 };
  }

  private showList(on: boolean): void {
    this.state.list = on;
    this.list.hidden = !on;
    this.view.hidden = on;
    this.controls.setList(on);
    if (on && this.model !== undefined) this.list.replaceChildren(listOf(this.model, this.shown, (v) => this.href(v)));
    else if (on) this.list.replaceChildren(el("slot"));
    this.save();
  }

  // Groups and depth.

  private collapse(groups: string[]): void {
    const m = this.model;
    const before = this.state.collapsed;
    this.state.collapsed = [...new Set(groups)];
    const added = this.state.collapsed.filter((g) => !before.includes(g));
    const box = m?.boxes.find((b) => added.length === 1 && m.groups[b.group] === added[0]);
    const [px, py] = box === undefined ? [0, 0] : this.stage.camera.toWindow(box.x, box.y);
    this.save();
    void this.load(box === undefined ? undefined : { name: added[0] ?? "", px, py });
  }

  private expand(group: string): void {
    this.state.collapsed = this.state.collapsed.filter((g) => g !== group);
    this.select([]);
    this.save();
    void this.load();
  }

  private reach(up: string, down: string): void {
    this.state.up = up;
    this.state.down = down;
    this.state.view = undefined;
    this.save();
    void this.load();
  }

  // Acting.

  private href(v: number): string | undefined {
    const pattern = this.getAttribute("href");
    return pattern === null || this.model === undefined || this.model.collapsed(v) > 0
      ? undefined : pattern.replace("{name}", encodeURIComponent(this.model.name(v)));
  }

  private open(v: number): void {
    const m = this.model;
    if (m === undefined || v < 0) return;
    if (m.collapsed(v) > 0) {
      this.expand(m.name(v));
      return;
    }
    const href = this.href(v);
    if (this.emit("rivers-open", { name: m.name(v) }, true) && href !== undefined) location.assign(href);
  }

  private materializeNode(v: number): void {
    const m = this.model;
    if (m === undefined || v < 0) return;
    const nodes = this.selected.has(v) ? [...this.selected] : [v];
    this.materialize(nodes.map((n) => (m.collapsed(n) > 0 ? `group:${m.name(n)}` : m.name(n))).join(" "));
  }

  private materialize(selection: string): void {
    this.emit("rivers-materialize", { selection }, false);
  }

  private emit(type: string, detail: object, cancelable: boolean): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable }));
  }

  private retheme(): void {
    if (this.painter === undefined) return;
    this.painter.setTheme(readTheme(this, this.root));
    this.controls.count(this.model, this.painter.theme, this.state.status);
    this.stage.redraw();
    this.minimap.redraw(this.painter);
  }

  private save(): void {
    if (!this.usesAddress()) return;
    clearTimeout(this.saving);
    this.saving = window.setTimeout(() => writeState(this.state), 150);
  }
}

/** A node, its neighbours and the edges between. */
function around(m: Model, v: number): Light {
  const nodes = new Set([v, ...m.neighbours(v, m.up), ...m.neighbours(v, m.down)]);
  const edges = new Set<number>();
  for (const along of [m.up, m.down]) {
    for (let i = along.start[v] ?? 0; i < (along.start[v + 1] ?? 0); i++) edges.add(along.edge[i] ?? 0);
  }
  return { nodes, edges };
}

/** What an answer that is no drawing says in words. */
async function explain(answer: Response): Promise<string> {
  const words = answer.headers.get("Content-Type")?.startsWith("text/plain") === true ? (await answer.text()).trim() : "";
  return words === "" ? `the server answered ${answer.status}` : words;
}

function text(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}
