import { unseen } from "../shared/dom";

/** The style of the partition map's inside. */
export const css = `
:host { display: block; position: relative; color: var(--ink, light-dark(#16202c, #e6ebf1)); font-size: 13px; }
.head { display: flex; flex-wrap: wrap; gap: 8px 24px; align-items: center; justify-content: space-between; padding-block-end: 8px; }
.path { display: flex; gap: 8px; font-variant-numeric: tabular-nums; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 0; padding: 0; list-style: none; font-size: 12px; font-variant-numeric: tabular-nums; color: var(--ink-dim, light-dark(#576373, #98a4b3)); }
.legend li { display: inline-flex; gap: 6px; align-items: center; }
.legend canvas { inline-size: 14px; block-size: 14px; }
.pane { position: relative; overflow-y: auto; overflow-x: hidden; outline-offset: 3px; border-radius: 4px; cursor: cell; user-select: none; touch-action: pan-y; }
.stick { position: sticky; inset-block-start: 0; block-size: 0; }
.stick canvas { display: block; }
button { font: inherit; color: inherit; block-size: 28px; border-radius: 5px; padding: 0 12px; cursor: pointer;
  border: 1px solid var(--rule-strong, light-dark(#c9d1db, #3a4552)); background: var(--surface, light-dark(#fff, #191e25)); }
button.link { border: 0; background: none; padding: 0; block-size: auto; color: var(--accent, light-dark(#1c64d8, #6ea8ff)); }
button.primary { border-color: transparent; background: var(--accent, light-dark(#1c64d8, #6ea8ff)); color: var(--accent-ink, light-dark(#fff, #0b1420)); }
:focus-visible { outline: 2px solid var(--accent, light-dark(#1c64d8, #6ea8ff)); }
.chosen { display: flex; flex-wrap: wrap; gap: 12px; align-items: center; margin-block-start: 12px; padding: 8px 12px; border-radius: 6px;
  background: var(--accent-soft, light-dark(#e3edfb, #1d2f49)); }
.chosen strong { font-variant-numeric: tabular-nums; }
.chosen code { font-family: var(--mono, ui-monospace, monospace); font-size: 12px; overflow-wrap: anywhere; }
.push { flex: 1; }
.note { margin: 0; padding: 24px 0; color: var(--ink-dim, light-dark(#576373, #98a4b3)); }
.dim { color: var(--ink-dim, light-dark(#576373, #98a4b3)); }
.tip { position: fixed; z-index: 20; max-inline-size: 360px; padding: 6px 10px; border-radius: 6px; pointer-events: none; font-size: 12px; line-height: 1.5; overflow-wrap: anywhere; font-variant-numeric: tabular-nums;
  background: var(--raised, light-dark(#fff, #222932)); border: 1px solid var(--rule-strong, light-dark(#c9d1db, #3a4552)); box-shadow: var(--float, 0 6px 24px rgb(0 0 0 / .2)); }
[hidden], :host([hidden]) { display: none !important; }
${unseen}`;
