import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { stopChild, tail, withoutTestContext } from "../child.ts";
import { requireTool } from "../tools.ts";

/** A gRPC implementation with an xDS client. */
export type GrpcLanguage = "go" | "java" | "node";

/** Those that the tests run; `FAIRLEAD_TEST_GRPC=go,java` leaves some out. */
export const GRPC_LANGUAGES = (process.env.FAIRLEAD_TEST_GRPC ?? "go,java,node").split(",") as readonly GrpcLanguage[];

/** What came of a number of calls. */
export interface Tally {
  readonly ok: number;
  readonly failed: number;
  /** Answers by the name of the server that gave them. */
  readonly by: Readonly<Record<string, number>>;
  /** Failed calls by status and message; at most 50 different ones. */
  readonly errors: Readonly<Record<string, number>>;
}

/** How calls are made. */
export interface Calls {
  /** Calls under way at once. Default 1. */
  readonly concurrency?: number;
  /** Pause of each of them between an answer and the next call. Default 0. */
  readonly pauseMs?: number;
  /** Deadline of a call. Default 10 s. */
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an xDS-enabled server told of itself. */
export interface ServingMode {
  readonly serving: string;
  readonly mode: string;
  readonly message?: string;
}

/** A gRPC program under test; see test/peers/grpc-clients.md. */
export interface GrpcClient {
  readonly language: GrpcLanguage;
  readonly logPath: string;
  /** What servers of this program told, oldest first. */
  readonly modes: readonly ServingMode[];
  /** Makes a channel to a target such as `xds:///web`. */
  open(channel: string, target: string): Promise<void>;
  close(channel: string): Promise<void>;
  /** Makes that many calls and waits for them. */
  call(channel: string, calls: number, how?: Calls): Promise<Tally>;
  /** Calls until {@link stopLoad}. One load per channel. */
  load(channel: string, how: Calls): Promise<void>;
  stopLoad(channel: string): Promise<Tally>;
  /** Starts an xDS-enabled server on an address. */
  serve(address: string, name: string): Promise<void>;
  stop(): Promise<void>;
}

const DEFAULTS = { concurrency: 1, pauseMs: 0, timeoutMs: 10_000 } satisfies Calls;

/** The program of a language, or why a test that needs it must be skipped. */
export function grpcProgram(
  language: GrpcLanguage,
): { readonly command: readonly string[] } | { readonly skip: string } {
  if (language === "node") {
    return { command: [process.execPath, fileURLToPath(new URL("../../peers/grpc-js/main.ts", import.meta.url))] };
  }
  const tool = requireTool(language === "go" ? "grpc-go-client" : "grpc-java-client");
  if ("skip" in tool) return tool;
  if (language === "go") return { command: [tool.path] };
  // What a short-lived JVM is best off with: quick to start, small.
  const flags = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx256m"];
  return { command: ["java", ...flags, "-cp", `${tool.path}/classes:${tool.path}/lib/*`, "fairlead.Main"] };
}

/**
 * Starts a gRPC program with a bootstrap file.
 *
 * @param command of {@link grpcProgram}
 */
export function startGrpcClient(
  language: GrpcLanguage,
  command: readonly string[],
  files: { readonly bootstrap: string; readonly log: string },
): GrpcClient {
  writeFileSync(files.log, "");
  const env = { ...withoutTestContext(), GRPC_XDS_BOOTSTRAP: files.bootstrap, ...VERBOSE[language] };
  const child = spawn(command[0]!, command.slice(1), { env });
  child.stderr.pipe(createWriteStream(files.log, { flags: "a" }));
  const waiting = new Map<number, PromiseWithResolvers<Answer>>();
  const modes: ServingMode[] = [];
  let ended: Error | undefined;
  let lastId = 0;
  const end = (reason: string) => {
    ended ??= new Error(`the ${language} client ${reason}; its log: ${files.log}\n${tail(files.log)}`);
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  child.once("error", (error) => end(`did not start: ${error.message}`));
  child.once("exit", (code, signal) => end(`ended with ${code ?? signal}`));
  child.stdin.on("error", () => {});
  createInterface({ input: child.stdout }).on("line", (line) => {
    const answer = JSON.parse(line) as Answer | ServingMode;
    if ("serving" in answer) {
      modes.push(answer);
      return;
    }
    const waiter = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.error === undefined) waiter?.resolve(answer);
    else waiter?.reject(new Error(`${language}: ${answer.error}`));
  });
  const ask = async (command_: object): Promise<Answer> => {
    if (ended) throw ended;
    const id = ++lastId;
    const answer = Promise.withResolvers<Answer>();
    waiting.set(id, answer);
    child.stdin.write(`${JSON.stringify({ id, ...command_ })}\n`);
    return await answer.promise;
  };
  return {
    language,
    logPath: files.log,
    modes,
    open: async (channel, target) => void (await ask({ do: "open", channel, target })),
    close: async (channel) => void (await ask({ do: "close", channel })),
    call: async (channel, calls, how) => (await ask({ do: "call", channel, calls, ...DEFAULTS, ...how })).tally!,
    load: async (channel, how) => void (await ask({ do: "load", channel, ...DEFAULTS, ...how })),
    stopLoad: async (channel) => (await ask({ do: "stop", channel })).tally!,
    serve: async (address, name) => void (await ask({ do: "serve", address, name })),
    stop: () => stopQuietly(child),
  };
}

/** What each language wants in order to say in its log why it refused something. */
const VERBOSE: Readonly<Record<GrpcLanguage, Readonly<Record<string, string>>>> = {
  // Not more: what it logs of each step holds up its calls.
  go: { GRPC_GO_LOG_SEVERITY_LEVEL: "warning" },
  java: {},
  node: { GRPC_VERBOSITY: "ERROR" },
};

interface Answer {
  readonly id: number;
  readonly error?: string;
  readonly tally?: Tally;
}

async function stopQuietly(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  await stopChild(child);
}
