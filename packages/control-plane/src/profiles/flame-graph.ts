import { readVersion } from "../version.ts";
import { type Call, callTree, type FunctionCost, functionCosts } from "./call-tree.ts";
import { FLAME_SCRIPT } from "./flame-script.ts";
import { FLAME_STYLE } from "./flame-style.ts";
import { escapeHtml, renderPage } from "./html.ts";
import type { CpuStacks, Frame } from "./stacks.ts";

/** Calls that took less of the time than this are not drawn: they would be thinner than a pixel. */
const MIN_DRAWN_SHARE = 0.001;
/** The most calls on the page, at some 300 bytes each. */
const MAX_DRAWN = 5_000;
/** Rows of the table. */
const MAX_FUNCTIONS = 30;

/** Kinds of code, with what the page calls them. */
const KINDS = {
  own: "Fairlead",
  package: "packages",
  node: "Node's own JavaScript",
  native: "native code and garbage collection",
} as const;

/**
 * `GET /debug/flamegraph`: a page that needs nothing else. The graph is a tree to be read by keyboard and screen reader
 * too, and the table says the same without it.
 */
export function renderFlameGraph(stacks: CpuStacks): string {
  const root = callTree(stacks);
  const body = root.totalUs === 0 ? NOTHING : graphOf(root) + tableOf(root);
  return renderPage("Where the CPU time goes", `${summary(stacks)}\n${body}`, {
    style: FLAME_STYLE,
    script: FLAME_SCRIPT,
  });
}

const NOTHING =
  "<p><strong>Nothing was run in this time: it was all waiting.</strong> Record for longer, or under load.</p>";

function summary(stacks: CpuStacks): string {
  const { startedAtMs, durationMs, threadCpuUs, processCpuUs, intervalUs, nodes } = stacks;
  const samples = nodes.reduce((sum, node) => sum + node.samples, 0);
  const thread = percent(threadCpuUs / 1_000 / durationMs);
  const facts = [
    ["recorded", `${new Date(startedAtMs).toISOString()}, for ${seconds(durationMs)}`],
    ["CPU of the thread that serves", `${seconds(threadCpuUs / 1_000)}, ${thread} of a core`],
    ["CPU of the whole process", `${seconds(processCpuUs / 1_000)}, with garbage collection's and other helpers`],
    ["samples", `${samples}, one each ${intervalUs / 1_000} ms, with those that found it waiting`],
    ["version", `Fairlead ${readVersion()}, Node ${process.version}`],
  ];
  return `<dl>${facts.map(([name, text]) => `<dt>${name}</dt><dd>${escapeHtml(text!)}</dd>`).join("")}</dl>`;
}

function graphOf(root: Call): string {
  const minUs = drawnFrom(root);
  const isDrawn = ({ totalUs }: Call) => totalUs >= minUs;
  const draw = (call: Call, within: Call, isRoot: boolean): string => {
    const { frame, totalUs, selfUs, calls } = call;
    const kind = kindOf(frame);
    const place = frame.file === "" ? KINDS[kind] : frame.file === "native" ? "native" : `${frame.file}:${frame.line}`;
    const share = percent(totalUs / root.totalUs);
    const about = isRoot
      ? `all: ${seconds(totalUs / 1_000)}`
      : `${frame.name}, ${place}: ${share}, ${seconds(totalUs / 1_000)}, itself ${percent(selfUs / root.totalUs)}`;
    const below = calls
      .filter(isDrawn)
      .map((one) => draw(one, call, false))
      .join("");
    const width = ((100 * totalUs) / within.totalUs).toFixed(3);
    const label = escapeHtml(isRoot ? "all" : frame.name);
    const group = below === "" ? "" : `<div role="group" class="below">${below}</div>`;
    return (
      `<div role="treeitem" tabindex="${isRoot ? 0 : -1}" class="call ${isRoot ? "all" : kind}" style="width:${width}%" ` +
      `data-us="${Math.round(totalUs)}" aria-label="${escapeHtml(about)}"><div class="name" title="${escapeHtml(about)}">${label}</div>${group}</div>`
    );
  };
  const legend = Object.entries(KINDS).map(([kind, text]) => `<li><span class="swatch ${kind}"></span>${text}</li>`);
  return `<h2 id="graph">Flame graph</h2>
<p>From the top down, who called whom; the width is the CPU time with all that was called. Click a call, or press Enter, to see it
alone; Escape goes back. Arrow keys move. Left out: calls of less than ${percent(minUs / root.totalUs)}.</p>
<ul class="legend">${legend.join("")}</ul>
<p class="tools"><label>Find <input type="search" id="find" autocomplete="off" placeholder="function or file"></label>
<button type="button" id="reset" hidden>Show all</button> <output id="found" for="find"></output></p>
<p id="about" aria-live="polite">${escapeHtml(`all: ${seconds(root.totalUs / 1_000)}`)}</p>
<div role="tree" aria-labelledby="graph" id="flames" data-us="${Math.round(root.totalUs)}">${draw(root, root, true)}</div>
`;
}

/** So much time that no more than {@link MAX_DRAWN} calls took it. */
function drawnFrom(root: Call): number {
  let minUs = root.totalUs * MIN_DRAWN_SHARE;
  const count = (call: Call): number =>
    call.calls.reduce((sum, one) => (one.totalUs < minUs ? sum : sum + count(one)), 1);
  while (count(root) > MAX_DRAWN) minUs *= 2;
  return minUs;
}

function tableOf(root: Call): string {
  const rows = functionCosts(root)
    .slice(0, MAX_FUNCTIONS)
    .map((cost) => rowOf(cost, root.totalUs));
  return `<h2 id="functions">Functions</h2>
<p>The ${rows.length} that took most by themselves. <em>With calls</em> counts what they called, too.</p>
<div class="scroll"><table aria-labelledby="functions"><thead><tr><th scope="col">itself</th><th scope="col">with calls</th><th scope="col">function</th><th scope="col">where</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>
`;
}

function rowOf({ frame, selfUs, totalUs }: FunctionCost, allUs: number): string {
  const kind = kindOf(frame);
  const place = frame.line === 0 ? KINDS[kind] : `${frame.file}:${frame.line}`;
  const cells = [percent(selfUs / allUs), percent(totalUs / allUs)].map((text) => `<td class="number">${text}</td>`);
  return `<tr>${cells.join("")}<th scope="row"><span class="swatch ${kind}"></span>${escapeHtml(frame.name)}</th><td>${escapeHtml(place)}</td></tr>`;
}

function kindOf({ file }: Frame): keyof typeof KINDS {
  if (file === "" || file === "native") return "native";
  if (file.startsWith("node:")) return "node";
  return file.startsWith("@fairlead/") || file.startsWith("fairlead/") ? "own" : "package";
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms.toFixed(1)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
