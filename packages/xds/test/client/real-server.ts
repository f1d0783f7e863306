import type { TestContext } from "node:test";
import { createResource } from "../../src/cache/create-resource.ts";
import { SnapshotCache } from "../../src/cache/snapshot-cache.ts";
import type { StageOptions } from "../../src/protocol/stage-options.ts";
import { createXdsServer, type XdsServer } from "../../src/server/xds-server.ts";
import { resourceValue } from "./support.ts";

/** What a group is to hold of each type, names with their content; a type that is not mentioned stays as it is. */
export type Content = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A server of this package with one group, whose content a test sets. */
export class RealServer {
  readonly cache = new SnapshotCache();
  server: XdsServer;
  readonly port: number;
  private readonly stage: Partial<StageOptions>;

  private constructor(server: XdsServer, cache: SnapshotCache, stage: Partial<StageOptions>) {
    this.server = server;
    this.cache = cache;
    this.port = server.address.port;
    this.stage = stage;
  }

  /** Starts one that sends and removes without waiting, unless `stage` says otherwise. */
  static async start(context: TestContext, stage: Partial<StageOptions> = { isStaged: false }): Promise<RealServer> {
    const cache = new SnapshotCache();
    const server = new RealServer(await createXdsServer({ source: cache, stage, listen: { port: 0 } }), cache, stage);
    context.after(() => server.server.close());
    return server;
  }

  get target(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Ends all connections and starts anew on the same port, with the same content. */
  async restart(): Promise<void> {
    await this.server.close();
    const { cache: source, stage, port } = this;
    this.server = await createXdsServer({ source, stage, listen: { port } });
  }

  commit(content: Content): void {
    const before = this.cache.snapshotOf("default");
    const remove = Object.entries(content).flatMap(([typeUrl, wanted]) => {
      const held = [...(before?.types.get(typeUrl)?.resources.keys() ?? [])];
      return held.filter((name) => !(name in wanted)).map((name) => ({ typeUrl, name }));
    });
    const upsert = Object.entries(content).flatMap(([typeUrl, wanted]) =>
      Object.entries(wanted).map(([name, text]) => createResource({ typeUrl, name, value: resourceValue(name, text) })),
    );
    this.cache.commit({ groups: new Map([["default", { upsert, remove }]]) });
  }
}
