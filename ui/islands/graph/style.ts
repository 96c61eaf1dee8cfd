import { unseen } from "../shared/dom";

/** The style of the graph element's inside. */
export const css = `
:host { display: block; position: relative; block-size: 100%; min-block-size: 20rem; overflow: hidden;
  color: var(--ink, light-dark(#16202c, #e6ebf1)); font-size: 13px; contain: layout paint; }
.frame { display: flex; flex-direction: column; block-size: 100%; }
.bar { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; padding: 8px; min-block-size: 32px;
  border-block-end: 1px solid var(--rule, light-dark(#d5dce4, #303945)); }
.bar .push { margin-inline-start: auto; }
.bar .set { display: flex; gap: 4px; align-items: center; }
.work { display: flex; flex: 1; min-block-size: 0; position: relative; }
.view { position: relative; flex: 1; min-inline-size: 0; overflow: hidden; outline: none; touch-action: none; cursor: grab; }
.view.dragging { cursor: grabbing; }
.view.over { cursor: pointer; }
.view > canvas { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; }
.view:focus-visible::after { content: ""; position: absolute; inset: 0; pointer-events: none;
  border: 2px solid var(--accent, light-dark(#1c64d8, #6ea8ff)); }
button, select, input { font: inherit; color: inherit; block-size: 28px; box-sizing: border-box; border-radius: 6px;
  border: 1px solid var(--rule, light-dark(#c9d1db, #3a4552)); background: var(--surface, light-dark(#fff, #191e25)); padding: 0 8px; }
button { cursor: pointer; }
button:hover { border-color: var(--ink-dim, light-dark(#576373, #98a4b3)); }
button[aria-pressed="true"] { border-color: var(--accent, light-dark(#1c64d8, #6ea8ff)); color: var(--accent, light-dark(#1c64d8, #6ea8ff)); }
button.icon { inline-size: 28px; padding: 0; display: inline-grid; place-items: center; font-size: 15px; line-height: 1; }
button.plain { border: 0; background: none; padding: 0; block-size: auto; text-align: start; color: var(--accent, light-dark(#1c64d8, #6ea8ff)); overflow-wrap: anywhere; }
button:disabled { opacity: .5; cursor: default; }
:focus-visible { outline: 2px solid var(--accent, light-dark(#1c64d8, #6ea8ff)); outline-offset: 1px; }
input[type="search"] { inline-size: 15rem; }
select { max-inline-size: 12rem; }
.hits { color: var(--ink-dim, light-dark(#576373, #98a4b3)); font-variant-numeric: tabular-nums; min-inline-size: 4rem; }
.corner { position: absolute; inset-inline-end: 12px; inset-block-end: 12px; border-radius: 8px; overflow: hidden; cursor: crosshair; touch-action: none;
  background: color-mix(in srgb, var(--surface, light-dark(#fff, #191e25)) 92%, transparent);
  border: 1px solid var(--rule, light-dark(#d5dce4, #303945)); box-shadow: 0 2px 8px rgb(0 0 0 / .12); }
.beside .corner { inset-inline-end: 312px; }
.corner canvas { display: block; }
.legend { position: absolute; inset-inline-start: 12px; inset-block-end: 12px; display: flex; flex-wrap: wrap; gap: 2px; margin: 0; padding: 2px; border-radius: 8px;
  background: color-mix(in srgb, var(--surface, light-dark(#fff, #191e25)) 92%, transparent);
  border: 1px solid var(--rule, light-dark(#d5dce4, #303945)); max-inline-size: calc(100% - 260px); }
.legend button { display: inline-flex; align-items: center; gap: 6px; border: 0; background: none; block-size: 24px; padding: 0 6px; font-size: 12px; font-variant-numeric: tabular-nums; }
.legend button[aria-pressed="true"] { background: color-mix(in srgb, var(--accent, light-dark(#1c64d8, #6ea8ff)) 16%, transparent); }
.legend canvas { inline-size: 14px; block-size: 14px; }
aside { position: absolute; inset-block: 0; inset-inline-end: 0; z-index: 2; inline-size: 300px; box-sizing: border-box; box-shadow: -8px 0 24px rgb(0 0 0 / .06); overflow: auto; padding: 16px; display: flex; flex-direction: column; gap: 12px;
  border-inline-start: 1px solid var(--rule, light-dark(#d5dce4, #303945)); background: var(--surface, light-dark(#fff, #191e25)); }
aside h2 { font-size: 14px; margin: 0; overflow-wrap: anywhere; }
aside h3 { font-size: 12px; margin: 0 0 4px; color: var(--ink-dim, light-dark(#576373, #98a4b3)); font-weight: 600; }
aside ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 4px; }
aside dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 12px; margin: 0; }
aside dt { color: var(--ink-dim, light-dark(#576373, #98a4b3)); }
aside dd { margin: 0; overflow-wrap: anywhere; }
aside .head { display: flex; gap: 8px; align-items: start; justify-content: space-between; }
aside .actions { display: flex; flex-wrap: wrap; gap: 6px; }
.primary { background: var(--accent, light-dark(#1c64d8, #6ea8ff)); border-color: transparent; color: var(--accent-ink, light-dark(#fff, #0b1420)); }
.menu { position: absolute; z-index: 3; min-inline-size: 200px; padding: 4px; display: grid; border-radius: 8px;
  background: var(--raised, light-dark(#fff, #222932)); border: 1px solid var(--rule, light-dark(#d5dce4, #303945)); box-shadow: 0 6px 24px rgb(0 0 0 / .22); }
.menu button { border: 0; background: none; text-align: start; border-radius: 4px; block-size: 30px; }
.menu button:hover, .menu button:focus-visible { background: color-mix(in srgb, var(--accent, light-dark(#1c64d8, #6ea8ff)) 14%, transparent); outline: none; }
.menu hr { inline-size: 100%; border: 0; border-block-start: 1px solid var(--rule, light-dark(#d5dce4, #303945)); margin: 4px 0; }
.list { flex: 1; overflow: auto; padding: 0 16px 16px; }
.list table { border-collapse: collapse; inline-size: 100%; }
.list th { position: sticky; inset-block-start: 0; background: var(--ground, light-dark(#f8f9fb, #0f1216)); text-align: start; font-size: 12px;
  color: var(--ink-dim, light-dark(#576373, #98a4b3)); padding: 8px 12px 8px 0; }
.list td { padding: 6px 12px 6px 0; border-block-start: 1px solid var(--rule, light-dark(#d5dce4, #303945)); overflow-wrap: anywhere; }
.note { position: absolute; inset: 0; display: grid; place-content: center; justify-items: center; gap: 12px; text-align: center; padding: 24px; color: var(--ink-dim, light-dark(#576373, #98a4b3)); }
.note.over { background: color-mix(in srgb, var(--ground, light-dark(#f8f9fb, #0f1216)) 70%, transparent); }
:host([autosize]) { block-size: auto; min-block-size: 0; }
:host([compact]) .bar { border: 0; padding: 0 0 8px; }
:host([compact]) .view { border: 1px solid var(--rule, light-dark(#d5dce4, #303945)); border-radius: 8px; }
:focus-visible.view { outline: none; }
@media (max-width: 720px) { aside { inset: auto 0 0 0; inline-size: auto; max-block-size: 55%; border: 0; border-block-start: 1px solid var(--rule, light-dark(#d5dce4, #303945)); } .corner { display: none; } .legend { max-inline-size: calc(100% - 40px); } input[type="search"] { inline-size: 9rem; } }
[hidden], :host([hidden]) { display: none !important; }
${unseen}`;
