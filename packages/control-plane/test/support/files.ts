import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { loadSchema, TYPE_URLS } from "@fairlead/envoy-api";
import { configOf } from "../../src/config/config.ts";
import { resourceParser } from "../../src/resources/parse.ts";
import { type SourceMessages, sourceChannel } from "../../src/sources/channels.ts";
import { createFilesSource, type FilesSource, type FilesSourceOptions } from "../../src/sources/files/files-source.ts";
import { createStore } from "../../src/store/create-store.ts";
import type { Store } from "../../src/store/store.ts";
import { type Committer, createCommitter } from "../../src/validation/commit.ts";

/** A directory of resource files in a store, watched. */
export interface Files {
  readonly root: string;
  readonly store: Store;
  readonly committer: Committer;
  readonly source: FilesSource;
  /** What was published, oldest first. */
  readonly events: readonly { readonly kind: string; readonly message: Record<string, unknown> }[];
  /** How often it was told that groups came or went. */
  groupChanges(): number;
  write(file: string, text: string): void;
  remove(file: string): void;
  /** `name@version` of every cluster of a group, sorted; `undefined`: no such group. */
  clusters(group?: string): string[] | undefined;
  names(group?: string): string[];
  /** Rules of the faults that a group has at present. */
  rules(group?: string): string[];
}

/**
 * A fresh directory with the given files (`undefined`: not even a directory), and a source on it that has started; all
 * ends with the test.
 */
export async function openFiles(
  t: TestContext,
  files: Readonly<Record<string, string>> | undefined,
  options: Partial<FilesSourceOptions> = {},
): Promise<Files> {
  const base = mkdtempSync(join(tmpdir(), "fairlead-"));
  const root = options.root ?? join(base, "resources");
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  if (files) mkdirSync(root, { recursive: true });
  for (const [file, text] of Object.entries(files ?? {})) write(file, text);

  const config = configOf();
  const store = createStore();
  const committer = createCommitter(store, config.references);
  const parse = resourceParser(loadSchema(), config.validation);
  // A poll so slow that whatever a test sees came from watching.
  const source = createFilesSource({ committer, parse, debounceMs: 20, pollMs: 600_000, ...options, root });
  const events: { kind: string; message: Record<string, unknown> }[] = [];
  const stops = (["committed", "faulty", "recovered", "warning", "printed"] as const).map((kind) => {
    const channel = sourceChannel(`fairlead:source:${kind}`);
    const listen = (message: SourceMessages[keyof SourceMessages]) => {
      events.push({ kind, message: message as unknown as Record<string, unknown> });
    };
    channel.subscribe(listen);
    return () => channel.unsubscribe(listen);
  });
  t.after(async () => {
    await source.close();
    for (const stop of stops) stop();
    committer.close();
    rmSync(base, { recursive: true, force: true });
  });
  let groupChanges = 0;
  const starting = source.start(() => groupChanges++);
  if (files) await starting;
  else await source.refresh();

  const typeIn = (group: string) => store.state().groups.get(group)?.types.get(TYPE_URLS.cluster);
  return {
    root,
    store,
    committer,
    source,
    events,
    groupChanges: () => groupChanges,
    write,
    remove: (file) => rmSync(join(root, file), { recursive: true }),
    clusters: (group = "default") => {
      if (!store.state().groups.has(group)) return undefined;
      return [...(typeIn(group)?.values() ?? [])].map(({ resource }) => `${resource.name}@${resource.version}`).sort();
    },
    names: (group = "default") => [...(typeIn(group)?.keys() ?? [])].sort(),
    rules: (group = "default") =>
      source
        .status()
        .faultyGroups.get(group)
        ?.faults.map(({ rule }) => rule) ?? [],
  };
}
