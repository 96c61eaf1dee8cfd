// The keyboard: g and a letter for pages, j and k in lists, and the rest of the
// list that ? shows.

import { all, one, typing } from "./dom";
import { help } from "./dialogs";
import { toggleRail } from "./rail";

let pending = 0;

export function keyboard(): void {
  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || one("dialog[open]")) return;
    if (typing(e.target)) {
      if (e.key === "Escape") (e.target as HTMLElement).blur();
      return;
    }
    if ((e.target as Element).closest?.("rivers-graph, rivers-gantt, rivers-partition-map, rivers-picker, .log-view")) return;
    if (press(e.key)) e.preventDefault();
  });
}

function press(key: string): boolean {
  if (pending) {
    clearTimeout(pending);
    pending = 0;
    const link = one<HTMLAnchorElement>(`[data-go="${CSS.escape(key)}"]`);
    link?.click();
    return link !== null;
  }
  switch (key) {
    case "g":
      pending = setTimeout(() => { pending = 0; }, 1200);
      return true;
    case "j": return move(1);
    case "k": return move(-1);
    case "Enter": return act("a[href]");
    case "x": return act(".pick input");
    case "?": help(); return true;
    case "[": toggleRail(); return true;
    case "/": return focus("[data-focus='/']");
  }
  const target = one<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
  target?.click();
  return target !== null;
}

function focus(selector: string): boolean {
  const field = one<HTMLInputElement>(selector);
  field?.focus();
  field?.select();
  return field !== null;
}

/** Moves the cursor of the list. */
function move(by: number): boolean {
  const rows = all<HTMLElement>("[data-list] tbody tr");
  if (rows.length === 0) return false;
  const at = rows.findIndex((r) => r.classList.contains("cursor"));
  const next = Math.min(rows.length - 1, Math.max(0, at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by));
  rows[at]?.classList.remove("cursor");
  rows[next]?.classList.add("cursor");
  rows[next]?.scrollIntoView({ block: "nearest" });
  one<HTMLElement>("a[href], .pick input", rows[next])?.focus({ preventScroll: true });
  return true;
}

function act(selector: string): boolean {
  const row = one("tr.cursor");
  if (!row || document.activeElement?.matches("a, button, summary")) {
    if (!row || selector === "a[href]") return false;
  }
  const target = one<HTMLElement>(selector, row);
  target?.click();
  return target !== null;
}
