import { readFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { checkGroupRules } from "../check/check-group-rules.ts";
import { checkResources, type Judge, sortFaults } from "../check/check-resources.ts";
import { envoyJudge } from "../check/envoy/ask-envoy.ts";
import { formatFindings } from "../check/format.ts";
import type { CheckFormat } from "../check/formats.ts";
import { judgeForGrpc } from "../check/judge-for-grpc.ts";
import { type Config, type ConfigOverrides, loadConfig } from "../config/config.ts";
import { FairleadError } from "../errors.ts";
import { compileIncludes } from "../groups/includes.ts";
import { resourceParser } from "../resources/parse.ts";
import { locateAll } from "../sources/files/yaml-text.ts";
import { readTypes } from "../types/read-types.ts";
import type { Fault } from "../validation/fault.ts";
import { assertDirectory, findConfigFile } from "./config-file.ts";
import { untilSignal } from "./until-signal.ts";

/** Options of `fairlead check`. */
export interface CheckCommandOptions {
  readonly config?: string;
  readonly schema?: string;
  /** An Envoy that is asked too. */
  readonly envoy?: string;
  readonly format: CheckFormat;
  readonly strict?: boolean;
  readonly quiet?: boolean;
  /** For whom the resources are, besides Envoy. */
  readonly target?: "grpc";
}

/** `fairlead check`: says all that is wrong; the exit code is 1 if anything is refused. */
export async function check(dir: string | undefined, options: CheckCommandOptions): Promise<void> {
  const { format, strict = false, quiet = false } = options;
  if (dir !== undefined) assertDirectory(dir);
  const overrides = { resources: dir, schema: options.schema };
  const { faults, files, groups, resources } = await findings(findConfigFile(options.config), overrides, options);
  const errors = faults.filter(({ severity }) => severity === "error").length;
  const warnings = faults.length - errors;
  const summary = { files, groups, resources, errors, warnings };
  const placed = faults.map((fault) =>
    fault.file === undefined ? fault : { ...fault, file: shown(fault.file, format) },
  );
  process.stdout.write(formatFindings(format, { faults: placed, summary }, quiet));
  if (errors > 0 || (strict && warnings > 0)) process.exitCode = 1;
}

interface Found {
  readonly faults: readonly Fault[];
  readonly files: number;
  readonly groups: number;
  readonly resources: number;
}

async function findings(
  file: string | undefined,
  overrides: ConfigOverrides,
  { envoy, target }: CheckCommandOptions,
): Promise<Found> {
  const read = readConfig(file, overrides);
  // A configuration that is wrong says nothing about how resources are to be judged.
  if ("faults" in read) return { faults: read.faults, files: 1, groups: 0, resources: 0 };
  const { config } = read;
  const root = config.resources;
  if (root === undefined) {
    throw new FairleadError(
      "usage",
      "there is nothing to check: name a directory, or a configuration with `resources:`",
    );
  }
  const { references, allowEmpty } = config;
  const { schema } = await readTypes(config);
  const parse = resourceParser(schema, config.validation);
  const includes = compileIncludes(config.includes);
  const checkWith = (judges: readonly Judge[]) =>
    checkResources({
      root,
      parse,
      programs: config.programs.enabled ? { schema: () => schema, limits: config.programs } : undefined,
      references,
      includes,
      allowEmpty,
      judges: [...(target === "grpc" ? [judgeForGrpc(schema)] : []), ...judges],
    });
  const { faults, state, counts } =
    envoy === undefined
      ? await checkWith([])
      : await untilSignal((signal) => checkWith([envoyJudge({ envoy, schema: () => schema, includes, signal })]));
  const rules = await placeInConfig(checkGroupRules(config, state.groups.keys()), file);
  const inFiles = faults.map((fault) =>
    fault.file === undefined ? fault : { ...fault, file: resolve(root, fault.file) },
  );
  return { faults: sortFaults([...rules, ...inFiles]), ...counts };
}

function readConfig(
  file: string | undefined,
  overrides: ConfigOverrides,
): { readonly config: Config } | { readonly faults: readonly Fault[] } {
  try {
    return { config: loadConfig(file, overrides) };
  } catch (error) {
    if (!(error instanceof FairleadError) || error.code !== "config-invalid") throw error;
    return { faults: error.faults };
  }
}

async function placeInConfig(faults: readonly Fault[], file: string | undefined): Promise<readonly Fault[]> {
  if (faults.length === 0 || file === undefined) return faults;
  const places = locateAll(
    await readFile(file, "utf8"),
    faults.map(({ pointer }) => ({ pointer })),
  );
  return faults.map((fault, index) => ({ ...fault, file, ...places[index]! }));
}

/** As it is reached from here; GitHub wants it as it is in the repository. */
function shown(file: string, format: CheckFormat): string {
  const base = format === "github" ? (process.env.GITHUB_WORKSPACE ?? process.cwd()) : process.cwd();
  return relative(base, file) || file;
}
