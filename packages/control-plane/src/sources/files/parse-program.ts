import { readFile } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import type { Schema } from "@fairlead/envoy-api";
import { digestOfFile, type LoadedFile, type ProgramFault } from "../../programs/messages.ts";
import { resourceJson } from "../../programs/resource-json.ts";
import { type ProgramLimits, runProgram } from "../../programs/run-program.ts";
import type { ParseResource } from "../../resources/parse.ts";
import type { Owner } from "../../store/store.ts";
import type { Fault } from "../../validation/fault.ts";
import { sourceChannel } from "../channels.ts";
import { contentOf, type FileContent, takeUp } from "./parse-file.ts";
import type { FileResources, FoundResource } from "./read-resources.ts";
import type { FoundFile } from "./scan.ts";

/** What resource files in TypeScript are run with. */
export interface ProgramOptions {
  /** Gives their messages their JSON. */
  readonly schema: () => Schema;
  readonly limits: ProgramLimits;
}

/** A program's content. */
export interface ProgramContent extends FileContent {
  /** What it was made of: the file itself and what it imports. */
  readonly inputs: readonly LoadedFile[];
  /** Whether it also gives resources for single nodes. */
  readonly hasForNode: boolean;
}

/** Settings of {@link parseProgram}. */
export interface ParseProgramOptions {
  readonly root: string;
  readonly owner: Owner;
  readonly parse: ParseResource;
  /** `undefined`: it is not run, and its group says so. */
  readonly programs: ProgramOptions | undefined;
  /** What the file said before. */
  readonly previous?: FileContent | undefined;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
}

/** Whether a file gives resources for single nodes. */
export function hasForNode(content: FileContent): content is ProgramContent {
  return "hasForNode" in content && content.hasForNode === true;
}

/** Whether a resource file is a program. */
export function isProgram(file: string): boolean {
  return /\.m?ts$/i.test(file);
}

/** Runs a resource file in TypeScript, and reads what it gives. */
export async function parseProgram(
  found: Pick<FoundFile, "file" | "group">,
  { root, owner, parse, programs, previous, signal }: ParseProgramOptions,
): Promise<ProgramContent> {
  const { file, group } = found;
  const path = join(root, file);
  if (!programs) {
    const message = "resource files in TypeScript are off: set programs.enabled, or take the file away";
    return refused({ severity: "error", rule: "program.off", message, pointer: "", file, group }, [await fileAt(path)]);
  }
  const { schema, limits } = programs;
  const { answer, printed } = await runProgram({ file: path, group }, limits, signal);
  if (printed !== "") sourceChannel("fairlead:source:printed").publish({ source: owner, file, text: printed });
  const inputs = answer.loaded.length > 0 ? answer.loaded : [await fileAt(path)];
  if (answer.kind === "fault") return refused(faultIn(answer.fault, { root, file, group }), inputs);
  if (answer.kind === "nodes") throw new Error("a program was asked for its group, and answers for nodes");
  const source = readAnswer(schema(), answer.resources);
  const read = await takeUp(found, source, { owner, parse, previous });
  return {
    ...contentOf({ ...read, digest: "", looksHalfWritten: false }, read.faults),
    inputs,
    hasForNode: answer.hasForNode,
  };
}

/** The resources of an answer, as those of a file. */
export function readAnswer(schema: Schema, packed: readonly unknown[]): Pick<FileResources, "resources" | "faults"> {
  const resources: FoundResource[] = [];
  const faults: Fault[] = [];
  for (const [index, one] of packed.entries()) {
    const pointer = `/${index}`;
    try {
      resources.push({ json: resourceJson(schema, one), pointer, start: {}, documentLine: undefined });
    } catch (error) {
      const message = `resource ${index} has no JSON: ${(error as Error).message}`;
      faults.push({ severity: "error", rule: "program.failed", message, pointer });
    }
  }
  return { resources, faults };
}

/** Whether what a program was made of is as it was when it ran. */
export async function isCurrent(inputs: readonly LoadedFile[]): Promise<boolean> {
  for (const { path, digest } of inputs) if ((await fileAt(path)).digest !== digest) return false;
  return true;
}

async function fileAt(path: string): Promise<LoadedFile> {
  const bytes = await readFile(path).catch(() => undefined);
  return bytes === undefined
    ? { path, digest: "", text: "" }
    : { path, digest: digestOfFile(bytes), text: bytes.toString() };
}

function refused(fault: Fault, inputs: readonly LoadedFile[]): ProgramContent {
  const nothing = { digest: "", entries: [], looksHalfWritten: true, parsed: new Map() };
  return { ...contentOf(nothing, [fault]), inputs, hasForNode: false };
}

/** What a program did wrong, as a fault of its file and group. */
export function faultIn(
  { message, file, ...position }: ProgramFault,
  program: { readonly root: string; readonly file: string; readonly group: string },
): Fault {
  const { root, group } = program;
  const place = { file: file === undefined ? program.file : within(root, file), group, pointer: "", ...position };
  return { severity: "error", rule: "program.failed", message, ...place };
}

/** As faults name files: relative to the directory, if it is in there. */
function within(root: string, path: string): string {
  const inside = relative(root, path);
  return inside.startsWith("..") || isAbsolute(inside) ? path : inside.split(sep).join("/");
}
