// The state of a graph as it stands in the address of the page.

import { params, setParams } from "../shared/url";
import type { View } from "./camera";

export type LightKind = "" | "up" | "down" | "both" | "path";

export interface State {
  selected: string[];
  query: string;
  kind: string;
  group: string;
  status: string;
  collapsed: string[];
  light: LightKind;
  up: string;
  down: string;
  list: boolean;
  /** Where the camera was put by hand; undefined follows the picture. */
  view: View | undefined;
}

export function emptyState(): State {
  return {
    selected: [], query: "", kind: "", group: "", status: "", collapsed: [], light: "",
    up: "", down: "", list: false, view: undefined,
  };
}

export function readState(): State {
  const p = params();
  const light = p.get("hl") ?? "";
  return {
    selected: p.getAll("sel"), query: p.get("find") ?? "", kind: p.get("kind") ?? "", group: p.get("in") ?? "",
    status: p.get("status") ?? "", collapsed: p.getAll("collapse"),
    light: light === "up" || light === "down" || light === "both" || light === "path" ? light : "",
    up: p.get("up") ?? "", down: p.get("down") ?? "", list: p.get("view") === "list", view: readView(p.get("at")),
  };
}

function readView(text: string | null): View | undefined {
  const [x, y, scale] = (text ?? "").split(",").map(Number);
  if (x === undefined || y === undefined || scale === undefined) return undefined;
  return Number.isFinite(x + y) && scale > 0 && Number.isFinite(scale) ? { x, y, scale } : undefined;
}

export function writeState(s: State): void {
  const some = (text: string) => (text === "" ? [] : [text]);
  setParams({
    sel: s.selected, find: some(s.query), kind: some(s.kind), in: some(s.group), status: some(s.status),
    collapse: s.collapsed, hl: some(s.light), up: some(s.up), down: some(s.down), view: s.list ? ["list"] : [],
    at: s.view === undefined ? [] : [`${Math.round(s.view.x)},${Math.round(s.view.y)},${s.view.scale.toPrecision(3)}`],
  });
}
