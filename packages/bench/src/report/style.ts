/** Lines of different things, told apart in light and dark, also by those who see few colours. */
export const COLORS = 6;

const LIGHT = ["#1f5fa8", "#c0561a", "#2b7a4b", "#83489c", "#a23a55", "#5d6673"];
const DARK = ["#6fb0f0", "#f2a065", "#6dc795", "#c79fde", "#ef8fa6", "#a9b3c0"];

const variables = (colors: readonly string[]) => colors.map((color, index) => `--c${index}:${color}`).join(";");
const LIGHT_COLORS = `--ink:#1c2430;--faint:#5b6573;--rule:#d9dee5;--paper:#ffffff;--shade:#f2f4f7;${variables(LIGHT)}`;
const DARK_COLORS = `--ink:#e6e9ee;--faint:#a2acb9;--rule:#363e4a;--paper:#14181e;--shade:#1d232b;${variables(DARK)}`;
const series = LIGHT.map((_, index) => `.s${index}{stroke:var(--c${index})}.f${index}{fill:var(--c${index})}`).join("");

/** What drawings need, wherever they are. */
export const CHART_STYLE = `:root{${LIGHT_COLORS}}@media(prefers-color-scheme:dark){:root{${DARK_COLORS}}}
.chart text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--faint);font-variant-numeric:tabular-nums;paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.chart .title{font-size:15px;font-weight:600;fill:var(--ink)}.chart .strong{fill:var(--ink)}
.chart .background{fill:var(--paper)}.chart .shade{fill:var(--shade)}
.chart .grid{stroke:var(--rule);stroke-width:1}.chart .axis{stroke:var(--faint);stroke-width:1}
.chart .line{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}.chart .dash{stroke-dasharray:5 5;stroke-width:1.6;stroke-linecap:butt}
.chart .whisker{stroke:var(--ink);stroke-width:1.4;fill:none}
${series}`;

/** The page around them. */
export const PAGE_STYLE = `*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;color-scheme:light dark}
main{max-width:1160px;margin:0 auto;padding:24px 16px 48px}
h1{font-size:24px;line-height:1.25;margin:0;overflow-wrap:anywhere}h2{font-size:18px;margin:40px 0 12px}h3{font-size:15px;margin:0 0 6px;overflow-wrap:anywhere}
p{margin:6px 0}.faint,caption{color:var(--faint)}ul{margin:6px 0;padding-left:20px}li{overflow-wrap:anywhere}
.verdict{display:inline-block;font-weight:600;font-size:13px;letter-spacing:.03em;padding:1px 10px;border-radius:4px;color:var(--paper);background:var(--c5);vertical-align:3px}
.verdict.passed{background:var(--c2)}.verdict.wrong,.verdict.invalid{background:var(--c4)}.verdict.missed,.verdict.aborted{background:var(--c1)}
.badges{list-style:none;padding:0}.doubtful .tiles dd,.doubtful .metrics td{color:var(--faint);font-style:italic}.doubtful .line{opacity:.5}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:12px;margin:16px 0 0;padding:0}
.tiles div{border-top:2px solid var(--rule);padding-top:6px}.tiles dt{color:var(--faint);font-size:13px}.tiles dd{margin:0;font-size:21px;font-variant-numeric:tabular-nums}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));gap:32px 28px}
figure{margin:0;min-width:0;max-width:540px}.chart{display:block;width:100%;height:auto}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14px}
th,td{padding:4px 14px 4px 0;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap;font-weight:400;vertical-align:top}
thead th{color:var(--faint);font-size:13px}th:first-child,td:first-child,.words td,.words th{text-align:left}.words td,.metrics td:last-child{white-space:normal;text-align:left}.words td{overflow-wrap:anywhere}.metrics th:last-child{text-align:left}.metrics td:last-child{min-width:220px}
details{margin-top:6px;font-size:14px}summary{color:var(--faint);cursor:pointer}
pre{background:var(--shade);padding:12px;overflow-x:auto;font-size:13px;line-height:1.45;border-radius:4px}
.holds{color:var(--c2)}.fails{color:var(--c4)}.swatch{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px}
#tip{position:fixed;pointer-events:none;background:var(--ink);color:var(--paper);font-size:13px;padding:2px 8px;border-radius:4px;white-space:nowrap;font-variant-numeric:tabular-nums}
${LIGHT.map((_, index) => `.b${index}{background:var(--c${index})}`).join("")}
@media(max-width:500px){h1{font-size:20px}.tiles{grid-template-columns:repeat(2,1fr)}.tiles dd{font-size:18px}thead{display:none}table,tbody{display:block}tr{display:block;padding:5px 0;border-bottom:1px solid var(--rule)}
th,td{display:block;padding:0;border:0;text-align:left;white-space:normal;overflow-wrap:anywhere}td[data-head]::before{content:attr(data-head) ": ";color:var(--faint)}.metrics td::before{content:none}.metrics td:last-child{color:var(--faint)}}
@media print{details>*{display:block}}`;
