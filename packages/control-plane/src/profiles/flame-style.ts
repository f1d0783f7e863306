/** Style of the flame graph. Text on each colour has a contrast of at least 4.5. */
export const FLAME_STYLE = `
:root { --own: light-dark(#ffd08a, #8a4b08); --package: light-dark(#b9dcff, #1f5288); --node: light-dark(#c9e8c0, #2c5e2e);
  --native: light-dark(#e0d4f2, #56407c); --all: light-dark(#e7eaee, #39414b); --found: light-dark(#c2185b, #ff7ab0); }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0 1rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { dl { display: block; } dd { margin-bottom: .5rem; } }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: 0; }
.swatch { display: inline-block; width: .8em; height: .8em; margin-right: .4em; border: 1px solid var(--soft); }
.tools { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; margin: .75rem 0 .25rem; }
input, button { max-width: 100%; box-sizing: border-box; font: inherit; padding: .15rem .5rem; }
#about { min-height: 3em; margin: 0; max-width: none; font: .9rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
#flames { font: .75rem/1.4rem ui-monospace, monospace; overflow-x: auto; }
.call { min-width: 0; flex: none; }
.below { display: flex; }
.name { overflow: hidden; white-space: nowrap; text-overflow: clip; height: 1.4rem; padding-left: 3px; cursor: pointer;
  box-shadow: inset -1px -1px 0 var(--page); }
.own > .name, .swatch.own { background: var(--own); } .package > .name, .swatch.package { background: var(--package); }
.node > .name, .swatch.node { background: var(--node); } .native > .name, .swatch.native { background: var(--native); }
.all > .name { background: var(--all); }
.call:focus { outline: none; }
.call:focus > .name { box-shadow: inset 0 0 0 2px var(--text); }
.found > .name { box-shadow: inset 0 0 0 2px var(--found); font-weight: bold; }
.aside { display: none; }
.alone { width: 100% !important; }
.above > .name { opacity: .7; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; padding: .15rem .75rem .15rem 0; border-bottom: 1px solid var(--line); font-weight: normal; }
thead th { color: var(--soft); }
tbody th, tbody td:last-child { font-family: ui-monospace, monospace; font-size: .85rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
`;
