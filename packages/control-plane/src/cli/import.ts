import { existsSync } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { parseHostPort } from "../config/host-port.ts";
import { FairleadError } from "../errors.ts";
import { isGroupName } from "../groups/name.ts";
import { fieldOf, isJson, itemsOf, type Json } from "../import/json.ts";
import { readBootstrap } from "../import/read-bootstrap.ts";
import { splitBootstrap } from "../import/split-bootstrap.ts";
import { readTypes } from "../types/read-types.ts";
import { countOf } from "./count-of.ts";
import { connectionParts } from "./envoy-bootstrap.ts";
import { writeWhole } from "./write-whole.ts";

/** Options of `fairlead import`. */
export interface ImportOptions {
  readonly output: string;
  readonly group?: string;
  readonly bootstrap?: string;
  readonly force?: boolean;
  readonly rds: boolean;
  readonly eds: boolean;
  readonly mode: "ads" | "ads-delta";
  readonly xds: string;
  readonly node: string;
  readonly cluster: string;
  readonly schema?: string;
}

/** Readable by its owner only: private keys may be in it. */
const SECRET_MODE = 0o600;
/** What is written may be read by no more than could read what it was made of: keys may stand anywhere in a bootstrap. */
const READ_AND_WRITE = 0o666;

/** `fairlead import`: writes resource files, and prints the bootstrap that is left. */
export async function importBootstrap(file: string, options: ImportOptions): Promise<void> {
  const { schema } = await readTypes({ schema: options.schema, types: [] });
  const { resources, bootstrap, notes } = splitBootstrap(
    schema,
    readBootstrap(schema, file, await read(file)),
    options,
  );
  const directory = directoryOf(options);
  const files = Object.entries(resources).filter(([, items]) => items.length > 0);
  const paths = files.map(([kind]) => join(directory, `${kind}.yaml`));
  if (options.bootstrap !== undefined) paths.push(options.bootstrap);
  refuseOverwriting(paths, options.force);
  const ownMode = ((await stat(file)).mode & READ_AND_WRITE) | SECRET_MODE;

  await mkdir(directory, { recursive: true });
  for (const [kind, items] of files) {
    const mode = kind === "secrets" ? SECRET_MODE : ownMode;
    await writeWhole(join(directory, `${kind}.yaml`), yamlOf({ resources: items }), mode);
  }
  const rest = `# What is left of ${file}. Run: envoy -c THIS-FILE\n${yamlOf(connected(bootstrap, options))}`;
  if (options.bootstrap === undefined) process.stdout.write(rest);
  else await writeWhole(options.bootstrap, rest, ownMode);

  const counts = files.map(([kind, items]) => countOf(items.length, kind.replace(/s$/, ""))).join(", ") || "nothing";
  const left = Object.keys(bootstrap).filter((key) => !/^(?:node|static_?[rR]esources)$/.test(key));
  const said = [
    `${directory}: ${counts}`,
    ...notes,
    ...(left.length > 0 ? [`left in the bootstrap: ${left.join(", ")}`] : []),
  ];
  process.stderr.write(said.map((line) => `${line}\n`).join(""));
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new FairleadError("usage", `cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}

function directoryOf({ output, group }: ImportOptions): string {
  if (group === undefined) return output;
  if (isGroupName(group)) return join(output, group);
  throw new FairleadError("usage", `${JSON.stringify(group)} cannot name a group: no slashes, spaces, or dot first`);
}

function refuseOverwriting(paths: readonly string[], force: boolean | undefined): void {
  const there = force ? [] : paths.filter((path) => existsSync(path));
  if (there.length === 0) return;
  throw new FairleadError("usage", `${there.join(", ")} would be written over: name another directory, or add --force`);
}

/** The bootstrap with what leads to the control plane. */
function connected(bootstrap: Json, options: ImportOptions): Json {
  const parts = connectionParts({ mode: options.mode, xds: parseHostPort(options.xds)! });
  const node = isJson(bootstrap.node) ? bootstrap.node : {};
  const { clientFeatures: _, client_features: __, ...named } = node;
  const features = fieldOf(node, "client_features");
  const statics = isJson(bootstrap.static_resources) ? bootstrap.static_resources : {};
  return {
    ...bootstrap,
    node: {
      id: options.node,
      cluster: options.cluster,
      ...named,
      client_features: [...(Array.isArray(features) ? features : []), ...parts.client_features],
    },
    dynamic_resources: parts.dynamic_resources,
    static_resources: { ...statics, clusters: [...itemsOf(statics, "clusters"), parts.cluster] },
  };
}

function yamlOf(json: Json): string {
  return stringify(json, { aliasDuplicateObjects: false, lineWidth: 0 });
}
