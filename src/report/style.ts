/**
 * The style sheet: light and dark, phone, wide screen and print. The colours are those of Okabe and Ito, which
 * colour-blind people can distinguish.
 */
export const STYLE = `:root {
  color-scheme: light dark;
  --page: #f5f7f9; --card: #fff; --ink: #1a2129; --muted: #56616d; --line: #d3dae1;
  --right: #0072b2; --wrong: #d55e00; --most: 60%; --focus: #0b57d0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10151b; --card: #182029; --ink: #e7edf3; --muted: #a3afbb; --line: #36424e;
    --right: #56b4e9; --wrong: #f09a3e; --most: 45%; --focus: #8ab8ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 20px 16px 40px; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 0 0 6px; }
p { margin: 0 0 8px; }
.facts { display: flex; flex-wrap: wrap; gap: 2px 20px; margin: 0 0 18px; color: var(--muted); }
.facts div { display: flex; gap: 6px; max-width: 100%; }
.facts dd { margin: 0; color: var(--ink); overflow-wrap: anywhere; min-width: 0; }
main > p { margin-bottom: 16px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(180px, 46%), 1fr)); gap: 12px; margin: 0; padding: 0; }
.tile, section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px; min-width: 0; }
.tile { display: flex; flex-direction: column; padding: 10px 14px; }
.tile dt { color: var(--muted); }
.tile dd { margin: 0; }
.tile .value { font-size: 1.55rem; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.25; }
.tile .note { font-size: .8rem; line-height: 1.3; color: var(--muted); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 310px), 1fr)); gap: 16px; margin: 16px 0; }
.stack { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; margin-top: 16px; align-items: start; }
@media (min-width: 1200px) {
  .stack.pair { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .stack.pair section:last-child { grid-column: 1 / -1; }
}
figure { margin: 0; }
figure svg { display: block; width: 100%; max-width: 500px; height: auto; margin: 0 auto; font-size: 12px; color: var(--ink); }
figcaption, .about { color: var(--muted); font-size: .87rem; }
.keys { display: flex; flex-wrap: wrap; gap: 0 18px; margin-bottom: 2px; color: var(--ink); }
.key { white-space: nowrap; }
.key svg { display: inline-block; width: 26px; height: 12px; max-width: none; margin: 0 4px 0 0; vertical-align: -1px; }
details { margin-top: 8px; font-size: .87rem; }
summary { cursor: pointer; color: var(--muted); padding: 4px 0; }
.scroll { overflow: auto; max-height: min(75vh, 640px); border-radius: 4px; }
.scroll.matrix { max-height: none; }
table { min-width: min(100%, 26em); border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); font-size: .87rem; padding-bottom: 6px; }
th, td { padding: 3px 8px; text-align: right; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { position: sticky; top: 0; z-index: 1; background: var(--card); font-weight: 600; vertical-align: bottom; }
.text { text-align: left; overflow-wrap: anywhere; min-width: 6.5em; }
.matrix tbody th { text-align: left; }
tfoot { color: var(--muted); }
[data-sortable] { width: 100%; max-width: 860px; }
[data-sortable] :is(th, td) { padding: 3px 5px; }
.score { --bar: 4.5em; min-width: var(--bar); background: linear-gradient(var(--right), var(--right)) right calc((1 - var(--s)) * var(--bar)) bottom 0 / calc(var(--s) * var(--bar)) 2px no-repeat; background-origin: content-box; }
tfoot .score { background: none; }
@media (min-width: 561px) { tfoot th { white-space: nowrap; } }
thead button { font: inherit; font-weight: 600; color: inherit; background: none; border: 0; padding: 4px 0; cursor: pointer; text-align: inherit; }
thead button::after { content: '\\2195'; color: var(--muted); margin-left: 3px; }
[aria-sort=ascending] button::after { content: '\\2191'; color: inherit; }
[aria-sort=descending] button::after { content: '\\2193'; color: inherit; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
.matrix td, .matrix th { border: 0; padding: 3px 5px; min-width: 2.2em; }
.matrix table { min-width: 0; border-spacing: 1px; }
.matrix.few td { padding: 8px 16px; }
.matrix.few thead th { text-align: center; }
.matrix.few thead th bdi { writing-mode: horizontal-tb; transform: none; max-width: 7em; }
.dense { font-size: .8rem; }
.dense td, .dense th { padding: 3px 2px; }
.matrix tbody th { position: sticky; left: 0; background: var(--card); z-index: 1; }
.matrix th bdi { display: inline-block; max-width: 14em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom; }
.matrix thead th { position: static; text-align: left; }
.matrix thead th bdi { writing-mode: vertical-rl; transform: rotate(180deg); max-width: none; max-height: 14em; }
.matrix .right { background: color-mix(in srgb, var(--right) calc(var(--s) * var(--most)), var(--card)); }
.matrix .wrong { background: color-mix(in srgb, var(--wrong) calc(var(--s) * var(--most)), var(--card)); }
.matrix td { text-align: center; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.none { color: var(--muted); }
footer { color: var(--muted); font-size: .87rem; margin-top: 18px; }
@media (max-width: 900px) {
  .ranked { font-size: .8rem; }
  .ranked thead button { text-decoration: underline dotted; }
  .ranked th:not([aria-sort]) > button::after { content: none; }
  .ranked .score { --bar: 3.3em; }
}
@media (max-width: 560px) {
  th, td { padding: 3px 5px; }
  [data-sortable] { font-size: .8rem; }
  [data-sortable] :is(th, td) { padding: 3px 4px; }
  thead button { text-decoration: underline dotted; }
  th:not([aria-sort]) > button::after { content: none; }
  [data-sortable] :is(th, td):first-child { display: none; }
  .score { --bar: 3.3em; }
  thead button::after { margin-left: 1px; }
  .matrix tbody th bdi { max-width: 6.5em; }
}
@media print {
  :root { --page: #fff; --card: #fff; --ink: #000; --muted: #444; --line: #bbb; --right: #0072b2; --wrong: #d55e00; --most: 60%; }
  html { font-size: 11px; }
  body { font-size: 1rem; }
  main { max-width: none; padding: 2px; }
  .tiles { grid-template-columns: repeat(6, 1fr); gap: 6px; }
  .tile { padding: 6px 8px; }
  h2, caption, thead { break-after: avoid; }
  .scroll { overflow: visible; max-height: none; }
  .charts { grid-template-columns: repeat(3, 1fr); }
  .tile, section.chart, tr { break-inside: avoid; }
  details:not([open]), thead button::after { display: none; }
  thead th, .matrix tbody th { position: static; }
}
`
