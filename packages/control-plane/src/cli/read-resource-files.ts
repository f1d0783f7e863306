import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { text as textOfStream } from "node:stream/consumers";
import { loadSchema } from "@fairlead/envoy-api";
import { configOf } from "../config/config.ts";
import { FairleadError } from "../errors.ts";
import { runProgram } from "../programs/run-program.ts";
import { locateFaults } from "../sources/files/parse-file.ts";
import { faultIn, isProgram, readAnswer } from "../sources/files/parse-program.ts";
import { type FileResources, type FoundResource, readResources } from "../sources/files/read-resources.ts";
import { createYamlReader } from "../sources/files/yaml-thread.ts";
import { type Fault, formatFault } from "../validation/fault.ts";
import { countOf } from "./count-of.ts";

/** Resources of files, read as `fairlead serve` reads them; whether they are valid the control plane says. */
export interface ResourceFiles {
  /** ProtoJSON with `@type`. */
  readonly resources: readonly unknown[];
  /** Gives faults of a request that has the resources as the list at `root` their places in the files. */
  locate(faults: readonly Fault[], root: string): Promise<Fault[]>;
}

interface Origin extends FoundResource {
  readonly file: string;
}

/** Standard input as a file. */
const STDIN = "-";

/**
 * Reads files of resources; `-` is standard input, as YAML. Those in TypeScript are run for the group.
 *
 * @throws FairleadError `usage` for a file that cannot be read, `resources-invalid` with all that is misshapen
 */
export async function readResourceFiles(files: readonly string[], group: string): Promise<ResourceFiles> {
  const yaml = createYamlReader();
  try {
    const textByFile = new Map<string, string>();
    const origins: Origin[] = [];
    const faults: Fault[] = [];
    for (const file of new Set(files)) {
      if (isProgram(file)) {
        const ran = await runFile(file, group);
        origins.push(...ran.resources.map((resource) => ({ ...resource, file })));
        faults.push(...ran.faults);
        continue;
      }
      const text = await readText(file);
      textByFile.set(file, text);
      const read = await readResources(file, text, yaml);
      origins.push(...read.resources.map((resource) => ({ ...resource, file })));
      const placed = read.faults.map((fault) => ({ ...fault, file }));
      faults.push(...(await locateFaults(placed, text, yaml)));
    }
    if (faults.length > 0) throw invalid(faults);
    return {
      resources: origins.map(({ json }) => json),
      locate: (found, root) => locate(found, { root, origins, textByFile }),
    };
  } finally {
    await yaml.close();
  }
}

/** All of the faults, one a line. */
export function formatFaults(faults: readonly Fault[]): string {
  return faults.map((fault) => `  ${formatFault(fault)}`).join("\n");
}

/** What a program gives for the group, as `fairlead serve` runs it by default; what it has for single nodes stays out. */
async function runFile(file: string, group: string): Promise<Pick<FileResources, "resources" | "faults">> {
  const root = process.cwd();
  const { answer, printed } = await runProgram({ file: resolve(root, file), group }, configOf().programs);
  process.stderr.write(printed);
  if (answer.kind === "fault") return { resources: [], faults: [faultIn(answer.fault, { root, file, group })] };
  if (answer.kind === "nodes") throw new Error("a program was asked for its group, and answers for nodes");
  const { resources, faults } = readAnswer(loadSchema(), answer.resources);
  return { resources, faults: faults.map((fault) => ({ ...fault, file })) };
}

async function readText(file: string): Promise<string> {
  if (file === STDIN) return await textOfStream(process.stdin);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    const isDirectory = (cause as NodeJS.ErrnoException).code === "EISDIR";
    const why = isDirectory
      ? `is a directory: name its files, ${file.replace(/\/$/, "")}/*.yaml`
      : (cause as Error).message;
    throw new FairleadError("usage", `${file}: ${why}`, { cause });
  }
}

function invalid(faults: readonly Fault[]): FairleadError {
  const count = countOf(faults.length, "fault");
  return new FairleadError("resources-invalid", `${count}, nothing was changed:\n${formatFaults(faults)}`, { faults });
}

interface Origins {
  readonly root: string;
  readonly origins: readonly Origin[];
  readonly textByFile: ReadonlyMap<string, string>;
}

async function locate(faults: readonly Fault[], { root, origins, textByFile }: Origins): Promise<Fault[]> {
  const yaml = createYamlReader();
  try {
    const inFiles = faults.map((fault) => ofFile(fault, root, origins));
    const located: Fault[] = [];
    // Each text is parsed once, for all that is to be found in it.
    for (const [file, ofOne] of Map.groupBy(inFiles, (fault) => fault.file)) {
      const text = file === undefined ? undefined : textByFile.get(file);
      located.push(...(text === undefined ? ofOne : await locateFaults(ofOne, text, yaml)));
    }
    return located;
  } finally {
    await yaml.close();
  }
}

/** Line and column of the request mean nothing to whoever wrote the file. */
function ofFile({ line: _, column: __, ...fault }: Fault, root: string, origins: readonly Origin[]): Fault {
  const [, index, rest = ""] = fault.pointer.startsWith(root)
    ? (/^\/(\d+)(.*)$/s.exec(fault.pointer.slice(root.length)) ?? [])
    : [];
  const origin = origins[Number(index)];
  if (index === undefined || !origin || fault.file !== undefined) return fault;
  const { file, pointer, documentLine } = origin;
  return { ...fault, file, pointer: pointer + rest, ...(documentLine !== undefined && { line: documentLine }) };
}
