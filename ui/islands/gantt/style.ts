import { unseen } from "../shared/dom";

/** The style of the Gantt element's inside. */
export const css = `
:host { display: block; position: relative; color: var(--ink, light-dark(#16202c, #e6ebf1)); font-size: 13px; }
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
.stick { position: sticky; inset-block-start: 0; block-size: 0; z-index: 1; }
.stick canvas { display: block; }
.key { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 8px 0 0; padding: 0; list-style: none; font-size: 12px; color: var(--ink-dim, light-dark(#576373, #98a4b3)); }
.key li { display: inline-flex; gap: 6px; align-items: center; }
.key i { display: inline-block; box-sizing: border-box; inline-size: 22px; block-size: 10px; border-radius: 3px; }
.key .wait { block-size: 0; border-block-start: 2px dotted var(--queued, #6b5bb5); border-radius: 0; }
.key .back { background: repeating-linear-gradient(125deg, var(--stale, #9a6200) 0 1.5px, transparent 1.5px 4.5px); }
.key .ghost { border: 1px dashed var(--ink-dim, #576373); background: color-mix(in srgb, var(--ink-dim, #576373) 20%, transparent); }
.key .critical { border: 2px solid var(--accent, #1c64d8); }
.note { margin: 0; padding: 24px 0; color: var(--ink-dim, light-dark(#576373, #98a4b3)); }
.tip { position: fixed; z-index: 20; max-inline-size: 420px; padding: 8px 12px; border-radius: 6px; pointer-events: none; font-size: 12px; line-height: 1.5; overflow-wrap: anywhere;
  background: var(--raised, light-dark(#fff, #222932)); border: 1px solid var(--rule-strong, light-dark(#c9d1db, #3a4552)); box-shadow: var(--float, 0 6px 24px rgb(0 0 0 / .2)); }
[hidden], :host([hidden]) { display: none !important; }
${unseen}`;
