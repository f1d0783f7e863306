import { type CpuStacks, cpuShare, type Frame, IDLE } from "./stacks.ts";

/** A call, with all that it called. Times are µs of CPU ({@link cpuShare}). */
export interface Call {
  readonly frame: Frame;
  /** Time in this call itself. */
  readonly selfUs: number;
  /** With what it called. */
  readonly totalUs: number;
  /** The longest first. */
  readonly calls: readonly Call[];
}

/** Makes a tree of what was run, without waiting; what one call called several times is one. */
export function callTree(stacks: CpuStacks): Call {
  const share = cpuShare(stacks);
  const open: Open[] = [];
  for (const { frame, parent, amount } of stacks.nodes) {
    const key = `${frame.name}\n${frame.file}\n${frame.line}`;
    const below = open[parent]?.below;
    const known = below?.get(key);
    const call = known ?? { frame, selfUs: 0, below: new Map() };
    if (frame.name !== IDLE) {
      call.selfUs += amount * share;
      below?.set(key, call);
    }
    open.push(call);
  }
  return close(open[0] ?? { frame: { name: "(root)", file: "", line: 0 }, selfUs: 0, below: new Map() });
}

interface Open {
  readonly frame: Frame;
  selfUs: number;
  readonly below: Map<string, Open>;
}

/** As deep as V8 looks into stacks at most: 255 calls. */
function close({ frame, selfUs, below }: Open): Call {
  const calls = [...below.values()].map(close).sort((a, b) => b.totalUs - a.totalUs);
  return { frame, selfUs, totalUs: calls.reduce((sum, { totalUs }) => sum + totalUs, selfUs), calls };
}

/** A function over all of its calls. */
export interface FunctionCost {
  readonly frame: Frame;
  readonly selfUs: number;
  /** With what it called; what calls itself counts once. */
  readonly totalUs: number;
}

/** What each function took, the most first by its own time. */
export function functionCosts(root: Call): FunctionCost[] {
  const costs = new Map<string, { frame: Frame; selfUs: number; totalUs: number }>();
  const visit = ({ frame, selfUs, totalUs, calls }: Call, above: ReadonlySet<string>) => {
    const key = `${frame.name}\n${frame.file}\n${frame.line}`;
    const cost = costs.get(key) ?? { frame, selfUs: 0, totalUs: 0 };
    costs.set(key, cost);
    cost.selfUs += selfUs;
    if (!above.has(key)) cost.totalUs += totalUs;
    const here = new Set(above).add(key);
    for (const call of calls) visit(call, here);
  };
  for (const call of root.calls) visit(call, new Set());
  return [...costs.values()].sort((a, b) => b.selfUs - a.selfUs);
}
