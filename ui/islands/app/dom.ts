// The few lines that every part needs.

export function all<E extends Element>(selector: string, root: ParentNode = document): E[] {
  return [...root.querySelectorAll<E>(selector)];
}

export function one<E extends Element>(selector: string, root: ParentNode = document): E | null {
  return root.querySelector<E>(selector);
}

/** Makes an element; text is set as text, never as markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

const svg = "http://www.w3.org/2000/svg";

/** A glyph or icon of the page's sprite. */
export function glyph(id: string, cls = "g"): SVGElement {
  const s = document.createElementNS(svg, "svg");
  s.setAttribute("class", cls + (id.startsWith("g-") ? " " + id : ""));
  s.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(svg, "use");
  use.setAttribute("href", "#" + id);
  s.append(use);
  return s;
}

/** Reads markup of this server. Scripts in it do not run. */
export function parse(html: string): Document {
  return new DOMParser().parseFromString(html, "text/html");
}

/** Says something at the edge of the page for a while. */
export function toast(text: string, bad = false): void {
  const p = make("p", bad ? { class: "bad" } : {}, text);
  one("#toast")?.append(p);
  setTimeout(() => p.remove(), bad ? 12_000 : 5_000);
}

/** Groups digits as the server does. */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

export function plural(n: number, noun: string): string {
  return n === 1 ? "1 " + noun : count(n) + " " + noun + "s";
}

/** Whether the person typed into something. */
export function typing(target: EventTarget | null): boolean {
  const e = target as HTMLElement | null;
  return !!e?.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
}

/** A change that the event stream told of. */
export interface Changed {
  channel: string;
  ids: string[];
  all: boolean;
}

/** Listens to changes of a channel that touch id. */
export function onChanged(channel: string, id: string, act: () => void, signal: AbortSignal): void {
  document.addEventListener("rivers-changed", (e) => {
    const c = (e as CustomEvent<Changed>).detail;
    if (c.channel === channel && (c.all || id === "" || c.ids.includes(id))) act();
  }, { signal });
}
