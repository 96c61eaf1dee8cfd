// Colors and fonts of the page, resolved for drawing on a canvas.

/** The custom properties that the islands draw with, and what stands in for
 * them on a page that has none. */
const properties = {
  page: "var(--ground, light-dark(#f8f9fb, #0f1216))",
  surface: "var(--surface, light-dark(#ffffff, #191e25))",
  raised: "var(--raised, light-dark(#ffffff, #222932))",
  text: "var(--ink, light-dark(#16202c, #e6ebf1))",
  muted: "var(--ink-dim, light-dark(#576373, #98a4b3))",
  line: "var(--rule, light-dark(#d5dce4, #303945))",
  accent: "var(--accent, light-dark(#1c64d8, #6ea8ff))",
  materialized: "var(--materialized, light-dark(#127a4b, #43c48a))",
  running: "var(--running, light-dark(#1c64d8, #6ea8ff))",
  queued: "var(--queued, light-dark(#6b5bb5, #a99bf0))",
  stale: "var(--stale, light-dark(#9a6200, #e0a93b))",
  failed: "var(--failed, light-dark(#c02a37, #ff7a80))",
  missing: "var(--missing, light-dark(#6c7785, #8c98a6))",
  skipped: "var(--skipped, light-dark(#6c7785, #8c98a6))",
  canceled: "var(--canceled, light-dark(#6c7785, #8c98a6))",
} as const;

export type Color = keyof typeof properties;

/** A resolved theme. */
export type Theme = { readonly [name in Color]: string } & { readonly font: string; readonly mono: string };

/** Resolves the theme where host stands. */
export function readTheme(host: Element, root: ShadowRoot): Theme {
  const probe = document.createElement("i");
  probe.hidden = true;
  root.append(probe);
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(properties)) {
    probe.style.color = value;
    found[name] = getComputedStyle(probe).color;
  }
  probe.style.fontFamily = "var(--mono, ui-monospace, monospace)";
  found["mono"] = getComputedStyle(probe).fontFamily;
  probe.remove();
  found["font"] = getComputedStyle(host).fontFamily || "system-ui, sans-serif";
  return found as Theme;
}

/** Calls back whenever the theme may have changed, until the signal aborts. */
export function watchTheme(changed: () => void, signal: AbortSignal): void {
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"]) {
    matchMedia(query).addEventListener("change", changed, { signal });
  }
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "style", "data-theme"] });
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
}

/** Whether the reader asked for less motion. */
export function reducedMotion(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** A style sheet for a shadow root, allowed by any content security policy. */
export function styleSheet(css: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}
