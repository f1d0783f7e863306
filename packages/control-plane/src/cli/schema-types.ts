import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, normalize } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  type CodeGeneratorResponse,
  CodeGeneratorResponseSchema,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { loadSchema, readSchemaFile } from "@fairlead/envoy-api";
import { FairleadError } from "../errors.ts";
import { globMatcher } from "../groups/glob.ts";
import { asSchemaFault } from "../types/schema-fault.ts";
import { countOf } from "./count-of.ts";
import { writeWhole } from "./write-whole.ts";

/** Options of `fairlead schema types`. */
export interface SchemaTypesOptions {
  readonly output: string;
  readonly only: readonly string[];
  readonly target: "ts" | "js";
  readonly force?: boolean;
}

const GENERATOR = "@bufbuild/protoc-gen-es";

/** Options of the generator, by target; with `ts`, what Node can run by itself. */
const PARAMETERS = {
  ts: "target=ts,import_extension=ts,erasable_syntax=true",
  js: "target=js+dts,import_extension=js",
} as const;

/** The longest that the generator may take, ms; Envoy's whole API takes some seconds. */
const TIMEOUT_MS = 120_000;

/** `fairlead schema types`: writes TypeScript for the messages of a schema. */
export async function schemaTypes(file: string, options: SchemaTypesOptions): Promise<void> {
  const { output, only, target, force } = options;
  if (!force && existsSync(output) && readdirSync(output).length > 0) {
    throw new FairleadError("usage", `${output} is not empty: name another directory, or add --force`);
  }
  const files = await readFiles(file);
  const wanted = withImports(files, globMatcher(only));
  if (wanted.length === 0) {
    throw new FairleadError("usage", `no file of ${file} is called ${only.join(" or ")}: envoy/config/*, for example`);
  }
  const response = await generate({ files, wanted, parameter: PARAMETERS[target] });
  for (const { name, content } of response.file) {
    const path = join(output, name);
    if (name !== normalize(name) || name.startsWith("..") || name.startsWith("/")) {
      throw new FairleadError("schema-unusable", `${file}: a file called ${name} would lie outside of ${output}`);
    }
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, content);
  }
  process.stdout.write(
    `${output}: ${countOf(response.file.length, "file")}; they need @bufbuild/protobuf ${generatorVersion()}\n`,
  );
}

async function readFiles(file: string): Promise<readonly FileDescriptorProto[]> {
  if (file === "default") return [...loadSchema().registry.files].map(({ proto }) => proto);
  const { descriptorSet } = await asSchemaFault("cannot generate types", () => readSchemaFile(file));
  return fromBinary(FileDescriptorSetSchema, descriptorSet).file;
}

/** Names of the wanted files and all that they import, but for google.protobuf's own, which the run time library has. */
function withImports(files: readonly FileDescriptorProto[], isWanted: (name: string) => boolean): readonly string[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const wanted = new Set(files.map(({ name }) => name).filter((name) => isWanted(name)));
  for (const name of wanted) for (const imported of byName.get(name)?.dependency ?? []) wanted.add(imported);
  return [...wanted].filter((name) => !name.startsWith("google/protobuf/"));
}

interface Generation {
  readonly files: readonly FileDescriptorProto[];
  readonly wanted: readonly string[];
  readonly parameter: string;
}

/** Runs the generator as `protoc` would: a request on its standard input, the answer on its standard output. */
async function generate({ files, wanted, parameter }: Generation): Promise<CodeGeneratorResponse> {
  const request = create(CodeGeneratorRequestSchema, {
    fileToGenerate: [...wanted],
    parameter,
    protoFile: [...files],
  });
  const child = spawn(process.execPath, [join(generatorFolder(), "bin/protoc-gen-es")], {
    stdio: ["pipe", "pipe", "inherit"],
    timeout: TIMEOUT_MS,
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stdin.on("error", () => {}); // it ended early: its exit code says so
  child.stdin.end(toBinary(CodeGeneratorRequestSchema, request));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  const response = code === 0 ? fromBinary(CodeGeneratorResponseSchema, Buffer.concat(chunks)) : undefined;
  if (response && response.error === "") return response;
  const why = response?.error ?? `it ended with ${code}`;
  throw new FairleadError("schema-unusable", `${GENERATOR} cannot generate types: ${why}`);
}

/** Looked for beside this program, then where the command is run: it is large, and few need it. */
function generatorFolder(): string {
  for (const from of [import.meta.url, join(process.cwd(), "from-here.js")]) {
    try {
      return dirname(createRequire(from).resolve(`${GENERATOR}/package.json`));
    } catch {
      // The next place may have it.
    }
  }
  throw new FairleadError(
    "usage",
    `types are generated by ${GENERATOR}: run \`npm install --save-dev ${GENERATOR}\` first`,
  );
}

function generatorVersion(): string {
  const { version } = JSON.parse(readFileSync(join(generatorFolder(), "package.json"), "utf8")) as { version: string };
  return version;
}
