import { createHash } from "node:crypto";
import type { NodeIdentity } from "@fairlead/xds";

/** What a program is told to do, as JSON on its standard input. */
export interface ProgramTask {
  /** Absolute path of the file to load. */
  readonly file: string;
  readonly group: string;
  /** The nodes whose resources are wanted, and the texts that the program was last made of; absent: the group's are. */
  readonly ask?: { readonly nodes: readonly NodeIdentity[]; readonly sources: readonly LoadedFile[] };
}

/** What a program answers, once, as JSON. */
export type ProgramAnswer =
  | {
      readonly kind: "resources";
      /** What the file gives, each value as {@link packValue} makes it. */
      readonly resources: readonly unknown[];
      /** Whether it exports `forNode`. */
      readonly hasForNode: boolean;
      readonly loaded: readonly LoadedFile[];
    }
  | { readonly kind: "nodes"; readonly nodes: readonly NodeAnswer[]; readonly loaded: readonly LoadedFile[] }
  | { readonly kind: "fault"; readonly fault: ProgramFault; readonly loaded: readonly LoadedFile[] };

/** What a program gives for one of the nodes asked for. */
export type NodeAnswer = { readonly resources: readonly unknown[] } | { readonly fault: ProgramFault };

/** A file that a program was made of: itself, or one that it imports. */
export interface LoadedFile {
  /** Absolute. */
  readonly path: string;
  /** By {@link digestOfFile}; `""`: it was not there. */
  readonly digest: string;
  readonly text: string;
}

/** SHA-256 of a file's bytes. */
export function digestOfFile(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url");
}

/** Why a program gives nothing. */
export interface ProgramFault {
  readonly message: string;
  /** Absolute path of the file it happened in; `undefined`: not known, so the program itself. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
}

/** The file descriptor on which a program answers; standard output stays the program's own. */
export const ANSWER_FD = 3;

const TAG = "$fairlead";

/** Makes JSON of a value that may hold messages: what JSON cannot say is tagged. */
export function packValue(value: unknown): unknown {
  if (typeof value === "bigint") return { [TAG]: "bigint", value: `${value}` };
  if (typeof value === "number" && !Number.isFinite(value)) return { [TAG]: "number", value: `${value}` };
  if (value instanceof Uint8Array) return { [TAG]: "bytes", value: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(packValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, packValue(inner)]));
}

/** Takes back what {@link packValue} did. */
export function unpackValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpackValue);
  if (typeof value !== "object" || value === null) return value;
  const { [TAG]: tag, value: text } = value as Record<string, unknown>;
  if (tag === "bigint") return BigInt(text as string);
  if (tag === "number") return Number(text);
  if (tag === "bytes") return new Uint8Array(Buffer.from(text as string, "base64"));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unpackValue(inner)]));
}
