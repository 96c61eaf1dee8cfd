// Connects the heavy islands to the page: they learn of changes, and what they
// ask for is carried out by the page.

import { all, make, one, parse, type Changed } from "./dom";
import { openSheet } from "./dialogs";
import { refresh } from "./refresh";
import { localize, refreshTimes } from "./time";

interface Refreshable extends HTMLElement {
  refresh?(): void;
}

/** Which channel an island listens to, and the attribute that names its id. */
const listeners: [string, string, string][] = [
  ["rivers-graph", "lineage,runs,events", "run"],
  ["rivers-gantt", "events", "run"],
  ["rivers-partition-map", "lineage", "asset"],
];

export function islands(): void {
  document.addEventListener("rivers-changed", (e) => {
    const change = (e as CustomEvent<Changed>).detail;
    for (const [tag, names, attribute] of listeners) {
      if (!names.split(",").includes(change.channel)) continue;
      for (const island of all<Refreshable>(tag)) {
        const id = attribute ? island.getAttribute(attribute) ?? "" : "";
        if (!change.all && id !== "" && !change.ids.includes(id)) continue;
        if (id === "" && tag === "rivers-graph" && change.channel === "events") continue; // steps change no asset's state
        island.refresh?.();
        const shown = island.dataset.shown ?? "";
        if (shown !== "" && tag === "rivers-graph") void facts(island, shown, true);
      }
    }
  });
  document.addEventListener("rivers-select", (e) => {
    const graph = e.target as HTMLElement, { names, groups } = (e as CustomEvent<{ names: string[]; groups?: string[] }>).detail;
    // Of a group of assets the graph says all there is to say.
    if (graph.hasAttribute("facts")) void facts(graph, names.length === 1 && groups === undefined ? names[0] ?? "" : "", false);
  });
  document.addEventListener("rivers-materialize", (e) => {
    const base = document.body.dataset.base ?? "";
    const { selection, partitions } = (e as CustomEvent<{ selection: string; partitions?: string }>).detail;
    const query = new URLSearchParams({ selection });
    if (partitions) query.set("partitions", partitions);
    void openSheet(base + "/materialize?" + query);
  });
}

/**
 * Says about a node of the lineage what the server knows: in the part of the page
 * that facts-region names, whose address the page then has, or else in the slot of
 * the graph's panel. An answer to an older selection is dropped.
 */
async function facts(graph: HTMLElement, name: string, again: boolean): Promise<void> {
  graph.dataset.shown = name;
  const region = graph.getAttribute("facts-region") ?? "";
  const url = new URL((graph.getAttribute("facts") ?? "").replace("{name}", encodeURIComponent(name)), location.href);
  if (document.getElementById(region)) {
    if (again) return; // a live part of the page follows changes by itself
    if (name === "") url.searchParams.delete("asset");
    history.replaceState(history.state, "", url);
    await refresh([region]).catch(() => undefined);
    return;
  }
  const slot = one("[slot=facts]", graph) ?? graph.appendChild(make("div", { slot: "facts" }));
  if (!again) slot.replaceChildren();
  if (name === "") return;
  const answer = await fetch(url, { headers: { "Rivers-Fragments": region, Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || graph.dataset.shown !== name) return;
  const fresh = parse(await answer.text()).getElementById(region);
  if (!fresh || graph.dataset.shown !== name) return;
  slot.replaceChildren(...fresh.childNodes);
  localize(slot);
  refreshTimes(slot);
}
