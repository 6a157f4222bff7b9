/**
 * How the report looks: a paper on a screen. Serif text, tables with three rules, numerals of equal width; light or dark
 * as the reader's system is, always light on paper. All colours keep a contrast of 4.5 to their ground (lines: 3).
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --panel: #f6f5f1; --text: #1c1b19; --quiet: #5d5a54; --rule: #d6d3cb; --heavy: #3b3936;
  --link: #1a4f8b; --good: #17693b; --bad: #a4321b; --open: #6d5606;
  --line-0: #0072b2; --line-1: #c65300; --line-2: #00815e; --line-3: #a8508a; --line-4: #94690a; --line-5: #2b80ad;
  --serif: Charter, 'Bitstream Charter', 'Iowan Old Style', 'Palatino Linotype', Palatino, 'Source Serif 4',
    'Liberation Serif', Georgia, serif;
  --mono: ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #17181b; --panel: #202226; --text: #e7e4de; --quiet: #a9a69e; --rule: #3a3c41; --heavy: #b9b6af;
    --link: #8fbcf2; --good: #74cb96; --bad: #f3937b; --open: #dcbf5c;
    --line-0: #56b4e9; --line-1: #f58a42; --line-2: #35c79b; --line-3: #e09bc6; --line-4: #e3b341; --line-5: #a9b4ff;
  }
}
@media print {
  :root { color-scheme: light; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 54rem; padding: 3rem 1.5rem 5rem;
  background: var(--ground); color: var(--text);
  font: 1.0625rem/1.55 var(--serif); font-variant-numeric: lining-nums;
}
h1, h2, h3 { line-height: 1.2; font-weight: 600; text-wrap: balance; }
h1 { font-size: 2.1rem; margin: 0 0 0.6rem; letter-spacing: -0.01em; }
h2 { font-size: 1.45rem; margin: 0 0 0.3rem; }
h3 { font-size: 1.05rem; margin: 2rem 0 0.5rem; }
p { margin: 0 0 0.9rem; max-width: 42rem; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 0.15em; }
code, pre { font: 0.82em/1.5 var(--mono); }
section { margin-top: 3.5rem; padding-top: 1.4rem; border-top: 1px solid var(--rule); }
.quiet { color: var(--quiet); }
.small { font-size: 0.9rem; }
.contents { list-style: none; margin: 1.5rem 0 0; padding: 0; columns: 22rem 2; column-gap: 2.5rem; }
.source { color: var(--quiet); font-style: italic; margin-bottom: 0.9rem; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }

/* Tables: rules above, below and under the head, nothing else. */
.scroll { overflow-x: auto; margin: 1.3rem 0; }
table { border-collapse: collapse; font-size: 0.95rem; line-height: 1.4; font-variant-numeric: lining-nums tabular-nums; }
table.wide { width: 100%; }
caption { text-align: left; color: var(--quiet); font-size: 0.9rem; padding-bottom: 0.5rem; }
thead { border-top: 2px solid var(--heavy); border-bottom: 1px solid var(--heavy); }
tbody:last-of-type { border-bottom: 2px solid var(--heavy); }
tbody + tbody { border-top: 1px solid var(--rule); }
th, td { padding: 0.22rem 1rem 0.22rem 0; text-align: left; vertical-align: baseline; font-weight: 400; }
th:last-child, td:last-child { padding-right: 0; }
thead th { font-style: italic; }
.middle { vertical-align: middle; }
.number { text-align: right; white-space: nowrap; }
.group th { font-weight: 600; padding-top: 0.55rem; }
.group ~ tr > th { padding-left: 1rem; }
.stack .group ~ tr > th { min-width: 13.5rem; }
.spread { color: var(--quiet); font-size: 0.88em; white-space: nowrap; }
.bounds { white-space: normal; }
.paper { white-space: normal; min-width: 5.5rem; }
.paper .spread { white-space: normal; }
svg.interval { width: 8.5rem; height: 1.5rem; display: block; }

/* A verdict is an icon and a word; the colour only repeats it. */
.verdict { white-space: nowrap; font-weight: 600; }
.icon { width: 1em; height: 1em; vertical-align: -0.12em; margin-right: 0.35em; }
.good { color: var(--good); } .bad { color: var(--bad); } .open { color: var(--open); }
.finding { border-left: 3px solid var(--rule); padding: 0.1rem 0 0.1rem 1rem; margin: 1.1rem 0; }
.finding p { margin-bottom: 0.35rem; }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.5rem; }
figure { margin: 0; break-inside: avoid; }
figcaption { font-size: 0.95rem; line-height: 1.4; }
.chart text { font-size: 13px; }
.chart { width: 100%; height: auto; max-width: 34rem; display: block; font-family: var(--serif); }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.4rem; list-style: none; margin: 0.4rem 0; padding: 0; font-size: 0.92rem; }
.legend svg { width: 2.6rem; height: 0.9rem; vertical-align: -0.1em; margin-right: 0.45em; }

