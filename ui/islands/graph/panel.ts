// The panel beside the graph: facts about what is selected, and what can be done
// with it.

import { el, isolated } from "../shared/dom";
import { statusOf } from "../shared/status";
import type { Model } from "./model";

/** What the panel can ask for. */
export interface Actions {
  select(nodes: number[]): void;
  open(v: number): void;
  materialize(selection: string): void;
  light(which: "up" | "down" | "both" | "path" | ""): void;
  expand(group: string): void;
}

/** The parts of the panel, for one state of the selection. */
export function panel(m: Model, selected: readonly number[], light: string, act: Actions): Node[] {
  const close = button("✕", () => act.select([]), "icon");
  close.setAttribute("aria-label", "Clear the selection");
  const first = selected[0];
  if (selected.length === 1 && first !== undefined) return one(m, first, light, act, close);
  return many(m, selected, light, act, close);
}

function one(m: Model, v: number, light: string, act: Actions, close: Node): Node[] {
  const name = m.name(v);
  const head = el("div", { class: "head" }, el("h2", {}, isolated(name)), close);
  const facts = el("dl", {}, ...fact("Status", statusOf(m.letters[v] ?? "-").word));
  const members = m.collapsed(v);
  if (members > 0) {
    facts.append(...fact("Assets", String(members)));
    return [head, facts, el("div", { class: "actions" },
      button("Expand group", () => act.expand(name), "primary"), button("Materialize group", () => act.materialize(`group:${name}`))),
      ...lighting(light, act, false)];
  }
  if (m.groupName(v) !== "") facts.append(...fact("Group", m.groupName(v)));
  if (m.kinds(v).length > 0) facts.append(...fact("Kinds", m.kinds(v).join(", ")));
  if (m.partition(v) !== "") facts.append(...fact("Partitions", m.partition(v)));
  if (m.notes[v] !== undefined && m.notes[v] !== "") facts.append(...fact("Note", m.notes[v] ?? ""));
  return [head, facts, el("slot", { name: "facts" }), el("div", { class: "actions" },
    button("Materialize", () => act.materialize(name), "primary"),
    button("With upstream", () => act.materialize(`+${name}`)),
    button("With downstream", () => act.materialize(`${name}+`)),
    button("Open", () => act.open(v))), ...lighting(light, act, false),
  ...neighbours("Upstream", m, m.neighbours(v, m.up), act), ...neighbours("Downstream", m, m.neighbours(v, m.down), act)];
}

function many(m: Model, selected: readonly number[], light: string, act: Actions, close: Node): Node[] {
  const names = selected.filter((v) => m.collapsed(v) === 0).map((v) => m.name(v));
  const groups = selected.filter((v) => m.collapsed(v) > 0).map((v) => `group:${m.name(v)}`);
  return [
    el("div", { class: "head" }, el("h2", {}, `${selected.length} selected`), close),
    el("div", { class: "actions" }, button("Materialize", () => act.materialize([...names, ...groups].join(" ")), "primary")),
    ...lighting(light, act, selected.length === 2),
    ...neighbours("Selected", m, [...selected], act),
  ];
}

function lighting(light: string, act: Actions, path: boolean): Node[] {
  const toggle = (text: string, which: "up" | "down" | "both" | "path") => {
    const b = button(text, () => act.light(light === which ? "" : which));
    b.setAttribute("aria-pressed", String(light === which));
    return b;
  };
  const all = [toggle("Ancestors", "up"), toggle("Descendants", "down"), toggle("Both", "both")];
  if (path) all.push(toggle("Path between", "path"));
  return [el("div", {}, el("h3", {}, "Highlight"), el("div", { class: "actions" }, ...all))];
}

const shown = 24;

function neighbours(title: string, m: Model, list: number[], act: Actions): Node[] {
  if (list.length === 0) return [];
  const items = list.slice(0, shown).map((v) => el("li", {}, nameButton(m, v, act)));
  if (list.length > shown) items.push(el("li", {}, `and ${list.length - shown} more`));
  return [el("div", {}, el("h3", {}, `${title} (${list.length})`), el("ul", {}, ...items))];
}

function nameButton(m: Model, v: number, act: Actions): HTMLElement {
  const b = button("", () => act.select([v]), "plain");
  b.append(isolated(m.name(v)));
  return b;
}

function fact(name: string, value: string): Node[] {
  return [el("dt", {}, name), el("dd", {}, isolated(value))];
}

/** A push button. */
export function button(text: string, run: () => void, kind = ""): HTMLButtonElement {
  const b = el("button", { type: "button", class: kind === "" ? undefined : kind }, text);
  b.addEventListener("click", run);
  return b;
}
