import { unseen } from "../shared/dom";

/** The style of the Gantt element's inside. */
export const css = `
:host { display: block; position: relative; color: var(--ink, light-dark(#16202c, #e6ebf1)); font-size: 13px; }
:host([hidden]) { display: none; }
.bar { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; min-block-size: 32px; padding-block-end: 8px; }
.sum { margin: 0; font-variant-numeric: tabular-nums; }
.push { flex: 1; }
.states { display: flex; flex-wrap: wrap; gap: 2px; }
button, input { font: inherit; color: inherit; block-size: 26px; box-sizing: border-box; border-radius: 5px; padding: 0 8px;
  border: 1px solid var(--rule-strong, light-dark(#c9d1db, #3a4552)); background: var(--surface, light-dark(#fff, #191e25)); }
.states button { display: inline-flex; gap: 6px; align-items: center; border-color: transparent; background: none; font-size: 12px; font-variant-numeric: tabular-nums; cursor: pointer; }
.states button:hover { background: var(--hover, light-dark(#eef1f4, #232a33)); }
.states button[aria-pressed="true"] { background: var(--selected, light-dark(#dfeaf7, #24364d)); }
.states canvas { inline-size: 14px; block-size: 14px; }
:focus-visible { outline: 2px solid var(--accent, light-dark(#1c64d8, #6ea8ff)); outline-offset: 1px; }
.scroll { position: relative; overflow-y: auto; overflow-x: hidden; outline-offset: 2px; cursor: default; border-block: 1px solid var(--rule, light-dark(#d5dce4, #303945)); }
.scroll.axis { cursor: col-resize; }
.scroll[hidden], .note[hidden], .tip[hidden], [hidden] { display: none; }
.stick { position: sticky; inset-block-start: 0; block-size: 0; z-index: 1; }
.stick canvas { display: block; }
.note { margin: 0; padding: 24px 0; color: var(--ink-dim, light-dark(#576373, #98a4b3)); }
.tip { position: fixed; z-index: 20; max-inline-size: 420px; padding: 8px 12px; border-radius: 6px; pointer-events: none; font-size: 12px; line-height: 1.5; overflow-wrap: anywhere;
  background: var(--raised, light-dark(#fff, #222932)); border: 1px solid var(--rule-strong, light-dark(#c9d1db, #3a4552)); box-shadow: var(--float, 0 6px 24px rgb(0 0 0 / .2)); }
${unseen}`;
