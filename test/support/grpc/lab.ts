import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { grpcBootstrap } from "../../../packages/control-plane/src/cli/grpc-bootstrap.ts";
import { type Carrier, type ClientFiles, certificatesFor } from "../carriers.ts";
import { type Fairlead, startFairlead } from "../control-plane.ts";
import type { Resource } from "../resources.ts";
import { makeScratch } from "../scratch.ts";
import { waitFor } from "../wait-for.ts";
import { type GrpcBackends, startGrpcBackends } from "./backends.ts";
import {
  GRPC_LANGUAGES,
  type GrpcClient,
  type GrpcLanguage,
  grpcProgram,
  startGrpcClient,
  type Tally,
} from "./client.ts";

/** One gRPC program in front of one `fairlead serve`, with a group of its own. */
export interface GrpcStage {
  readonly t: TestContext;
  readonly language: GrpcLanguage;
  readonly client: GrpcClient;
  readonly plane: Fairlead;
  readonly backends: GrpcBackends;
  /** The group, which is the node's cluster. */
  readonly group: string;
  readonly nodeId: string;
  /** Replaces what the group holds. */
  put(resources: readonly Resource[]): Promise<void>;
  /** Calls in small lots until an answer, or the lack of one, is as wanted. */
  untilCalls(channel: string, what: string, isAsWanted: (tally: Tally) => boolean): Promise<Tally>;
}

/** What a file of scenarios shares beyond the clients. */
export interface GrpcLabOptions {
  /** Default: all. What a client lacks is said in {@link GrpcLabOptions.without}. */
  readonly languages?: readonly GrpcLanguage[];
  /** Why a language is left out; it shows as a skipped test with this reason. */
  readonly without?: Readonly<Partial<Record<GrpcLanguage, string>>>;
  /** A server for each language, for scenarios that restart it. Default: one for all. */
  readonly hasOwnPlane?: boolean;
  /** Goes into the bootstrap. */
  readonly serverListenerTemplate?: string;
  /** What carries the xDS connection of a language; it has a server of its own then. Default: plaintext. */
  readonly carriers?: Readonly<Partial<Record<GrpcLanguage, Carrier>>>;
}

const BACKENDS = 6;

/**
 * Defines a test with a subtest per gRPC language and, below, one per scenario, in order. All languages work side by
 * side against one server; each has one process and one group for all of its scenarios.
 */
export function testGrpcClients(
  title: string,
  scenarios: Readonly<Record<string, (stage: GrpcStage) => Promise<void>>>,
  options: GrpcLabOptions = {},
): void {
  test(title, { concurrency: true }, async (t) => {
    const scratch = makeScratch("grpc");
    const common = options.hasOwnPlane ? undefined : await startFairlead({ folder: scratch.path });
    const backends = await startGrpcBackends(BACKENDS);
    let hasPassed = true;
    try {
      const runs = GRPC_LANGUAGES.map((language) =>
        t.test(language, async (t) => {
          const reason = options.without?.[language];
          const program = grpcProgram(language);
          if (reason !== undefined) return t.skip(reason);
          if ("skip" in program) return t.skip(program.skip);
          const carrier = options.carriers?.[language];
          const folder = carrier === undefined ? scratch.path : join(scratch.path, language);
          mkdirSync(folder, { recursive: true });
          const secured = carrier && certificatesFor(carrier, folder);
          const hasOwnPlane = common === undefined || carrier !== undefined;
          const own = hasOwnPlane
            ? await startFairlead({ folder: join(scratch.path, language), tls: secured?.tls })
            : undefined;
          const command = secured ? trusting(language, program.command, secured.files) : program.command;
          const shared = { folder, plane: own ?? common!, backends, options, files: secured?.files };
          try {
            hasPassed = (await playAll(stageOf(t, language, command, shared), scenarios)) && hasPassed;
          } finally {
            await own?.stop();
          }
        }),
      );
      await Promise.all(runs);
    } finally {
      await Promise.all([common?.stop(), backends.stop()]);
      if (hasPassed) scratch.remove();
      else t.diagnostic(`logs: ${scratch.path}`);
    }
  });
}

interface Shared {
  readonly folder: string;
  readonly plane: Fairlead;
  readonly backends: GrpcBackends;
  readonly options: GrpcLabOptions;
  readonly files: ClientFiles | undefined;
}

function stageOf(t: TestContext, language: GrpcLanguage, command: readonly string[], shared: Shared): GrpcStage {
  const { folder, plane, backends, options, files } = shared;
  const nodeId = `${language}-1`;
  const bootstrap = join(folder, `${language}.bootstrap.json`);
  const { serverListenerTemplate } = options;
  const xds = { host: "127.0.0.1", port: plane.xdsPort };
  const tls = files && { caFile: files.ca, certFile: files.cert, keyFile: files.key };
  writeFileSync(bootstrap, grpcBootstrap({ nodeId, nodeCluster: language, xds, serverListenerTemplate, tls }));
  const client = startGrpcClient(language, command, { bootstrap, log: join(folder, `${language}.log`) });
  return {
    t,
    language,
    client,
    plane,
    backends,
    group: language,
    nodeId,
    put: (resources) => plane.put(language, resources),
    untilCalls: (channel, what, isAsWanted) => untilCalls(client, channel, what, isAsWanted),
  };
}

/** The program with what it needs to trust the authority: Java takes what its JVM trusts, not what the bootstrap says. */
function trusting(language: GrpcLanguage, command: readonly string[], { ca }: ClientFiles): readonly string[] {
  if (language !== "java") return command;
  const store = `${ca}.p12`;
  const password = "changeit"; // JDK's own: a store of public certificates holds no secret
  const args = ["-importcert", "-noprompt", "-alias", "ca", "-file", ca, "-keystore", store, "-storepass", password];
  execFileSync("keytool", args, { stdio: "ignore" });
  const [java, ...rest] = command;
  return [java!, `-Djavax.net.ssl.trustStore=${store}`, `-Djavax.net.ssl.trustStorePassword=${password}`, ...rest];
}

async function playAll(
  stage: GrpcStage,
  scenarios: Readonly<Record<string, (stage: GrpcStage) => Promise<void>>>,
): Promise<boolean> {
  let hasPassed = true;
  try {
    for (const [sentence, play] of Object.entries(scenarios)) {
      await stage.t.test(sentence, async (t) => {
        hasPassed = false;
        await play({ ...stage, t });
        hasPassed = true;
      });
      if (!hasPassed) return false;
    }
    return true;
  } finally {
    await stage.client.stop();
  }
}

async function untilCalls(
  client: GrpcClient,
  channel: string,
  what: string,
  isAsWanted: (tally: Tally) => boolean,
): Promise<Tally> {
  let last: Tally | undefined;
  return await waitFor(
    () => `${what}; last seen by ${client.language}: ${JSON.stringify(last)}; its log: ${client.logPath}`,
    async () => {
      last = await client.call(channel, 8, { concurrency: 2 });
      return isAsWanted(last) ? last : undefined;
    },
  );
}

/** Whether all calls were answered, and by these servers only. */
export function answeredOnlyBy(...names: readonly string[]): (tally: Tally) => boolean {
  return ({ failed, by }) => failed === 0 && Object.keys(by).sort().join() === [...names].sort().join();
}
