// <rivers-live>: the one connection of the tab, its indicator, and the refetch of
// what a change touches.

import { all, one, type Changed } from "./dom";
import { refresh } from "./refresh";
import { span } from "./time";

const gather = 60; // ms: changes of one commit arrive together
const quiet = 800; // ms between two refetches
const safety = 5 * 60_000;
const staleAfter = 60_000;
const channels = ["runs", "assets", "events", "lineage", "location"];

/** What the server had told of when it made this page; empty when it does not say. */
function mark(): string {
  const page = performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming | undefined;
  return page?.serverTiming.find((t) => t.name === "watch")?.description ?? "";
}

type State = "off" | "live" | "reconnecting" | "stale";

export class RiversLive extends HTMLElement {
  private source: EventSource | null = null;
  private wanted = new Set<string>();
  private timer = 0;
  private retry = 0;
  private wait = 500;
  private busy = false;
  private last = 0;
  private fetched = Date.now();
  private lost = 0;
  private first = true;
  private life = new AbortController();

  connectedCallback(): void {
    if (!document.body.dataset.location) return;
    const { signal } = this.life;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.show()), { signal });
    addEventListener("pagehide", () => this.close(), { signal });
    addEventListener("pageshow", (e) => { if (e.persisted) this.show(); }, { signal });
    setInterval(() => { if (!document.hidden) this.want(this.regions()); }, safety);
    setInterval(() => this.tick(), 1000);
    if (!document.hidden) this.open();
  }

  disconnectedCallback(): void {
    this.life.abort();
    this.close();
  }

  /** The tab is seen again: fetch what may have changed, then listen. */
  private show(): void {
    if (this.source) return;
    this.want(this.regions());
    this.open();
  }

  private open(): void {
    this.close();
    const used = new Set(all<HTMLElement>("[data-live]").flatMap((r) => (r.dataset.live ?? "").split(",")));
    for (const e of all<HTMLElement>("[data-listen]")) for (const c of (e.dataset.listen ?? "").split(",")) used.add(c);
    const names = channels.filter((c) => used.has(c));
    const query = new URLSearchParams({ channels: names.join(","), location: document.body.dataset.location ?? "" });
    if (this.first) query.set("since", mark());
    this.first = false;
    const source = new EventSource("/api/events?" + query);
    this.source = source;
    source.addEventListener("open", () => this.opened());
    source.addEventListener("error", () => this.failed(source));
    for (const name of names) source.addEventListener(name + "-changed", (e) => this.changed(name, (e as MessageEvent<string>).data));
  }

  private close(): void {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  private opened(): void {
    this.wait = 500;
    if (this.lost) {
      this.lost = 0;
      this.want(this.regions()); // once: changes may have been missed
      this.emit({ channel: "*", ids: [], all: true });
    }
    this.state("live");
  }

  private failed(source: EventSource): void {
    if (source !== this.source) return;
    if (!this.lost) this.lost = Date.now();
    this.state("reconnecting");
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    this.close();
    this.want(this.regions()); // the server answers and refuses: the page says why
    this.retry = setTimeout(() => { if (!document.hidden) this.open(); }, this.wait);
    this.wait = Math.min(this.wait * 2, 30_000);
  }

  private changed(channel: string, data: string): void {
    const payload = JSON.parse(data) as { ids?: string[]; all?: boolean };
    const change: Changed = { channel, ids: payload.ids ?? [], all: payload.all === true };
    this.want(all<HTMLElement>("[data-live]").filter((r) => {
      const id = r.dataset.ids ?? "";
      return (r.dataset.live ?? "").split(",").includes(channel) && (change.all || id === "" || change.ids.includes(id));
    }));
    this.emit(change);
  }

  private emit(change: Changed): void {
    for (const channel of change.channel === "*" ? channels : [change.channel]) {
      document.dispatchEvent(new CustomEvent("rivers-changed", { detail: { ...change, channel } }));
    }
  }

  private regions(): HTMLElement[] {
    return all<HTMLElement>("[data-live]");
  }

  /** Asks for a refetch: soon, and then not again for a while. */
  private want(regions: HTMLElement[]): void {
    for (const r of regions) this.wanted.add(r.id);
    if (this.wanted.size === 0 || this.timer || this.busy) return;
    this.timer = setTimeout(() => void this.run(), Math.max(gather, this.last + quiet - Date.now()));
  }

  private async run(): Promise<void> {
    this.timer = 0;
    if (document.hidden) return;
    const ids = [...this.wanted];
    this.wanted.clear();
    this.busy = true;
    this.last = Date.now();
    try {
      await refresh(ids);
      this.fetched = Date.now();
    } catch {
      for (const id of ids) this.wanted.add(id); // the next change or the next connection fetches them
    } finally {
      this.busy = false;
    }
    if (this.wanted.size > 0 && this.dataset.state === "live") this.want([]);
  }

  /** Tells how old the data is once it is old. */
  private tick(): void {
    if (this.lost && Date.now() - this.lost > staleAfter) this.state("stale");
  }

  private state(state: State): void {
    const words = { off: "As loaded", live: "Live", reconnecting: "Reconnecting", stale: "Stale · " + span(Date.now() - this.fetched) };
    const titles = {
      off: "", live: "Changes are shown as they happen.",
      reconnecting: "The connection was lost; trying again.", stale: "What is shown is as old as said; trying to connect.",
    };
    this.dataset.state = state;
    this.title = titles[state];
    const word = one(".word", this);
    if (word && word.textContent !== words[state]) word.textContent = words[state];
  }
}
