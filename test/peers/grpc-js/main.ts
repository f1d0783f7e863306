// The xDS client and server of grpc-js as a test program. ../grpc-clients.md says what its commands and answers mean.
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import {
  Client,
  credentials,
  Metadata,
  ServerCredentials,
  type ServiceError,
  status,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import { register, XdsChannelCredentials, XdsServer, XdsServerCredentials } from "@grpc/grpc-js-xds";
import { ASK, readName, WHO } from "../../support/grpc/who-service.ts";

interface Command {
  readonly id: number;
  readonly do: string;
  readonly channel: string;
  readonly target: string;
  readonly calls: number;
  readonly concurrency: number;
  readonly pauseMs: number;
  readonly timeoutMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address: string;
  readonly name: string;
}

interface Load {
  left: number;
  readonly tally: { ok: number; failed: number; by: Record<string, number>; errors: Record<string, number> };
  readonly done: Promise<unknown>;
}

const MAX_MESSAGES = 50;
const channels = new Map<string, Client>();
const loads = new Map<string, Load>();

register();
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => void answer(JSON.parse(line) as Command));
lines.on("close", () => process.exit(0));

async function answer(command: Command): Promise<void> {
  const outcome = await run(command).catch((error: unknown) => ({ error: String(error) }));
  tell({ id: command.id, ...outcome });
}

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function run(command: Command): Promise<object> {
  switch (command.do) {
    case "open":
      channels.set(
        command.channel,
        new Client(command.target, new XdsChannelCredentials(credentials.createInsecure())),
      );
      return {};
    case "call": {
      const load = start(find(command.channel), command, command.calls);
      await load.done;
      return { tally: load.tally };
    }
    case "load":
      loads.set(command.channel, start(find(command.channel), command, Number.POSITIVE_INFINITY));
      return {};
    case "stop": {
      const load = loads.get(command.channel)!;
      load.left = 0;
      await load.done;
      return { tally: load.tally };
    }
    case "close":
      find(command.channel).close();
      channels.delete(command.channel);
      return {};
    case "serve":
      return serve(command);
    default:
      throw new Error(`unknown command ${command.do}`);
  }
}

function find(name: string): Client {
  const channel = channels.get(name);
  if (channel === undefined) throw new Error(`no channel ${name} is open`);
  return channel;
}

function start(client: Client, command: Command, calls: number): Load {
  const tally: Load["tally"] = { ok: 0, failed: 0, by: {}, errors: {} };
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(command.headers ?? {})) metadata.set(key, value);
  const keepCalling = async () => {
    while (load.left-- > 0) {
      await ask(client, command, metadata, tally);
      await sleep(command.pauseMs);
    }
  };
  const load: Load = { left: calls, tally, done: Promise.resolve() };
  const done = Promise.all(Array.from({ length: Math.max(1, command.concurrency) }, keepCalling));
  return Object.assign(load, { done });
}

function ask(client: Client, command: Command, metadata: Metadata, tally: Load["tally"]): Promise<void> {
  return new Promise((resolve) => {
    const deadline = Date.now() + command.timeoutMs;
    const settle = (error: ServiceError | null, name?: string) => {
      if (error === null) {
        tally.ok++;
        tally.by[name!] = (tally.by[name!] ?? 0) + 1;
      } else {
        tally.failed++;
        const text = `${status[error.code]}: ${error.details}`;
        if (text in tally.errors || Object.keys(tally.errors).length < MAX_MESSAGES)
          tally.errors[text] = (tally.errors[text] ?? 0) + 1;
      }
      resolve();
    };
    client.makeUnaryRequest(ASK, () => Buffer.alloc(0), readName, undefined, metadata, { deadline }, settle);
  });
}

/** An xDS-enabled server: its listener, routes and filters come from the control plane. Each change of mode is told. */
async function serve({ address, name }: Command): Promise<object> {
  const server = new XdsServer();
  const ask = ((_call: unknown, reply: (error: null, name: string) => void) => reply(null, name)) as UntypedHandleCall;
  server.addService(WHO, { ask });
  const bound = Promise.withResolvers<number>();
  const trusted = new XdsServerCredentials(ServerCredentials.createInsecure());
  server.bindAsync(address, trusted, (error, port) => (error ? bound.reject(error) : bound.resolve(port)));
  // It knows the address only now.
  server.addServingStateListener(address, ({ code, details }) => {
    tell({ serving: address, mode: code === status.OK ? "serving" : "not serving", message: details });
  });
  bound.promise.catch((error: unknown) => process.stderr.write(`${error}\n`));
  return { address };
}
