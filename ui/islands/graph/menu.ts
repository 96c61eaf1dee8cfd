// A menu at a point: arrows walk it, Escape and a click elsewhere close it.

import { el } from "../shared/dom";

export interface Entry {
  readonly text: string;
  readonly run: () => void;
}

export class Menu {
  readonly node = el("div", { class: "menu", role: "menu", hidden: true });

  constructor(private readonly closed: () => void) {
    this.node.addEventListener("keydown", (ev) => this.key(ev));
    this.node.addEventListener("focusout", (ev) => {
      if (!(ev.relatedTarget instanceof Node) || !this.node.contains(ev.relatedTarget)) this.close(false);
    });
  }

  /** Shows entries at a point of the parent; undefined is a rule. */
  open(entries: readonly (Entry | undefined)[], x: number, y: number): void {
    this.node.replaceChildren(...entries.map((e) => {
      if (e === undefined) return el("hr");
      const item = el("button", { role: "menuitem", type: "button", tabindex: -1 }, e.text);
      item.addEventListener("click", () => {
        this.close(true);
        e.run();
      });
      return item;
    }));
    this.node.hidden = false;
    const box = this.node.parentElement?.getBoundingClientRect();
    const own = this.node.getBoundingClientRect();
    this.node.style.left = `${Math.max(4, Math.min(x, (box?.width ?? x) - own.width - 4))}px`;
    this.node.style.top = `${Math.max(4, Math.min(y, (box?.height ?? y) - own.height - 4))}px`;
    this.items()[0]?.focus();
  }

  close(focus: boolean): void {
    if (this.node.hidden) return;
    this.node.hidden = true;
    if (focus) this.closed();
  }

  private items(): HTMLElement[] {
    return [...this.node.querySelectorAll<HTMLElement>("[role=menuitem]")];
  }

  private key(ev: KeyboardEvent): void {
    const items = this.items();
    const at = items.findIndex((i) => i === ev.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[ev.key];
    if (to !== undefined) items[to % items.length]?.focus();
    else if (ev.key === "Escape" || ev.key === "Tab") this.close(true);
    else return;
    ev.preventDefault();
    ev.stopPropagation();
  }
}
