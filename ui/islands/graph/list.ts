// The graph in words: a table of assets with what they are made from.

import { el, isolated } from "../shared/dom";
import { statusOf } from "../shared/status";
import type { Model } from "./model";

/** Rows beyond this are counted, not shown: the filter makes fewer. */
const rows = 1000;

export function listOf(m: Model, shown: Uint8Array | undefined, href: (v: number) => string | undefined): HTMLElement {
  const wanted: number[] = [];
  for (let v = 0; v < m.count; v++) if (shown === undefined || shown[v] === 1) wanted.push(v);
  const head = el("tr", {}, ...["Asset", "Status", "Group", "Kinds", "Made from"].map((h) => el("th", { scope: "col" }, h)));
  const body = el("tbody", {}, ...wanted.slice(0, rows).map((v) => row(m, v, href)));
  const table = el("table", {}, el("thead", {}, head), body);
  const count = wanted.length > rows ? `The first ${rows} of ${wanted.length} assets; filter to see others.` : `${wanted.length} assets.`;
  return el("div", {}, el("p", {}, count), table);
}

function row(m: Model, v: number, href: (v: number) => string | undefined): HTMLElement {
  const link = href(v);
  const name = link === undefined ? isolated(m.name(v)) : el("a", { href: link }, isolated(m.name(v)));
  const from = m.neighbours(v, m.up).map((u) => m.name(u));
  const upstream = from.length > 8 ? `${from.slice(0, 8).join(", ")} and ${from.length - 8} more` : from.join(", ");
  return el("tr", {}, el("td", {}, name), el("td", {}, statusOf(m.letters[v] ?? "-").word),
    el("td", {}, isolated(m.groupName(v))), el("td", {}, m.kinds(v).join(", ")), el("td", {}, isolated(upstream)));
}
