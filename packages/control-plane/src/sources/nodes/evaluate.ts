import { createHash } from "node:crypto";
import { join } from "node:path";
import type { NodeIdentity } from "@fairlead/xds";
import type { LoadedFile, NodeAnswer } from "../../programs/messages.ts";
import { MAX_RUNNING_PROGRAMS, type ProgramLimits, runProgram } from "../../programs/run-program.ts";
import { createTurns } from "../../programs/turns.ts";
import type { ParseResource } from "../../resources/parse.ts";
import { type Entry, keyOf, type Owner } from "../../store/store.ts";
import type { Fault } from "../../validation/fault.ts";
import { takeUp } from "../files/parse-file.ts";
import { faultIn, type ProgramOptions, readAnswer } from "../files/parse-program.ts";

/** What the programs of a group give for one node. */
export type NodeResources =
  | { readonly kind: "resources"; readonly entries: readonly Entry[]; readonly digest: string }
  | { readonly kind: "faulty"; readonly faults: readonly Fault[] };

/** A program that can be asked, as it last was well: what its files say by now does not matter. */
export interface NodeProgram {
  readonly inputs: readonly LoadedFile[];
}

/** What is needed to ask programs. */
export interface EvaluateOptions {
  /** The directory of the files. */
  readonly root: string;
  readonly owner: Owner;
  readonly parse: ParseResource;
  readonly programs: ProgramOptions;
  /** Ends it before its time: all that is not answered yet is at fault. */
  readonly signal: AbortSignal;
}

/** Times that one program is started for the nodes of one call, at most; one bad node in a thousand takes about 20. */
const MAX_STARTS = 64;

/** Asks the programs of a group (by file, relative to the root) for the resources of nodes; answers in their order. */
export async function evaluateNodes(
  group: string,
  files: ReadonlyMap<string, NodeProgram>,
  nodes: readonly NodeIdentity[],
  options: EvaluateOptions,
): Promise<NodeResources[]> {
  const { root, owner, parse, programs, signal } = options;
  const inTurn = createTurns(MAX_RUNNING_PROGRAMS);
  const perFile = await Promise.all(
    [...files].map(async ([file, { inputs }]) => {
      const program = { file: join(root, file), group, sources: inputs, limits: programs.limits, signal };
      const answers = await inTurn(() => ask(program, nodes, { left: MAX_STARTS }));
      return Promise.all(
        answers.map(async (answer) => {
          if ("fault" in answer) return { entries: [], faults: [faultIn(answer.fault, { root, file, group })] };
          return takeUp({ file, group }, readAnswer(programs.schema(), answer.resources), { owner, parse });
        }),
      );
    }),
  );
  return nodes.map((_, index) => {
    const entries = perFile.flatMap((answers) => answers[index]!.entries);
    const faults = perFile.flatMap((answers) => answers[index]!.faults).filter(({ severity }) => severity === "error");
    faults.push(...duplicates(entries, group));
    return faults.length > 0 ? { kind: "faulty", faults } : { kind: "resources", entries, digest: digestOf(entries) };
  });
}

interface AskedProgram {
  readonly file: string;
  readonly group: string;
  readonly sources: readonly LoadedFile[];
  readonly limits: ProgramLimits;
  readonly signal: AbortSignal;
}

/**
 * Asks one program for many nodes at once, since starting it costs more than asking. Where that fails as a whole (one
 * node makes it hang), halves are asked, so that one node spoils only its own answer; as long as `starts` are left, since
 * a program may fail for all of them.
 */
async function ask(
  program: AskedProgram,
  nodes: readonly NodeIdentity[],
  starts: { left: number },
): Promise<readonly NodeAnswer[]> {
  const { file, group, sources, limits, signal } = program;
  starts.left--;
  const { answer } = await runProgram({ file, group, ask: { nodes, sources } }, limits, signal);
  if (answer.kind === "nodes") return answer.nodes;
  const fault =
    answer.kind === "fault" ? answer.fault : { message: "it answers for its group, and was asked for nodes" };
  if (nodes.length <= 1 || starts.left < 2 || signal.aborted) return nodes.map(() => ({ fault }));
  const middle = nodes.length >> 1;
  const first = await ask(program, nodes.slice(0, middle), starts);
  return [...first, ...(await ask(program, nodes.slice(middle), starts))];
}

function duplicates(entries: readonly Entry[], group: string): Fault[] {
  const names = new Set<string>();
  return entries.flatMap(({ resource: { typeUrl, name }, place: { file } }) => {
    const key = keyOf({ typeUrl, name });
    if (!names.has(key)) {
      names.add(key);
      return [];
    }
    const message = `forNode gives ${name} twice for one node`;
    return [
      { severity: "error", rule: "name.duplicate", message, pointer: "", group, typeUrl, name, ...(file && { file }) },
    ];
  });
}

/** Equal for equal resources, in whatever order. */
function digestOf(entries: readonly Entry[]): string {
  const lines = entries.map(({ resource }) => `${keyOf(resource)}\n${resource.version}`).sort();
  return createHash("sha256").update(lines.join("\0")).digest("base64url").slice(0, 12);
}