details { margin: 0.9rem 0; }
summary { cursor: pointer; color: var(--quiet); font-size: 0.95rem; }
details[open] > summary { margin-bottom: 0.6rem; }
.command { display: flex; align-items: stretch; background: var(--panel); border: 1px solid var(--rule); border-radius: 4px; margin: 0.5rem 0 0.9rem; max-width: 42rem; }
.command pre { margin: 0; padding: 0.6rem 0.9rem; overflow-x: auto; flex: 1; }
.command button { font: 0.85rem var(--serif); color: var(--link); background: none; border: 0; border-left: 1px solid var(--rule); padding: 0 0.9rem; cursor: pointer; }

.sample { display: grid; grid-template-columns: 11rem 1fr; gap: 0.5rem 2rem; padding: 1.6rem 0; border-top: 1px solid var(--rule); break-inside: avoid; }
.sample:first-of-type { border-top: 0; }
.sample > img { width: 100%; image-rendering: pixelated; border-radius: 3px; }
.sample h3 { margin: 0.9rem 0 0.25rem; }
.sample h3:first-child { margin-top: 0; }
.sample ul { list-style: none; margin: 0; padding: 0; }
.sample li + li { margin-top: 0.25rem; }
.heat { grid-column: 1 / -1; }
@media not print {
  .heat:has(.blip2-Attention) > .still { display: none; }
}
@media print {
  .heat > .still ~ * { display: none; }
}
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(4.6rem, 1fr)); gap: 0.7rem; margin: 0.4rem 0; }
.tiles svg { width: 100%; height: auto; display: block; border-radius: 2px; image-rendering: pixelated; }
.tiles figcaption { font-size: 0.78rem; text-align: center; padding-top: 0.15rem; color: var(--quiet); }

.kind { font-style: italic; margin: 1.2rem 0 0.4rem; }
.examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1.2rem 2rem; }
.example { display: grid; grid-template-columns: 6.5rem 1fr; gap: 1rem; align-items: start; break-inside: avoid; }
.example img { width: 100%; image-rendering: pixelated; border-radius: 3px; }
.example p { margin-bottom: 0.4rem; line-height: 1.4; font-size: 0.95rem; overflow-wrap: anywhere; }
details > .examples { margin-top: 1rem; }

@media (max-width: 44rem) {
  body { padding: 1.5rem 1rem 3rem; font-size: 1rem; }
  h1 { font-size: 1.65rem; }
  section { margin-top: 2.5rem; }
  .chart text { font-size: 16px; }
  .sample { grid-template-columns: 1fr; }
  .sample > img { max-width: 11rem; }
  /* A row of the summary becomes a block of its own, each cell with the name of its column. */
  .stack, .stack tbody, .stack tr, .stack td, .stack th[scope='row'] { display: block; padding-right: 0; }
  .stack thead { display: none; }
  .stack tr { display: flex; flex-direction: column; gap: 0.15rem; padding: 0.7rem 0; border-top: 1px solid var(--rule); }
  .stack .group ~ tr > th { min-width: 0; padding-left: 0; }
  .stack td { order: 1; padding-top: 0; padding-bottom: 0; }
  .stack td:last-child { order: 0; }
  .stack br { display: none; }
  .stack td[data-name]::before { content: attr(data-name) '  '; color: var(--quiet); font-style: italic; white-space: pre; }
  .stack .number { text-align: left; white-space: normal; }
}
@page { margin: 18mm 16mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  section { margin-top: 2rem; }
  a { color: inherit; text-decoration: none; }
  h2, h3, .source, .announcement, figcaption { break-after: avoid; }
  .charts { grid-template-columns: 1fr 1fr; }
  tr, .finding, .make, table:not(.wide) tbody { break-inside: avoid; }
  .legend { break-inside: avoid; }
  .legend, .legend + p, .printed > summary, .kind { break-after: avoid; }
  svg.interval { width: 6rem; }
  .scroll { overflow: visible; }
  .stack .group ~ tr > th { min-width: 0; }
  .sample { grid-template-columns: 8rem 1fr; padding: 0.8rem 0; font-size: 9.5pt; line-height: 1.35; }
  .sample > img + div { columns: 2; }
  .sample h3 { margin-top: 0.5rem; }
  .heat details { display: none; }
  .command button { display: none; }
  .command pre { white-space: pre-wrap; }
}
`;
