import { pathToFileURL } from "node:url";
import type { LoadedFile, NodeAnswer, ProgramAnswer, ProgramTask } from "../messages.ts";
import { faultOf } from "./fault-of.ts";
import { kindOf, packResources } from "./pack-resources.ts";

/** Loads a program and asks it for the resources of its group, or of nodes. */
export async function answerTask(
  { file, group, ask }: ProgramTask,
  loadedByPath: ReadonlyMap<string, LoadedFile>,
): Promise<ProgramAnswer> {
  const loaded = () => [...loadedByPath.values()];
  try {
    const module = (await import(pathToFileURL(file).href)) as {
      readonly default?: unknown;
      readonly forNode?: unknown;
    };
    const { default: given = [], forNode } = module;
    if (forNode !== undefined && typeof forNode !== "function") {
      throw new TypeError(`the export forNode is ${kindOf(forNode)}, not a function`);
    }
    if (ask) {
      const answers: NodeAnswer[] = [];
      for (const node of ask.nodes) answers.push(await answerNode(forNode, { node, group }));
      return { kind: "nodes", nodes: answers, loaded: loaded() };
    }
    const resources: unknown = await (typeof given === "function" ? given({ group }) : given);
    const what = typeof given === "function" ? "the function that is exported as default" : "the default export";
    const packed = packResources(resources, what);
    return { kind: "resources", resources: packed, hasForNode: forNode !== undefined, loaded: loaded() };
  } catch (error) {
    return { kind: "fault", fault: faultOf(error), loaded: loaded() };
  }
}

// biome-ignore lint/complexity/noBannedTypes: it is the user's, and its signature is not to be trusted
async function answerNode(forNode: Function | undefined, context: unknown): Promise<NodeAnswer> {
  try {
    return { resources: packResources(forNode ? await forNode(context) : [], "forNode") };
  } catch (error) {
    return { fault: faultOf(error) };
  }
}
