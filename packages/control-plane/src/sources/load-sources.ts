import type { Schema } from "@fairlead/envoy-api";
import type { Config } from "../config/config.ts";
import type { SourceConfig } from "../config/sources-schema.ts";
import type { ParseResource } from "../resources/parse.ts";
import type { Committer } from "../validation/commit.ts";
import { sourceChannel } from "./channels.ts";
import { createFilesSource, FILE_OWNER } from "./files/files-source.ts";
import type { ProgramOptions } from "./files/parse-program.ts";
import type { NodeGroups } from "./nodes/node-groups.ts";
import type { Source } from "./source.ts";

/** What sources work with. */
export interface SourceParts {
  readonly committer: Committer;
  readonly parse: ParseResource;
  /** The types known now. */
  readonly schema: () => Schema;
  readonly programs: ProgramOptions | undefined;
  readonly nodeGroups: NodeGroups | undefined;
}

/**
 * Makes the sources that the configuration asks for, anew each time: files, the groups that programs among them make, then `sources:`.
 * Of those only what is asked for is loaded: etcd's client alone brings 12 MB.
 */
export async function loadSources(config: Config): Promise<(parts: SourceParts) => readonly Source[]> {
  const listed = await Promise.all(config.sources.map((source) => loadListed(source, config)));
  return (parts) => [...filesOf(config, parts), ...listed.map((create) => create(parts))];
}

function filesOf(config: Config, { committer, parse, programs, nodeGroups }: SourceParts): readonly Source[] {
  if (config.resources === undefined) return [];
  const { debounceMs, settleMs, pollMs } = config.reload;
  const { resources: root, allowEmpty } = config;
  const nodePrograms = nodeGroups?.setPrograms ?? warnOfNodePrograms;
  const timings = { debounceMs, settleMs, pollMs };
  const files = createFilesSource({ root, committer, parse, programs, nodePrograms, allowEmpty, ...timings });
  return nodeGroups ? [files, nodeGroups] : [files];
}

async function loadListed(source: SourceConfig, { validation }: Config): Promise<(parts: SourceParts) => Source> {
  const { name, group, allowEmpty, xds, dns, etcd } = source;
  if (dns) {
    const { createDnsSource } = await import("./dns/dns-source.ts");
    return ({ committer, parse }) => createDnsSource({ name, group, allowEmpty, dns, committer, parse });
  }
  if (etcd) {
    const { createEtcdSource } = await import("./etcd/etcd-source.ts");
    return ({ committer, parse }) => createEtcdSource({ name, group, allowEmpty, etcd, committer, parse });
  }
  const { createXdsSource } = await import("./xds/xds-source.ts");
  return ({ committer, schema }) =>
    createXdsSource({ name, group, allowEmpty, xds: xds!, committer, schema, validation });
}

/** Which node asks is known where it is connected, and files are read by one replica only. */
function warnOfNodePrograms(group: string, programs: ReadonlyMap<string, unknown>): void {
  if (programs.size === 0) return;
  const [file] = programs.keys();
  const message = `${file} of group ${group} exports forNode, which is not run on a store that several replicas share: its nodes get what the group gets`;
  sourceChannel("fairlead:source:warning").publish({ source: FILE_OWNER, message });
}
