// Connects the heavy islands to the page: they learn of changes, and what they
// ask for is carried out by the page.

import { all, type Changed } from "./dom";
import { openSheet } from "./dialogs";

interface Refreshable extends HTMLElement {
  refresh?(): void;
}

/** Which channel an island listens to, and the attribute that names its id. */
const listeners: [string, string, string][] = [
  ["rivers-graph", "lineage,runs", ""],
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
        if (change.all || id === "" || change.ids.includes(id)) island.refresh?.();
      }
    }
  });
  document.addEventListener("rivers-materialize", (e) => {
    const base = document.body.dataset.base ?? "";
    const { selection, partitions } = (e as CustomEvent<{ selection: string; partitions?: string }>).detail;
    const query = new URLSearchParams({ selection });
    if (partitions) query.set("partitions", partitions);
    void openSheet(base + "/materialize?" + query);
  });
}
