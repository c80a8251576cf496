/** Follows the reader's theme; prints well; needs no font that is not there. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --soft: #5c6670; --line: #d9dee3; --paper: #ffffff; --card: #f6f8fa; --accent: #0072b2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a0a8b0; --line: #343a40; --paper: #15181b; --card: #1e2226; --accent: #56b4e9; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
.brand { margin: 0; color: var(--soft); font-size: .85rem; letter-spacing: .02em; }
h1 { margin: .25rem 0 .5rem; font-size: clamp(1.5rem, 4vw, 2.4rem); line-height: 1.15; letter-spacing: -.01em; text-wrap: balance; }
h2 { margin: 0 0 .6rem; font-size: 1.1rem; overflow-wrap: anywhere; }
.lead { margin: 0 0 1.5rem; max-width: 60rem; color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 0 0 2rem; }
.tiles div { display: flex; flex-direction: column-reverse; padding: .8rem 1rem; background: var(--card); border-radius: .5rem; }
.tiles dd { margin: 0; font-size: 1.45rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.tiles dt { color: var(--soft); font-size: .8rem; }
figure, section { margin: 0 0 2.25rem; }
.chart { position: relative; height: 22rem; }
figcaption, .small { color: var(--soft); font-size: .85rem; margin-top: .5rem; max-width: 60rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; white-space: nowrap; }
td.text { white-space: normal; min-width: 15rem; }
td small { display: block; margin-top: .25rem; color: var(--soft); font-size: .8rem; overflow-wrap: anywhere; white-space: normal; }
thead th { color: var(--soft); font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 600; }
tbody th small { display: block; min-width: 13rem; max-width: 20rem; color: var(--soft); font-weight: 400; font-size: .8rem; line-height: 1.35; white-space: normal; }
.amount { text-align: right; }
thead th:last-child, td:last-child { padding-right: 0; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 0 2rem; }
ul { padding-left: 1.2rem; max-width: 60rem; }
@media print { .chart { break-inside: avoid; } }
`;
